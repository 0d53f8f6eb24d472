"""`/v1/brand_kits`."""

from litestar import delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET

from maquette.dialects.craftdesk.shapes.brand_kits import (
    BrandKitIn,
    BrandKitOut,
    BrandKitPatchIn,
    BrandKitQuery,
    KitRef,
)
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed, order_of
from maquette.domain import brand_kits
from maquette.model.errors import InUse, NotFound, Stale
from maquette.model.page import ByPage
from maquette.model.records import WholeKit
from maquette.model.text import fold
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/brand_kits"
ONE = PATH + "/{ref:str}"
TAGS = ["Brand kits"]


@get(
    PATH,
    query=BrandKitQuery,
    sends=("Link",),
    tags=TAGS,
    summary="List brand kits",
    response_description="One page of kits",
)
async def list_brand_kits(request: Call) -> Answer[Listed[BrandKitOut]]:
    """One page of the workspace's kits."""
    query = request.query_as(BrandKitQuery)
    window, keyword, order = ByPage(query.page, query.per_page), fold(query.q or ""), order_of(query.sort)
    found = await request.read(lambda tx: brand_kits.list_(tx, request.actor, keyword, order, window))
    page = listed([BrandKitOut.of(kit) for kit in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=BrandKitIn,
    sends=("ETag", "Location"),
    tags=TAGS,
    summary="Create a brand kit",
    response_description="The new kit",
)
async def create_brand_kit(request: Call) -> Answer[One[BrandKitOut]]:
    """Make a kit. By default it has no colours, and the typography that every kit starts with."""
    wanted = await request.body_as(BrandKitIn)
    colors, fonts, now_ms = wanted.palette(), wanted.fonts(), request.now_ms
    return await request.write(
        lambda tx: brand_kits.create(tx, request.actor, wanted.name, colors=colors, typography=fonts, now_ms=now_ms),
        render,
        status=201,
        location=lambda kit: f"{PATH}/{kit.id}",
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a brand kit", response_description="The kit")
async def get_brand_kit(request: Call, ref: FromPath[KitRef]) -> Answer[One[BrandKitOut]]:
    """The kit of that id."""
    return Answer(render(await request.read(lambda tx: brand_kits.get(tx, request.actor, ref))))


@patch(
    ONE,
    body=BrandKitPatchIn,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a brand kit",
    response_description="The kit as it is now",
)
async def change_brand_kit(request: Call, ref: FromPath[KitRef]) -> Answer[One[BrandKitOut]]:
    """Change what the body names; a list that it holds takes the place of the old one."""
    wanted = await request.body_as(BrandKitPatchIn)
    name = None if wanted.name is UNSET else wanted.name
    colors, fonts = wanted.palette(), wanted.fonts()
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: brand_kits.change(
            tx, request.actor, ref, name, colors=colors, typography=fonts, now_ms=now_ms, guard=guard
        ),
        render,
    )


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, InUse, Stale),
    tags=TAGS,
    summary="Delete a brand kit",
    response_description="It is deleted",
)
async def remove_brand_kit(request: Call, ref: FromPath[KitRef]) -> Answer[None]:
    """Delete the kit with its files; one that projects use is refused."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: brand_kits.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard),
        lambda _: b"",
        status=204,
    )


def render(kit: WholeKit) -> bytes:
    """The bytes of a single kit, whose hash is its entity tag."""
    return encode(One(BrandKitOut.of(kit)))
