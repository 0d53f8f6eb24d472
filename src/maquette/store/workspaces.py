"""Workspaces, their version, and the counts kept in their rows."""

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import asdict

from maquette.model.records import Workspace
from maquette.store.database import Change, Row, Transaction
from maquette.store.totals import RowChange

_FIELDS = ("serial", "id", "slug", "name", "plan", "version", "created_at", "updated_at")
_COLUMNS = ", ".join(_FIELDS)
_WIDTH = len(_FIELDS)
_COUNTED = (
    f"SELECT {_COLUMNS}, active_private, active_team, archived_private, archived_team, brand_kits"
    " FROM workspaces WHERE serial = $1"
)
_CAPACITY = (
    "SELECT plan, (SELECT projects FROM plans WHERE name = plan), active_private + active_team, version,"
    " EXISTS (SELECT 1 FROM webhooks WHERE workspace = $1 AND enabled = 1)"
    " FROM workspaces WHERE serial = $1 FOR UPDATE"
)


class Tally(Struct, frozen=True, cache_hash=True):
    """A workspace's kept counts, or what a write adds to them."""

    active_private: int = 0
    active_team: int = 0
    archived_private: int = 0
    archived_team: int = 0
    brand_kits: int = 0

    @property
    def projects(self) -> int:
        """All of them."""
        return self.active_private + self.active_team + self.archived_private + self.archived_team


_NOTHING = Tally()


class Capacity(Struct, frozen=True):
    """How many projects a plan allows (None is without limit), and how many there are; archived ones don't count."""

    plan: str
    max_projects: int | None
    active: int
    version: int
    """The workspace's version, read under its lock."""
    has_endpoints: bool
    """Whether the workspace may have enabled endpoints; False is certain."""


async def insert(tx: Transaction, *, id: str, slug: str, name: str, plan: str, now_ms: int) -> Workspace:
    """Add a workspace of version 1."""
    row = await tx.row(
        "INSERT INTO workspaces (id, slug, name, plan, version, created_at, updated_at)"
        f" VALUES ($1, $2, $3, $4, 1, $5, $5) RETURNING {_COLUMNS}",
        id,
        slug,
        name,
        plan,
        now_ms,
    )
    assert row
    return Workspace(*row)


async def lock(tx: Transaction, workspace: int) -> tuple[Workspace, Tally]:
    """Lock the workspace's row, so that writes inside it queue up; returns it with its kept counts."""
    tx.claim(workspace)
    return _counted(await tx.row(_COUNTED + " FOR UPDATE", workspace))


async def lock_capacity(tx: Transaction, workspace: int) -> Capacity:
    """Lock the workspace as `lock` does; returns what its plan allows."""
    tx.claim(workspace)
    row = await tx.row(_CAPACITY, workspace)
    assert row
    plan, max_projects, active, version, has_endpoints = row
    # PostgreSQL has looked for endpoints before it waited for the lock, so that others may have been added since.
    has_endpoints = bool(has_endpoints) or tx.engine == "postgres"
    return Capacity(plan, max_projects, active, version, has_endpoints)


async def counts(tx: Transaction, workspace: int) -> tuple[Workspace, Tally]:
    """The workspace with its kept counts."""
    return _counted(await tx.row(_COUNTED, workspace))


async def bump_version(
    tx: Transaction,
    workspace: int,
    tally: Tally | None = None,
    *,
    locked_version: int | None = None,
    access: bool = False,
    row_changes: tuple[RowChange, ...] | None = None,
) -> None:
    """Increment the workspace's version, add the tally to its counts, and notify the caches.

    `locked_version` is its present version, if the caller has locked it and knows; else the new one is read.
    """
    update, added = _update(tally or _NOTHING)
    if locked_version is None:
        tx.claim(workspace)
        version = await tx.value(f"{update} RETURNING version", workspace, *added)
    else:
        await tx.run(update, workspace, *added)
        version = locked_version + 1
    tx.notify(Change(workspace, version, access, row_changes=row_changes))


async def version(tx: Transaction, workspace: int) -> int:
    """The present version."""
    found: int = await tx.value("SELECT version FROM workspaces WHERE serial = $1", workspace)
    return found


async def get(tx: Transaction, workspace: int) -> Workspace | None:
    """The workspace of that serial."""
    return _workspace(await tx.row(f"SELECT {_COLUMNS} FROM workspaces WHERE serial = $1", workspace))


async def by_slug(tx: Transaction, slug: str) -> Workspace | None:
    """The workspace of that slug."""
    return _workspace(await tx.row(f"SELECT {_COLUMNS} FROM workspaces WHERE slug = $1", slug))


async def every(tx: Transaction) -> list[Workspace]:
    """All workspaces, the oldest first."""
    return [Workspace(*row) for row in await tx.rows(f"SELECT {_COLUMNS} FROM workspaces ORDER BY serial")]


async def set_plan(tx: Transaction, workspace: int, plan: str, now_ms: int) -> None:
    """Put the workspace on another plan."""
    await tx.run("UPDATE workspaces SET plan = $2, updated_at = $3 WHERE serial = $1", workspace, plan, now_ms)


@lru_cache(64)
def _update(tally: Tally) -> tuple[str, tuple[int, ...]]:
    """An UPDATE of only the counts that the tally changes, and what it adds to each."""
    added = {column: count for column, count in asdict(tally).items() if count}
    settings = "".join(f", {column} = {column} + ${n}" for n, column in enumerate(added, start=2))
    return f"UPDATE workspaces SET version = version + 1{settings} WHERE serial = $1", tuple(added.values())


def _counted(row: Row | None) -> tuple[Workspace, Tally]:
    assert row
    return Workspace(*row[:_WIDTH]), Tally(*row[_WIDTH:])


def _workspace(row: Row | None) -> Workspace | None:
    return Workspace(*row) if row else None
