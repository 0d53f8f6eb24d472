"""`/v1/projects/{ref}/members`."""

from litestar import delete, get, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.handlers.members import render
from maquette.dialects.craftdesk.shapes.members import AssignedQuery, AssignmentIn, MemberOut, MemberRef
from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed, order_of
from maquette.dialects.craftdesk.shapes.projects import ProjectRef
from maquette.domain import assignments
from maquette.model.errors import NotFound, Stale, UnknownReference
from maquette.model.page import ByPage
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/projects/{ref:str}/members"
ONE = PATH + "/{user:str}"
TAGS = ["Projects"]


@get(
    PATH,
    query=AssignedQuery,
    refuses=(NotFound,),
    sends=("Link",),
    tags=TAGS,
    summary="List a project's members",
    response_description="One page of those assigned",
)
async def list_assigned(request: Call, ref: FromPath[ProjectRef]) -> Answer[Listed[MemberOut]]:
    """One page of the members who are assigned to the project."""
    query = request.query_as(AssignedQuery)
    window, order = ByPage(query.page, query.per_page), order_of(query.sort)
    found = await request.read(lambda tx: assignments.list_(tx, request.actor, ref, order, window))
    page = listed([MemberOut.of(member) for member in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=AssignmentIn,
    refuses=(NotFound, UnknownReference),
    sends=("ETag", "Location"),
    also={200: "The member, who was assigned already"},
    tags=TAGS,
    summary="Assign a member",
    response_description="The member, assigned now",
)
async def assign_member(request: Call, ref: FromPath[ProjectRef]) -> Answer[One[MemberOut]]:
    """Let an active member see and edit the project, even if it is private."""
    wanted = await request.body_as(AssignmentIn)
    here, now_ms = request.scope["path"], request.now_ms
    return await request.write(
        lambda tx: assignments.assign(tx, request.actor, ref, wanted.user_id, now_ms=now_ms),
        lambda done: render(done[0]),
        status=lambda done: 201 if done[1] else 200,
        location=lambda done: f"{here}/{done[0].id}",
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a project's member", response_description="The member")
async def get_assigned(request: Call, ref: FromPath[ProjectRef], user: FromPath[MemberRef]) -> Answer[One[MemberOut]]:
    """The member with that user id, if they are assigned to the project."""
    return Answer(render(await request.read(lambda tx: assignments.get(tx, request.actor, ref, user))))


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Take a member off a project",
    response_description="They are not assigned any more",
)
async def unassign_member(request: Call, ref: FromPath[ProjectRef], user: FromPath[MemberRef]) -> Answer[None]:
    """End the assignment; a private project is out of the member's sight at once."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: assignments.unassign(tx, request.actor, ref, user, now_ms=now_ms, guard=guard),
        lambda _: b"",
        status=204,
    )
