"""Projects: one statement a verb, each with its kit and its maker's id joined in."""

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
_SELECT = (
    "SELECT p.serial, p.id, p.workspace, p.name, p.slug, p.description, p.color, p.visibility, p.kit_selectable,"
    " p.created_by, u.id, p.created_at, p.updated_at, p.archived_at,"
    " k.serial, k.id, k.workspace, k.name, k.typography, k.created_by, v.id, k.created_at, k.updated_at" + _FROM
)
_OWN = 14

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
    """The workspace's project by `serial`, `id` or `slug`, whoever may see it."""
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
    """The matching projects in sight; `kept_total` saves the count where known."""
    if filter.words():
        plan = await search_planner.plan_page(tx, workspace, Criteria(sight, filter), order, window)
        return await _slice(tx, plan.sql, plan.where, order, window, plan.total)
    where = matching(tx, workspace, sight, filter)
    total = kept_total
    if total is None:
        total = await tx.value(f"SELECT COUNT(*) FROM projects p{where.sql()}", *where.args)
    if isinstance(window, ByPage) and _has_ranks(sight, filter, order, window):
        found = await blocks.find_range(tx, workspace, order, window, total)
        if found is not None:
            return await _ranked(tx, workspace, order, window, total, found)
    source = PROJECTS
    if (
        kept_total is not None
        and kept_total <= member_projects.FEW
        and sight.user is not None
        and filter.archived is False
    ):
        source = member_projects.source(tx, where, workspace, sight.user)
    chosen = f"SELECT p.serial FROM {source}"
    return await _slice(tx, chosen + windowed(where, window, order, COLUMNS), where, order, window, total)


async def assign(tx: Transaction, user: int, project: int, now_ms: int) -> None:
    """Let the person see and edit the project; again changes nothing."""
    await tx.run(
        "INSERT INTO assignments (user_serial, project, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        user,
        project,
        now_ms,
    )


async def unassign(tx: Transaction, user: int, project: int) -> None:
    """End what `assign` began."""
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


def _has_ranks(sight: Sight, filter: ProjectFilter, order: Order, window: ByPage) -> bool:
    """Whether the blocks know this list, and it is asked for far enough from its front."""
    is_counted = (
        sight == Sight() and filter.archived is False and filter.is_plain() and order.field in blocks.BLOCK_TABLES
    )
    return is_counted and (window.number - 1) * window.size > blocks.NEAR


async def _ranked(
    tx: Transaction, workspace: int, order: Order, window: ByPage, total: int, found: blocks.RowRange
) -> Slice[Project]:
    if not found.count:
        return Slice([], total, False)
    where = matching(tx, workspace, Sight(), ProjectFilter(archived=False))
    where.add(f"({COLUMNS[order.field]}, p.serial) >= ({{}}, {{}})", found.value, found.serial)
    ascending = ordering(Order(order.field, descending=False), COLUMNS)
    limit = f" LIMIT {where.bind(found.count)} OFFSET {where.bind(found.skipped)}"
    return await _slice(
        tx, f"SELECT p.serial FROM {PROJECTS}" + where.sql() + ascending + limit, where, order, window, total
    )


async def _slice(
    tx: Transaction, chosen: str, where: Where, order: Order, window: Window, total: int
) -> Slice[Project]:
    """The projects whose serials are chosen; joins wait for the page's rows."""
    rows = await tx.rows(f"{_SELECT} WHERE p.serial IN ({chosen}){ordering(order, COLUMNS)}", *where.args)
    return Slice([_project(row) for row in rows[: window.size]], total, len(rows) > window.size)


def _project(row: Row) -> Project:
    kit = kit_of(row[_OWN:]) if row[_OWN] is not None else None
    before, visibility, kit_selectable, after = row[:7], _VISIBILITY[row[7]], bool(row[8]), row[9:_OWN]
    return Project(*(*before, visibility, kit_selectable, *after, kit))
