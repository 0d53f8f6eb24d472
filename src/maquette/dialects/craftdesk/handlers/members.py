"""`/v1/members`."""

from litestar import delete, get, patch, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.shapes.members import MemberIn, MemberOut, MemberPatchIn, MemberQuery, MemberRef
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed, order_of
from maquette.domain import invitations, members
from maquette.model.errors import LastOwner, NotFound, Stale
from maquette.model.page import ByPage
from maquette.model.records import Member
from maquette.model.text import fold
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/members"
ONE = PATH + "/{ref:str}"
TAGS = ["Members"]


@get(
    PATH,
    query=MemberQuery,
    sends=("Link",),
    tags=TAGS,
    summary="List members",
    response_description="One page of members",
)
async def list_members(request: Call) -> Answer[Listed[MemberOut]]:
    """One page of the workspace's members, invited and deactivated ones too."""
    query = request.query_as(MemberQuery)
    window, keyword, order = ByPage(query.page, query.per_page), fold(query.q or ""), order_of(query.sort)
    found = await request.read(lambda tx: members.list_(tx, request.actor, keyword, order, window))
    page = listed([MemberOut.of(member) for member in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=MemberIn,
    sends=("ETag", "Location"),
    tags=TAGS,
    summary="Invite a member",
    response_description="The invited member",
)
async def invite_member(request: Call) -> Answer[One[MemberOut]]:
    """E-mail a link that makes its reader a member, within a week. Inviting again sends a new link and ends the old."""
    wanted = await request.body_as(MemberIn)
    sealer, now_ms = request.services.sealer, request.now_ms
    return await request.write(
        lambda tx: invitations.invite(
            tx, request.actor, wanted.email, wanted.role, sealer, name=wanted.name, now_ms=now_ms
        ),
        render,
        status=201,
        location=lambda member: f"{PATH}/{member.id}",
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a member", response_description="The member")
async def get_member(request: Call, ref: FromPath[MemberRef]) -> Answer[One[MemberOut]]:
    """The member with that user id."""
    return Answer(render(await request.read(lambda tx: members.get(tx, request.actor, ref))))


@patch(
    ONE,
    body=MemberPatchIn,
    example={"role": "admin"},
    refuses=(NotFound, LastOwner, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a member",
    response_description="The member as they are now",
)
async def change_member(request: Call, ref: FromPath[MemberRef]) -> Answer[One[MemberOut]]:
    """Change the role, or shut the member out and let them in again; only owners may change or make owners."""
    wanted = (await request.body_as(MemberPatchIn)).patch()
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: members.change(tx, request.actor, ref, wanted, now_ms=now_ms, guard=guard), render
    )


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, LastOwner, Stale),
    tags=TAGS,
    summary="Remove a member",
    response_description="They are no member any more",
)
async def remove_member(request: Call, ref: FromPath[MemberRef]) -> Answer[None]:
    """End the membership at once, with the keys that act as them; what they made stays."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: members.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard),
        lambda _: b"",
        status=204,
    )


@post(
    ONE + "/transfer_ownership",
    status_code=200,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Hand over ownership",
    response_description="The new owner",
)
async def transfer_ownership(request: Call, ref: FromPath[MemberRef]) -> Answer[One[MemberOut]]:
    """Make an active member an owner in your place; you become an admin."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: members.hand_over(tx, request.actor, ref, now_ms=now_ms, guard=guard),
        render,
        allowed=lambda tx: members.get(tx, request.actor, ref),  # whoever retries is only an admin by then
    )


def render(member: Member) -> bytes:
    """The bytes of a single member, whose hash is its entity tag."""
    return encode(One(MemberOut.of(member)))
