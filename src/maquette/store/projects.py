"""Projects: one statement for each verb, each project with its kit and its creator's id joined in."""

from collections.abc import Sequence
from functools import cache

from maquette.model.actor import Sight
from maquette.model.page import ByPage, Order, Slice, Window
from maquette.model.records import Project, Visibility
from maquette.store import blocks, member_projects, search_planner
from maquette.store.brand_kits import kit_of
from maquette.store.database import Row, Transaction, Value
from maquette.store.filters import COLUMNS, PROJECTS, Criteria, matching
from maquette.store.filters import ProjectFilter as ProjectFilter
from maquette.store.member_projects import count_assigned as count_assigned
from maquette.store.query import Where, ordering, windowed

_FROM = (
    " FROM projects p JOIN users u ON u.serial = p.created_by"
    " LEFT JOIN brand_kits k ON k.serial = p.brand_kit LEFT JOIN users v ON v.serial = k.created_by"
)
_COLUMNS = (
    "p.serial",
    "p.id",
    "p.workspace",
    "p.name",
    "p.slug",
    "p.description",
    "p.color",
    "p.visibility",
    "p.kit_selectable",
    "p.created_by",
    "u.id",
    "p.created_at",
    "p.updated_at",
    "p.archived_at",
)
"""A project's columns, in the order of the record's fields; its kit's follow."""

_KIT_COLUMNS = "k.serial, k.id, k.workspace, k.name, k.typography, k.created_by, v.id, k.created_at, k.updated_at"
_SELECT = f"SELECT {', '.join(_COLUMNS)}, {_KIT_COLUMNS}{_FROM}"
_WIDTH = len(_COLUMNS)
_VISIBILITY_AT = _COLUMNS.index("p.visibility")
_KIT_SELECTABLE_AT = _COLUMNS.index("p.kit_selectable")

_VISIBILITY = {visibility.value: visibility for visibility in Visibility}


async def insert(tx: Transaction, values: dict[str, Value]) -> int | None:
    """Add a project; returns its serial, or None where its slug is taken."""
    return await tx.insert(_insertion(tuple(values)), *values.values())


async def change(tx: Transaction, serial: int, values: dict[str, Value]) -> None:
    """Set the named columns."""
    settings = ", ".join(f"{column} = ${n}" for n, column in enumerate(values, start=2))
    await tx.run(f"UPDATE projects SET {settings} WHERE serial = $1", serial, *values.values())


async def delete(tx: Transaction, serial: int) -> None:
    """Remove the project and its assignments."""
    await tx.run("DELETE FROM projects WHERE serial = $1", serial)


async def get(tx: Transaction, workspace: int, column: str, ref: int | str) -> Project | None:
    """The workspace's project by `serial`, `id` or `slug`; nobody's sight is checked."""
    row = await tx.row(f"{_SELECT} WHERE p.workspace = $1 AND p.{column} = $2", workspace, ref)
    return _project(row) if row else None


async def is_assigned(tx: Transaction, user: int, project: int) -> bool:
    """Whether the person is assigned to the project."""
    sql = "SELECT 1 FROM assignments WHERE user_serial = $1 AND project = $2"
    return await tx.row(sql, user, project) is not None


async def list_(
    tx: Transaction,
    workspace: int,
    *,
    sight: Sight,
    filter: ProjectFilter,
    order: Order,
    window: Window,
    kept_total: int | None,
) -> Slice[Project]:
    """The matching projects in sight; `kept_total` is their number where it is known."""
    if filter.words():
        plan = await search_planner.plan_page(tx, workspace, Criteria(sight, filter), order, window)
        return await _slice(tx, plan.sql, plan.where, order, window, plan.total)
    where = matching(tx, workspace, sight, filter)
    total = kept_total
    if total is None:
        total = await tx.value(f"SELECT COUNT(*) FROM projects p{where.sql()}", *where.args)
    if isinstance(window, ByPage) and _uses_blocks(sight, filter, order, window):
        range_ = await blocks.find_range(tx, workspace, order, window, total)
        if range_ is not None:
            return await _fetch_range(tx, workspace, order, window, total, range_)
    source = PROJECTS
    if (
        kept_total is not None
        and kept_total <= member_projects.MAX_VISIBLE
        and sight.user is not None
        and filter.archived is False
    ):
        source = member_projects.source(tx, where, workspace, sight.user)
    chosen = f"SELECT p.serial FROM {source}"
    return await _slice(tx, chosen + windowed(where, window, order, COLUMNS), where, order, window, total)


async def assign(tx: Transaction, user: int, project: int, now_ms: int) -> None:
    """Let the person see and edit the project; does nothing if they are assigned already."""
    await tx.run(
        "INSERT INTO assignments (user_serial, project, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        user,
        project,
        now_ms,
    )


async def unassign(tx: Transaction, user: int, project: int) -> None:
    """Undo `assign`."""
    await tx.run("DELETE FROM assignments WHERE user_serial = $1 AND project = $2", user, project)


async def known_ids(tx: Transaction, workspace: int, ids: Sequence[str]) -> set[str]:
    """Which of these ids are the workspace's projects."""
    where = Where()
    where.add("workspace = {}", workspace)
    where.among("id", ids)
    return {id for (id,) in await tx.rows(f"SELECT id FROM projects{where.sql()}", *where.args)}


async def taken_slugs(tx: Transaction, workspace: int, slugs: list[str]) -> set[str]:
    """Which of these slugs the workspace already has."""
    where = Where()
    where.add("workspace = {}", workspace)
    places = ", ".join(where.bind(slug) for slug in slugs)
    rows = await tx.rows(f"SELECT slug FROM projects{where.sql()} AND slug IN ({places})", *where.args)
    return {slug for (slug,) in rows}


@cache
def _insertion(columns: tuple[str, ...]) -> str:
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"INSERT INTO projects ({', '.join(columns)}) VALUES ({places}) ON CONFLICT (workspace, slug) DO NOTHING"


def _uses_blocks(sight: Sight, filter: ProjectFilter, order: Order, window: ByPage) -> bool:
    """Whether this list has blocks, and the page is far enough from its start for them to pay."""
    has_blocks = (
        sight == Sight() and filter.archived is False and filter.is_plain() and order.field in blocks.BLOCK_TABLES
    )
    return has_blocks and (window.number - 1) * window.size > blocks.MIN_OFFSET


async def _fetch_range(
    tx: Transaction, workspace: int, order: Order, window: ByPage, total: int, range_: blocks.RowRange
) -> Slice[Project]:
    if not range_.count:
        return Slice([], total, False)
    where = matching(tx, workspace, Sight(), ProjectFilter(archived=False))
    where.add(f"({COLUMNS[order.field]}, p.serial) >= ({{}}, {{}})", range_.value, range_.serial)
    ascending = ordering(Order(order.field, descending=False), COLUMNS)
    limit = f" LIMIT {where.bind(range_.count)} OFFSET {where.bind(range_.skipped)}"
    return await _slice(
        tx, f"SELECT p.serial FROM {PROJECTS}" + where.sql() + ascending + limit, where, order, window, total
    )


async def _slice(
    tx: Transaction, chosen: str, where: Where, order: Order, window: Window, total: int
) -> Slice[Project]:
    """The projects whose serials the SQL in `chosen` selects, so that only the page's rows are joined."""
    rows = await tx.rows(f"{_SELECT} WHERE p.serial IN ({chosen}){ordering(order, COLUMNS)}", *where.args)
    return Slice([_project(row) for row in rows[: window.size]], total, len(rows) > window.size)


def _project(row: Row) -> Project:
    kit = kit_of(row[_WIDTH:]) if row[_WIDTH] is not None else None
    values = [*row[:_WIDTH], kit]
    values[_VISIBILITY_AT] = _VISIBILITY[row[_VISIBILITY_AT]]
    values[_KIT_SELECTABLE_AT] = bool(row[_KIT_SELECTABLE_AT])
    return Project(*values)
