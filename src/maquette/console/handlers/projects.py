"""`/projects`."""

from dataclasses import dataclass

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Values
from maquette.console.handlers.members import member_or_none
from maquette.console.lists import listed, search, window
from maquette.console.project_form import (
    KitChoices,
    differences,
    draft_of,
    kit_choices,
    member_choices,
    patch_of,
    values_of,
)
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import assignments, projects
from maquette.domain.projects import ProjectFilter
from maquette.model import text
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invisible, Refusal, Stale
from maquette.model.page import Order, Slice, SortField
from maquette.model.records import Member, Project
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

PATH = "/projects"
ONE = PATH + "/{ref:str}"

ORDERS = {
    "updated": Order(SortField.UPDATED_AT, descending=True),
    "created": Order(SortField.CREATED_AT, descending=True),
    "name": Order(SortField.NAME, descending=False),
}
ARCHIVED = {"": False, "archived": True, "all": None}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a project's page shows."""

    project: Project
    creator: Member | None
    assigned: list[Member]
    people: Slice[Member]
    kits: KitChoices


@get(PATH)
async def list_projects(request: Visit) -> Reply:
    """One page of the projects that one sees, by what they contain, and whether they are archived."""
    query, page = request.query, window(request.query)
    word, state, sort = search(query), query.text("state"), query.text("sort")
    filter = ProjectFilter(text=text.fold(word) or None, archived=ARCHIVED.get(state, False))
    order = ORDERS.get(sort, ORDERS["updated"])
    found = await request.read(lambda tx: projects.list_(tx, request.actor, filter, order, page))
    return request.page("projects.html", list=listed(found, page, PATH, q=word, state=state, sort=sort))


@get(PATH + "/new")
async def new_project(request: Visit) -> Reply:
    """The form for a new project. Raises `Forbidden`."""
    request.actor.require(Permission.PROJECT_CREATE)
    return await _new_page(request, {})


@post(PATH)
async def create_project(request: Visit) -> Reply:
    """Create a project, and go to its page."""
    form, now_ms = request.form, request.now_ms
    try:
        draft = draft_of(form)
        project = await request.write_once(lambda tx: projects.create(tx, request.actor, draft, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await _new_page(request, form.values(), refusal)
    return redirect(f"{PATH}/{project.id}", "created")


@get(ONE)
async def show_project(request: Visit, ref: FromPath[str]) -> Reply:
    """A project, with the form to change it. Raises `NotFound`."""
    return await project_page(request, ref)


@post(ONE)
async def change_project(request: Visit, ref: FromPath[str]) -> Reply:
    """Save the form, unless somebody else has changed the project since it was shown. Raises `NotFound`."""
    form, now_ms = request.form, request.now_ms

    async def body(tx: Transaction) -> tuple[Project, bool]:
        project = await projects.change(tx, request.actor, ref, patch, now_ms=now_ms, guard=guard)
        return project, await _sees(tx, request.actor, project)

    try:
        patch, guard = patch_of(form), request.guard()
        project, is_seen = await request.write(body)
    except FORM_ERRORS as refusal:
        return await project_page(request, ref, form.values(), refusal)
    return redirect(f"{PATH}/{project.id}", "saved") if is_seen else redirect(PATH, "saved_out_of_sight")


@post(ONE + "/archive")
async def archive_project(request: Visit, ref: FromPath[str]) -> Reply:
    """Archive it. Raises `NotFound`."""
    now_ms = request.now_ms
    await request.write(lambda tx: projects.archive(tx, request.actor, ref, now_ms=now_ms))
    return redirect(f"{PATH}/{ref}", "archived")


@post(ONE + "/unarchive")
async def unarchive_project(request: Visit, ref: FromPath[str]) -> Reply:
    """Make it active again. Raises `NotFound`."""
    now_ms = request.now_ms
    try:
        await request.write(lambda tx: projects.unarchive(tx, request.actor, ref, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await project_page(request, ref, None, refusal)
    return redirect(f"{PATH}/{ref}", "unarchived")


@post(ONE + "/delete")
async def remove_project(request: Visit, ref: FromPath[str]) -> Reply:
    """Delete it for good. Raises `NotFound`."""
    now_ms = request.now_ms
    await request.write(lambda tx: projects.remove(tx, request.actor, ref, now_ms=now_ms))
    return redirect(PATH, "deleted")


async def project_page(request: Visit, ref: str, values: Values | None = None, refusal: Refusal | None = None) -> Reply:
    """The page of a project, with what was typed where that is refused. Raises `NotFound`."""

    async def body(tx: Transaction) -> Shown:
        project = await projects.get(tx, request.actor, ref)
        return Shown(
            project,
            await member_or_none(tx, request.actor, project.created_by_id),
            await assignments.every(tx, request.actor, project.id),
            await member_choices(tx, request.actor),
            await kit_choices(tx, request.actor, project.brand_kit.id if project.brand_kit else "", chosen),
        )

    chosen = "" if values is None else values.get("brand_kit", "")
    shown = await request.read(body)
    project, ids = shown.project, {member.id for member in shown.assigned}
    return request.page(
        "project.html",
        project=project,
        creator=shown.creator,
        version=version_of(project) if values is None else values.get("version", ""),
        values=values_of(project) if values is None else values,
        now=differences(project, values) if values is not None and isinstance(refusal, Stale) else {},
        assigned=shown.assigned,
        is_assigned=request.actor.user_id in ids,
        others=[member for member in shown.people.items if member.id not in ids],
        people=shown.people,
        kits=shown.kits,
        refusal=refusal,
    )


async def _sees(tx: Transaction, actor: Actor, project: Project) -> bool:
    """Whether it is still there for whoever has just changed it."""
    try:
        await projects.get(tx, actor, project.id)
    except Invisible:
        return False
    return True


async def _new_page(request: Visit, values: Values, refusal: Refusal | None = None) -> Reply:
    kits = await request.read(lambda tx: kit_choices(tx, request.actor, values.get("brand_kit", "")))
    return request.page("project_new.html", project=None, now={}, values=values, kits=kits, refusal=refusal)
