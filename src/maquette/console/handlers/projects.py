"""`/projects`."""

from collections.abc import Sequence

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form, Values
from maquette.console.lists import listed, search, window
from maquette.console.refusals import SHOWN
from maquette.console.visit import Visit, redirect, version_of
from maquette.domain import assignments, brand_kits, members, projects
from maquette.domain.projects import ProjectDraft, ProjectFilter, ProjectPatch
from maquette.model import text
from maquette.model.actor import Permission
from maquette.model.errors import Invalid, Refusal
from maquette.model.page import ByPage, Order, SortField
from maquette.model.records import Member, Project, Visibility, WholeKit
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
BY_NAME = ORDERS["name"]
CHOICES = ByPage(1, 500)
"""How many kits and members a form offers."""


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
        draft = ProjectDraft(
            form.text("name").strip(),
            form.optional("description"),
            _color(form),
            _visibility(form),
            form.optional("slug"),
            form.optional("brand_kit"),
        )
        project = await request.write(lambda tx: projects.create(tx, request.actor, draft, now_ms=now_ms))
    except SHOWN as refusal:
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
    try:
        patch = ProjectPatch(
            name=form.text("name").strip(),
            description=form.optional("description"),
            color=_color(form),
            visibility=_visibility(form),
            slug=form.optional("slug"),
            brand_kit=form.optional("brand_kit"),
        )
        guard = request.guard()
        await request.write(lambda tx: projects.change(tx, request.actor, ref, patch, now_ms=now_ms, guard=guard))
    except SHOWN as refusal:
        return await project_page(request, ref, form.values(), refusal)
    return redirect(f"{PATH}/{ref}", "saved")


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
    except SHOWN as refusal:
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

    async def body(tx: Transaction) -> tuple[Project, list[Member], list[Member], list[WholeKit]]:
        project = await projects.get(tx, request.actor, ref)
        assigned = await assignments.every(tx, request.actor, project.id)
        people = (await members.list_(tx, request.actor, "", BY_NAME, CHOICES)).items
        kits = (await brand_kits.list_(tx, request.actor, "", BY_NAME, CHOICES)).items
        return project, assigned, people, kits

    project, assigned, people, kits = await request.read(body)
    ids = {member.id for member in assigned}
    return request.page(
        "project.html",
        project=project,
        version=version_of(project) if values is None else values.get("version", ""),
        values=_values(project) if values is None else values,
        assigned=assigned,
        others=[member for member in people if member.id not in ids],
        kit_choices=_kit_choices(kits),
        refusal=refusal,
    )


async def _new_page(request: Visit, values: Values, refusal: Refusal | None = None) -> Reply:
    kits = await request.read(lambda tx: brand_kits.list_(tx, request.actor, "", BY_NAME, CHOICES))
    return request.page("project_new.html", values=values, kit_choices=_kit_choices(kits.items), refusal=refusal)


def _values(project: Project) -> Values:
    """The fields of the form as the project has them."""
    return {
        "name": project.name,
        "description": project.description or "",
        "color": project.color or "",
        "visibility": project.visibility,
        "slug": project.slug,
        "brand_kit": project.brand_kit.id if project.brand_kit else "",
    }


def _kit_choices(kits: Sequence[WholeKit]) -> list[tuple[str, str]]:
    return [("", "none"), *((kit.id, kit.name) for kit in kits)]


def _color(form: Form) -> str | None:
    return form.optional("color")


def _visibility(form: Form) -> Visibility:
    try:
        return Visibility(form.text("visibility") or Visibility.PRIVATE)
    except ValueError:
        raise Invalid({"visibility": ["must be private or team"]}) from None
