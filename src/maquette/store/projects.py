"""Projects: one statement a verb, each with its kit and its maker's id joined in."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

from maquette.model.actor import Sight
from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import Project, Visibility
from maquette.store.brand_kits import kit_of
from maquette.store.database import Row, Transaction, Value
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
_SORT = {
    SortField.SERIAL: "p.serial",
    SortField.NAME: "p.name_folded",
    SortField.CREATED_AT: "p.created_at",
    SortField.UPDATED_AT: "p.updated_at",
}
_ASSIGNED = "EXISTS (SELECT 1 FROM assignments a WHERE a.user_serial = {} AND a.project = p.serial)"


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """Which projects of a workspace; every text is folded, every time in milliseconds, None is no condition."""

    text: str | None = None
    keyword: str | None = None
    name: str | None = None
    slug: str | None = None
    archived: bool | None = None
    brand_kit: str | None = None
    created_by: str | None = None
    created_from: int | None = None
    created_before: int | None = None
    updated_from: int | None = None
    updated_before: int | None = None
    ids: tuple[str, ...] | None = None

    def is_plain(self) -> bool:
        """Whether it asks for nothing but archived or not, so that the kept counts answer for the total."""
        return all(getattr(self, f.name) is None for f in fields(self) if f.name != "archived")


async def insert(tx: Transaction, values: dict[str, Value]) -> tuple[int, str] | None:
    """Add a project; returns its serial and its maker's id, or None where its slug is taken."""
    row = await tx.row(_insertion(tuple(values)), *values.values())
    return (row[0], row[1]) if row else None


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


async def window(
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
    where = _matching(workspace, sight, filter)
    total = kept_total
    if total is None:
        total = await tx.value(f"SELECT COUNT(*) FROM projects p{where.sql()}", *where.args)
    chosen = "SELECT p.serial FROM projects p" + windowed(where, window, order, _SORT)  # joins wait for the page's rows
    rows = await tx.rows(f"{_SELECT} WHERE p.serial IN ({chosen}){ordering(order, _SORT)}", *where.args)
    return Slice([_project(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def count_assigned(tx: Transaction, workspace: int, user: int, archived: bool | None) -> int:
    """How many private projects the user sees by assignment."""
    condition = {None: "", True: " AND p.archived_at IS NOT NULL", False: " AND p.archived_at IS NULL"}[archived]
    count: int = await tx.value(
        "SELECT COUNT(*) FROM assignments a JOIN projects p ON p.serial = a.project"
        f" WHERE a.user_serial = $1 AND p.workspace = $2 AND p.visibility = 'private'{condition}",
        user,
        workspace,
    )
    return count


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
    return (
        f"INSERT INTO projects ({', '.join(columns)}) VALUES ({places}) ON CONFLICT (workspace, slug) DO NOTHING"
        " RETURNING serial, (SELECT u.id FROM users u WHERE u.serial = created_by)"
    )


def _matching(workspace: int, sight: Sight, filter: ProjectFilter) -> Where:
    where = Where()
    where.add("p.workspace = {}", workspace)
    if filter.archived is not None:
        where.add("p.archived_at IS NOT NULL" if filter.archived else "p.archived_at IS NULL")
    if sight.user is not None:
        where.add(f"(p.visibility = 'team' OR {_ASSIGNED})", sight.user)
    if sight.projects is not None:
        where.among("p.id", sight.projects)
    _narrow(where, filter)
    return where


def _narrow(where: Where, filter: ProjectFilter) -> None:
    exact: tuple[tuple[str, Value], ...] = (
        ("p.name_folded = {}", filter.name),
        ("p.slug = {}", filter.slug),
        ("p.brand_kit = (SELECT serial FROM brand_kits WHERE id = {})", filter.brand_kit),
        ("p.created_by = (SELECT serial FROM users WHERE id = {})", filter.created_by),
        ("p.created_at >= {}", filter.created_from),
        ("p.created_at < {}", filter.created_before),
        ("p.updated_at >= {}", filter.updated_from),
        ("p.updated_at < {}", filter.updated_before),
    )
    for condition, value in exact:
        if value is not None:
            where.add(condition, value)
    if filter.text is not None:
        where.contains(("p.name_folded", "p.description_folded"), filter.text)
    if filter.keyword is not None:
        where.contains(("p.name_folded",), filter.keyword)
    if filter.ids is not None:
        where.among("p.id", filter.ids)


def _project(row: Row) -> Project:
    kit = kit_of(row[_OWN:]) if row[_OWN] is not None else None
    before, visibility, kit_selectable, after = row[:7], _VISIBILITY[row[7]], bool(row[8]), row[9:_OWN]
    return Project(*(*before, visibility, kit_selectable, *after, kit))
