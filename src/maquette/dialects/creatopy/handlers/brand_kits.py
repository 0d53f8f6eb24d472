"""`/v1/brandkits`."""

from litestar import delete, get, post, put
from msgspec import UNSET

from maquette.dialects.creatopy.shapes.brand_kits import (
    BrandKitAnswer,
    BrandKitIn,
    BrandKitNode,
    BrandKitOut,
    BrandKitPatchIn,
    BrandKitRef,
)
from maquette.dialects.creatopy.shapes.connection import (
    SUCCESS,
    Connection,
    ListQuery,
    Response,
    Status,
    connection,
)
from maquette.domain import brand_kits
from maquette.model.errors import InUse, NotFound, Stale
from maquette.model.records import BrandKit
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/brandkits"
TAGS = ["Brand kits"]


@get(PATH, query=ListQuery, tags=TAGS, summary="List brand kits", response_description="One part of the kits")
async def list_brand_kits(request: Call) -> Answer[Response[Connection[BrandKitNode]]]:
    """The team's kits, the newest first unless `orderBy` says otherwise."""
    query = request.query_as(ListQuery)
    window, order, keyword = query.window(), query.order(), query.folded_keyword()
    found = await request.read(lambda tx: brand_kits.list_(tx, request.actor, keyword, order, window))
    nodes = [BrandKitNode.of(kit) for kit in found.items]
    return Answer(encode(connection(nodes, found, window, order)))


@post(
    PATH + "/create",
    body=BrandKitIn,
    status_code=200,
    sends=("ETag",),
    tags=TAGS,
    summary="Create a brand kit",
    response_description="The new kit",
)
async def create_brand_kit(request: Call) -> Answer[Response[BrandKitAnswer]]:
    """Make a kit with the typography that every kit starts with."""
    name = (await request.body_as(BrandKitIn)).name
    now_ms = request.now_ms
    return await request.write(lambda tx: brand_kits.create(tx, request.actor, name, now_ms=now_ms), render)


@put(
    PATH,
    body=BrandKitPatchIn,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a brand kit",
    response_description="The kit as it is now",
)
async def change_brand_kit(request: Call) -> Answer[Response[BrandKitAnswer]]:
    """Rename the kit."""
    wanted = await request.body_as(BrandKitPatchIn)
    ref, name = wanted.brandkit_id, None if wanted.name is UNSET else wanted.name
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: brand_kits.change(tx, request.actor, ref, name, now_ms=now_ms, guard=guard), render
    )


@delete(
    PATH,
    body=BrandKitRef,
    status_code=200,
    refuses=(NotFound, InUse, Stale),
    tags=TAGS,
    summary="Delete a brand kit",
    response_description="It is deleted",
)
async def remove_brand_kit(request: Call) -> Answer[Response[Status]]:
    """Delete the kit with its files; one that projects use is refused."""
    ref = (await request.body_as(BrandKitRef)).brandkit_id
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: brand_kits.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard), lambda _: SUCCESS
    )


def render(kit: BrandKit) -> bytes:
    """The bytes of a single kit, whose hash is its entity tag."""
    return encode(Response(BrandKitAnswer(BrandKitOut.of(kit))))
