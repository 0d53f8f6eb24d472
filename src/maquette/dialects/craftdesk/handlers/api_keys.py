"""`/v1/api_keys`."""

from litestar import delete, get, patch, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.shapes.api_keys import (
    KeyIn,
    KeyOut,
    KeyPatchIn,
    KeyQuery,
    KeyRef,
    NewKeyOut,
    RotationIn,
)
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed
from maquette.domain import credentials
from maquette.domain.credentials import KEY, NewKey
from maquette.model.errors import NotFound, NotInPlan, Stale, UnknownReference
from maquette.model.page import ByPage
from maquette.model.records import Credential
from maquette.wire.call import Answer, Call, Transaction, encode

PATH = "/v1/api_keys"
ONE = PATH + "/{ref:str}"
TAGS = ["API keys"]


@get(PATH, query=KeyQuery, sends=("Link",), tags=TAGS, summary="List API keys", response_description="One page of keys")
async def list_api_keys(request: Call) -> Answer[Listed[KeyOut]]:
    """One page of the workspace's keys, without their secrets, the newest first; those that have ended too."""
    query = request.query_as(KeyQuery)
    window = ByPage(query.page, query.per_page)
    found = await request.read(lambda tx: credentials.list_(tx, request.actor, window))
    page = listed([KeyOut.of(key) for key in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=KeyIn,
    example={"name": "Deploy", "scope": "read_only"},
    refuses=(NotInPlan, UnknownReference),
    sends=("Location", "Cache-Control"),
    tags=TAGS,
    summary="Create an API key",
    response_description="The new key, and its secret this once",
)
async def create_api_key(request: Call) -> Answer[One[NewKeyOut]]:
    """Make a key that acts as you. Its secret is in this answer alone."""
    draft = (await request.body_as(KeyIn)).draft()
    now_ms = request.now_ms
    return await request.write(
        lambda tx: credentials.create(tx, request.actor, draft, now_ms=now_ms),
        render_new,
        status=201,
        location=lambda made: f"{PATH}/{made[0].id}",
        sealer=request.services.sealer,
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read an API key", response_description="The key")
async def get_api_key(request: Call, ref: FromPath[KeyRef]) -> Answer[One[KeyOut]]:
    """The key of that id, without its secret."""
    return Answer(render(await request.read(lambda tx: credentials.get(tx, request.actor, ref))))


@patch(
    ONE,
    body=KeyPatchIn,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change an API key",
    response_description="The key as it is now",
)
async def change_api_key(request: Call, ref: FromPath[KeyRef]) -> Answer[One[KeyOut]]:
    """Rename the key, or let it end at another time; what it may do stays."""
    wanted = (await request.body_as(KeyPatchIn)).patch()
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: credentials.change(tx, request.actor, ref, wanted, now_ms=now_ms, guard=guard), render
    )


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Revoke an API key",
    response_description="It is revoked",
)
async def revoke_api_key(request: Call, ref: FromPath[KeyRef]) -> Answer[None]:
    """End the key at once."""
    guard, now_ms = request.guard(render), request.now_ms

    async def verb(tx: Transaction) -> None:
        await credentials.revoke(tx, request.actor, ref, kinds=(KEY,), now_ms=now_ms, guard=guard)

    return await request.write(verb, lambda _: b"", status=204)


@post(
    ONE + "/rotate",
    body=RotationIn,
    body_optional=True,
    refuses=(NotFound, NotInPlan, Stale),
    sends=("Location", "Cache-Control"),
    tags=TAGS,
    summary="Rotate an API key",
    response_description="The key in its place, and its secret this once",
)
async def rotate_api_key(request: Call, ref: FromPath[KeyRef]) -> Answer[One[NewKeyOut]]:
    """Replace the key with a new one of the same scope and lifetime; the old one ends after the overlap."""
    wanted = await request.body_as(RotationIn)
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: credentials.rotate(
            tx, request.actor, ref, overlap_s=wanted.overlap_seconds, now_ms=now_ms, guard=guard
        ),
        render_new,
        status=201,
        location=lambda made: f"{PATH}/{made[0].id}",
        sealer=request.services.sealer,
    )


def render(credential: Credential) -> bytes:
    """The bytes of a single key, whose hash is its entity tag."""
    return encode(One(KeyOut.of(credential)))


def render_new(made: NewKey) -> bytes:
    """The bytes of a key with its secret."""
    return encode(One(NewKeyOut.with_key(*made)))
