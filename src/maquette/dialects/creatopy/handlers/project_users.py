"""`/v1/project/users`."""

from litestar import delete, get, post

from maquette.dialects.creatopy.handlers.users import render
from maquette.dialects.creatopy.shapes.connection import SUCCESS, Response, Status
from maquette.dialects.creatopy.shapes.users import ProjectQuery, ProjectUserOut, ProjectUserRef
from maquette.domain import assignments
from maquette.model.errors import Invisible, NotFound, Stale, UnknownReference
from maquette.wire.call import Answer, Call, Transaction, encode

PATH = "/v1/project/users"
TAGS = ["Projects"]


@get(
    PATH,
    query=ProjectQuery,
    refuses=(NotFound, Invisible),
    tags=TAGS,
    summary="List a project's users",
    response_description="All users of the project",
)
async def list_project_users(request: Call) -> Answer[Response[list[ProjectUserOut]]]:
    """Everybody who is assigned to the project."""
    query = request.query_as(ProjectQuery)
    found = await request.read(lambda tx: assignments.every(tx, request.actor, query.projectId))
    return Answer(encode(Response([ProjectUserOut.of(member) for member in found])))


@post(
    PATH,
    body=ProjectUserRef,
    status_code=200,
    refuses=(NotFound, Invisible, UnknownReference),
    tags=TAGS,
    summary="Assign a user",
    response_description="The user is assigned",
)
async def assign_user(request: Call) -> Answer[Response[Status]]:
    """Let an active user see and edit the project, even if it is private."""
    wanted = await request.body_as(ProjectUserRef)
    now_ms = request.now_ms

    async def verb(tx: Transaction) -> None:
        await assignments.assign(tx, request.actor, wanted.project_id, wanted.user_id, now_ms=now_ms)

    return await request.write(verb, lambda _: SUCCESS)


@delete(
    PATH,
    body=ProjectUserRef,
    status_code=200,
    refuses=(NotFound, Invisible, Stale),
    tags=TAGS,
    summary="Take a user off a project",
    response_description="The user is not assigned any more",
)
async def unassign_user(request: Call) -> Answer[Response[Status]]:
    """End the assignment; a private project is out of the user's sight at once."""
    wanted = await request.body_as(ProjectUserRef)
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: assignments.unassign(
            tx, request.actor, wanted.project_id, wanted.user_id, now_ms=now_ms, guard=guard
        ),
        lambda _: SUCCESS,
    )
