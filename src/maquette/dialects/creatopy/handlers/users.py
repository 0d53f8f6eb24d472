"""`/v1/users` and `/v1/teamRoles`."""

from litestar import delete, get, post, put

from maquette.dialects.creatopy.shapes.connection import SUCCESS, Connection, Response, Status, connection
from maquette.dialects.creatopy.shapes.users import (
    ROLES,
    RoleOut,
    UserIn,
    UserMade,
    UserNode,
    UserQuery,
    UserRef,
    UserRoleIn,
)
from maquette.domain import invitations, members
from maquette.model.errors import LastOwner, NotFound, Stale
from maquette.model.records import Member
from maquette.wire.call import Answer, Call, Transaction, encode

PATH = "/v1/users"
TAGS = ["Users"]


@get(PATH, query=UserQuery, tags=TAGS, summary="List users", response_description="One part of the users")
async def list_users(request: Call) -> Answer[Response[Connection[UserNode]]]:
    """The team's users, invited ones too, the highest id first unless `orderBy` says otherwise."""
    query = request.query_as(UserQuery)
    window, order, keyword = query.window(), query.order(), query.folded_keyword()
    found = await request.read(lambda tx: members.list_(tx, request.actor, keyword, order, window))
    nodes = [UserNode.of(member) for member in found.items]
    return Answer(encode(connection(nodes, found, window, order)))


@post(
    PATH,
    body=UserIn,
    status_code=200,
    sends=("ETag",),
    tags=TAGS,
    summary="Invite a user",
    response_description="The invited user",
)
async def invite_user(request: Call) -> Answer[Response[UserMade]]:
    """E-mail a link that makes its reader one of the team, within a week."""
    wanted = await request.body_as(UserIn)
    role, sealer, now_ms = wanted.as_role(), request.services.sealer, request.now_ms
    return await request.write(
        lambda tx: invitations.invite(tx, request.actor, wanted.email, role, sealer, name=wanted.name, now_ms=now_ms),
        lambda member: encode(Response(UserMade.of(member))),
        tagged=render,
    )


@put(
    PATH,
    body=UserRoleIn,
    refuses=(NotFound, LastOwner, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a user's role",
    response_description="The user as they are now",
)
async def change_user(request: Call) -> Answer[Response[UserNode]]:
    """Give another role; only owners may change or make owners."""
    wanted = await request.body_as(UserRoleIn)
    role, guard, now_ms = wanted.as_role(), request.guard(render), request.now_ms
    return await request.write(
        lambda tx: members.change_role(tx, request.actor, wanted.user_id, role, now_ms=now_ms, guard=guard), render
    )


@delete(
    PATH,
    body=UserRef,
    status_code=200,
    refuses=(NotFound, LastOwner, Stale),
    tags=TAGS,
    summary="Remove a user",
    response_description="They are not of the team any more",
)
async def remove_user(request: Call) -> Answer[Response[Status]]:
    """End the membership at once, with the credentials that act as them; what they made stays."""
    wanted = await request.body_as(UserRef)
    guard, now_ms = request.guard(render), request.now_ms

    async def verb(tx: Transaction) -> None:
        member = await members.by_email(tx, request.actor, wanted.email)
        await members.remove(tx, request.actor, member.serial, now_ms=now_ms, guard=guard)

    return await request.write(verb, lambda _: SUCCESS)


@get("/v1/teamRoles", tags=TAGS, summary="List roles", response_description="All roles")
async def list_team_roles(request: Call) -> Answer[Response[list[RoleOut]]]:
    """What a user can be in the team."""
    found = await request.read(lambda tx: members.roles(tx, request.actor))
    roles = [RoleOut(id, name) for id, (role, name, _) in ROLES.items() if role in found]
    return Answer(encode(Response(roles)))


def render(member: Member) -> bytes:
    """The bytes of a single user, whose hash is its entity tag."""
    return encode(Response(UserNode.of(member)))
