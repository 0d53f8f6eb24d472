"""`/v1/projects`."""

from litestar import delete, get, patch, post
from litestar.params import FromPath

from maquette.dialects.craftdesk.shapes.page import Listed, One, links, listed, order_of
from maquette.dialects.craftdesk.shapes.projects import (
    ProjectIn,
    ProjectOut,
    ProjectPatchIn,
    ProjectQuery,
    ProjectRef,
)
from maquette.domain import projects
from maquette.model.errors import NotFound, PlanLimit, Stale, UnknownReference
from maquette.model.records import Project
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/projects"
ONE = PATH + "/{ref:str}"
TAGS = ["Projects"]


@get(
    PATH,
    query=ProjectQuery,
    sends=("Link",),
    tags=TAGS,
    summary="List projects",
    response_description="One page of projects",
)
async def list_projects(request: Call) -> Answer[Listed[ProjectOut]]:
    """One page of the projects you see, the newest first unless `sort` says otherwise."""
    query = request.query_as(ProjectQuery)
    window, filter, order = query.window(), query.filter(), order_of(query.sort)
    found = await request.read(lambda tx: projects.list_(tx, request.actor, filter, order, window))
    page = listed([ProjectOut.of(project) for project in found.items], found, window)
    return Answer(encode(page), headers=links(request.path_here, request.query_here, page.meta.pagination))


@post(
    PATH,
    body=ProjectIn,
    example={"name": "Website Redesign", "description": "Modernize our web presence", "visibility": "team"},
    refuses=(UnknownReference, PlanLimit),
    sends=("ETag", "Location"),
    tags=TAGS,
    summary="Create a project",
    response_description="The new project",
)
async def create_project(request: Call) -> Answer[One[ProjectOut]]:
    """Make a project; its slug is made from the name unless you give one."""
    draft = (await request.body_as(ProjectIn)).draft()
    now_ms = request.now_ms
    return await request.write(
        lambda tx: projects.create(tx, request.actor, draft, now_ms=now_ms),
        render,
        status=201,
        location=lambda project: f"{PATH}/{project.id}",
    )


@get(ONE, refuses=(NotFound,), tags=TAGS, summary="Read a project", response_description="The project")
async def get_project(request: Call, ref: FromPath[ProjectRef]) -> Answer[One[ProjectOut]]:
    """The project of that id or slug."""
    return Answer(render(await request.read(lambda tx: projects.get(tx, request.actor, ref))))


@patch(
    ONE,
    body=ProjectPatchIn,
    example={"description": "Modernize our web presence", "color": "#1A2B3C"},
    refuses=(NotFound, UnknownReference, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a project",
    response_description="The project as it is now",
)
async def change_project(request: Call, ref: FromPath[ProjectRef]) -> Answer[One[ProjectOut]]:
    """Change the fields that the body names; null clears a field, and makes `slug` anew from the name."""
    wanted = (await request.body_as(ProjectPatchIn)).patch()
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: projects.change(tx, request.actor, ref, wanted, now_ms=now_ms, guard=guard), render
    )


@delete(
    ONE,
    status_code=204,
    refuses=(NotFound, Stale),
    tags=TAGS,
    summary="Delete a project",
    response_description="It is deleted",
)
async def remove_project(request: Call, ref: FromPath[ProjectRef]) -> Answer[None]:
    """Delete the project for good."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: projects.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard),
        lambda _: b"",
        status=204,
    )


@post(
    ONE + "/archive",
    status_code=200,
    refuses=(NotFound, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Archive a project",
    response_description="The project as it is now",
)
async def archive_project(request: Call, ref: FromPath[ProjectRef]) -> Answer[One[ProjectOut]]:
    """Archive the project: it stays, and no longer counts towards the plan."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(lambda tx: projects.archive(tx, request.actor, ref, now_ms=now_ms, guard=guard), render)


@post(
    ONE + "/unarchive",
    status_code=200,
    refuses=(NotFound, PlanLimit, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Unarchive a project",
    response_description="The project as it is now",
)
async def unarchive_project(request: Call, ref: FromPath[ProjectRef]) -> Answer[One[ProjectOut]]:
    """Make the project active again, if the plan has room."""
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: projects.unarchive(tx, request.actor, ref, now_ms=now_ms, guard=guard), render
    )


def render(project: Project) -> bytes:
    """The bytes of a single project, whose hash is its entity tag."""
    return encode(One(ProjectOut.of(project)))
