"""`/v1/projects`."""

from litestar import delete, get, post, put

from maquette.dialects.creatopy.shapes.connection import (
    SUCCESS,
    Connection,
    ListQuery,
    Response,
    Status,
    connection,
)
from maquette.dialects.creatopy.shapes.projects import (
    ProjectAnswer,
    ProjectIn,
    ProjectNode,
    ProjectOut,
    ProjectPatchIn,
    ProjectRef,
)
from maquette.domain import projects
from maquette.domain.projects import ProjectFilter
from maquette.model.errors import Invisible, NotFound, PlanLimit, Stale, UnknownReference
from maquette.model.records import Project
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/projects"
TAGS = ["Projects"]


@get(PATH, query=ListQuery, tags=TAGS, summary="List projects", response_description="One part of the projects")
async def list_projects(request: Call) -> Answer[Response[Connection[ProjectNode]]]:
    """The projects you see, the newest first unless `orderBy` says otherwise; archived ones are left out."""
    query = request.query_as(ListQuery)
    window, order = query.window(), query.order()
    filter = ProjectFilter(keyword=query.folded_keyword() or None, archived=False)
    found = await request.read(lambda tx: projects.list_(tx, request.actor, filter, order, window))
    nodes = [ProjectNode.of(project) for project in found.items]
    return Answer(encode(connection(nodes, found, window, order)))


@post(
    PATH,
    body=ProjectIn,
    example={"name": "api created user's project", "brandKitId": 1},
    status_code=200,
    refuses=(UnknownReference, PlanLimit),
    sends=("ETag",),
    tags=TAGS,
    summary="Create a project",
    response_description="The new project",
)
async def create_project(request: Call) -> Answer[Response[ProjectAnswer]]:
    """Make a project with a brand kit."""
    draft = (await request.body_as(ProjectIn)).draft()
    now_ms = request.now_ms
    return await request.write(lambda tx: projects.create(tx, request.actor, draft, now_ms=now_ms), render)


@put(
    PATH,
    body=ProjectPatchIn,
    example={"projectId": 1, "name": "api created user's project", "color": "#1A2B3C"},
    refuses=(NotFound, Invisible, UnknownReference, Stale),
    sends=("ETag",),
    tags=TAGS,
    summary="Change a project",
    response_description="The project as it is now",
)
async def change_project(request: Call) -> Answer[Response[ProjectAnswer]]:
    """Change the fields that the body names; null clears a field."""
    wanted = await request.body_as(ProjectPatchIn)
    ref, patch = wanted.project_id, wanted.patch()
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: projects.change(tx, request.actor, ref, patch, now_ms=now_ms, guard=guard), render
    )


@delete(
    PATH,
    body=ProjectRef,
    status_code=200,
    refuses=(NotFound, Invisible, Stale),
    tags=TAGS,
    summary="Delete a project",
    response_description="It is deleted",
)
async def remove_project(request: Call) -> Answer[Response[Status]]:
    """Delete the project for good."""
    ref = (await request.body_as(ProjectRef)).project_id
    guard, now_ms = request.guard(render), request.now_ms
    return await request.write(
        lambda tx: projects.remove(tx, request.actor, ref, now_ms=now_ms, guard=guard), lambda _: SUCCESS
    )


def render(project: Project) -> bytes:
    """The bytes of a single project, whose hash is its entity tag."""
    return encode(Response(ProjectAnswer(ProjectOut.of(project))))
