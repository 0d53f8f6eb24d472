"""`/v1/brand_kits/{ref}/assets`."""

from litestar import delete, get, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.shapes.assets import AssetIn, AssetOut, AssetQuery, AssetRef
from maquette.dialects.craftdesk.shapes.brand_kits import KitRef
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed, order_of
from maquette.domain import assets
from maquette.model.errors import NotFound, Stale
from maquette.model.page import ByPage
from maquette.model.records import Asset
from maquette.wire import files
from maquette.wire.call import Answer, Call, encode

KIT = "/v1/brand_kits/{ref:str}"
PATH = KIT + "/assets"
ONE = PATH + "/{asset:str}"
TAGS = ["Brand kits"]


@get(
    PATH,
    query=AssetQuery,
    refuses=(NotFound,),
    sends=("Link",),
    tags=TAGS,
    summary="List a brand kit's files",
    response_description="One page of files",
)
async def list_assets(request: Call, ref: FromPath[KitRef]) -> Answer[Listed[AssetOut]]:
    """One page of the kit's logos and images."""
    query = request.query_as(AssetQuery)
    window, filter, order = ByPage(query.page, query.per_page), query.filter(), order_of(query.sort)
    found = await request.read(lambda tx: assets.list_(tx, request.actor, ref, filter, order, window))
    page = listed([AssetOut.of(asset) for asset in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    form=AssetIn,
    refuses=(NotFound,),
    sends=("ETag", "Location"),
    tags=TAGS,
    summary="Add a file to a brand kit",
    response_description="The new file",
)
async def add_asset(request: Call, ref: FromPath[KitRef]) -> Answer[One[AssetOut]]:
    """Add a picture; its type is detected from its content. An SVG is made harmless: no scripts, no links."""
    wanted = await request.form_as(AssetIn)
    here = request.scope["path"]
    return await files.receive_upload(
        request,
        ref,
        wanted.kind,
        wanted.file,
        render,
        name=wanted.name,
        status=201,
        location=lambda asset: f"{here}/{asset.id}",
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a file's description", response_description="The file")
async def get_asset(request: Call, ref: FromPath[KitRef], asset: FromPath[AssetRef]) -> Answer[One[AssetOut]]:
    """What is known of the file; its bytes are at its `url`."""
    found, _ = await request.read(lambda tx: assets.located(tx, request.actor, asset, kit=ref))
    return Answer(render(found))


@get(
    ONE + "/content",
    content_types=files.CONTENT_TYPES,
    refuses=(NotFound,),
    sends=files.SENDS,
    tags=TAGS,
    summary="Read a file",
    response_description="The file's bytes",
)
async def get_content(request: Call, ref: FromPath[KitRef], asset: FromPath[AssetRef]) -> Answer[bytes]:
    """The picture itself, sent so that a browser runs nothing of it."""
    return await files.send_content(request, lambda tx: assets.located(tx, request.actor, asset, kit=ref))


@get(
    ONE + "/thumbnail",
    content_types=files.THUMBNAIL_TYPES,
    refuses=(NotFound,),
    sends=files.SENDS,
    tags=TAGS,
    summary="Read a file's thumbnail",
    response_description="A small PNG of it",
)
async def get_thumbnail(request: Call, ref: FromPath[KitRef], asset: FromPath[AssetRef]) -> Answer[bytes]:
    """A PNG of the picture, of at most 256 pixels a side."""
    return await files.send_thumbnail(request, lambda tx: assets.located(tx, request.actor, asset, kit=ref))


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Delete a file",
    response_description="It is deleted",
)
async def remove_asset(request: Call, ref: FromPath[KitRef], asset: FromPath[AssetRef]) -> Answer[None]:
    """Take the file out of its kit, for good."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: assets.remove(tx, request.actor, asset, kit=ref, now_ms=now_ms, guard=guard),
        lambda _: b"",
        status=204,
    )


@get(
    KIT + "/archive",
    content_types=(files.ZIP,),
    refuses=(NotFound,),
    sends=files.SENDS,
    tags=TAGS,
    summary="Read a brand kit as an archive",
    response_description="A ZIP with `brand-kit.json` and the files",
)
async def get_archive(request: Call, ref: FromPath[KitRef]) -> Answer[bytes]:
    """The whole kit in one ZIP: its name, colours and typography in `brand-kit.json`, and its logos and images."""
    return await files.send_archive(request, ref)


def render(asset: Asset) -> bytes:
    """The bytes of a single file's description, whose hash is its entity tag."""
    return encode(One(AssetOut.of(asset)))
