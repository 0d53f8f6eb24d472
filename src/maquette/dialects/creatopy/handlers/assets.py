"""`/v1/brandkits/upload` and `/v1/brandkits/assets`."""

from litestar import delete, get, post

from maquette.dialects.creatopy.shapes.assets import (
    CONTENT_PATH,
    THUMBNAIL_PATH,
    AssetAnswer,
    AssetIn,
    AssetOut,
    AssetQuery,
    AssetRefIn,
    ContentQuery,
)
from maquette.dialects.creatopy.shapes.connection import SUCCESS, Connection, Response, Status, connection
from maquette.domain import assets
from maquette.model.errors import NotFound, Stale
from maquette.model.records import Asset
from maquette.wire import files
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/brandkits/assets"
TAGS = ["Brand kits"]


@post(
    "/v1/brandkits/upload",
    form=AssetIn,
    status_code=200,
    refuses=(NotFound,),
    sends=("ETag",),
    tags=TAGS,
    summary="Add a file to a brand kit",
    response_description="The new file",
)
async def upload_asset(request: Call) -> Answer[Response[AssetAnswer]]:
    """Add a picture; its type is detected from its content. An SVG is made harmless: no scripts, no links."""
    wanted = await request.form_as(AssetIn)
    return await files.receive_upload(request, wanted.brandkit_id, wanted.kind, wanted.file, render)


@get(
    PATH,
    query=AssetQuery,
    refuses=(NotFound,),
    tags=TAGS,
    summary="List a brand kit's files",
    response_description="One part of the files",
)
async def list_assets(request: Call) -> Answer[Response[Connection[AssetOut]]]:
    """The kit's logos and images, the newest first unless `orderBy` says otherwise."""
    query = request.query_as(AssetQuery)
    window, order, filter = query.window(), query.order(), query.filter()
    found = await request.read(lambda tx: assets.list_(tx, request.actor, query.brandkitId, filter, order, window))
    return Answer(encode(connection([AssetOut.of(asset) for asset in found.items], found, window, order)))


@get(
    CONTENT_PATH,
    query=ContentQuery,
    content_types=files.CONTENT_TYPES,
    refuses=(NotFound,),
    sends=files.SENDS,
    tags=TAGS,
    summary="Read a file",
    response_description="The file's bytes",
)
async def get_content(request: Call) -> Answer[bytes]:
    """The picture itself, sent so that a browser runs nothing of it."""
    ref = request.query_as(ContentQuery).assetId
    return await files.send_content(request, lambda tx: assets.located(tx, request.actor, ref))


@get(
    THUMBNAIL_PATH,
    query=ContentQuery,
    content_types=files.THUMBNAIL_TYPES,
    refuses=(NotFound,),
    sends=files.SENDS,
    tags=TAGS,
    summary="Read a file's thumbnail",
    response_description="A small PNG of it",
)
async def get_thumbnail(request: Call) -> Answer[bytes]:
    """A PNG of the picture, of at most 256 pixels a side."""
    ref = request.query_as(ContentQuery).assetId
    return await files.send_thumbnail(request, lambda tx: assets.located(tx, request.actor, ref))


@delete(
    PATH,
    body=AssetRefIn,
    status_code=200,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Delete a file",
    response_description="It is deleted",
)
async def remove_asset(request: Call) -> Answer[Response[Status]]:
    """Take the file out of its kit, for good."""
    ref = (await request.body_as(AssetRefIn)).asset_id
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: assets.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard), lambda _: SUCCESS
    )


def render(asset: Asset) -> bytes:
    """The bytes of a single file's description, whose hash is its entity tag."""
    return encode(Response(AssetAnswer(AssetOut.of(asset))))
