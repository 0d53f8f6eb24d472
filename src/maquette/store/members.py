"""People, and their memberships: which role they have in which workspace."""

from maquette.model.actor import Role
from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import Member, User
from maquette.store.database import Row, Transaction
from maquette.store.query import Where, windowed

_USER = "serial, id, email, name, created_at"
_MEMBER = (
    "SELECT u.serial, u.id, m.workspace, u.email, m.name, m.role, m.status, m.created_at, m.updated_at"
    " FROM members m JOIN users u ON u.serial = m.user_serial"
)
_SORT = {
    SortField.SERIAL: "u.serial",
    SortField.NAME: "m.name_folded",
    SortField.CREATED_AT: "m.created_at",
    SortField.UPDATED_AT: "m.updated_at",
}
_ASSIGNED = "m.user_serial IN (SELECT a.user_serial FROM assignments a WHERE a.project = {})"


async def insert_user(tx: Transaction, *, id: str, email: str, name: str, now_ms: int) -> User:
    """Add a person."""
    row = await tx.row(
        f"INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4) RETURNING {_USER}",
        id,
        email,
        name,
        now_ms,
    )
    assert row
    return User(*row)


async def user_by_email(tx: Transaction, email: str) -> User | None:
    """The person with that folded address."""
    return _user(await tx.row(f"SELECT {_USER} FROM users WHERE email = $1", email))


async def put(
    tx: Transaction,
    *,
    workspace: int,
    user: int,
    role: Role,
    status: str = "active",
    name: str = "",
    name_folded: str = "",
    now_ms: int,
) -> None:
    """Make the person a member with that role, status and name, replacing an earlier membership."""
    await tx.run(
        "INSERT INTO members (workspace, user_serial, role, status, name, name_folded, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (workspace, user_serial) DO UPDATE SET"
        " role = excluded.role, status = excluded.status, name = excluded.name, name_folded = excluded.name_folded,"
        " updated_at = excluded.updated_at, removed_at = NULL",
        workspace,
        user,
        role.value,
        status,
        name,
        name_folded,
        now_ms,
    )


async def get(tx: Transaction, workspace: int, ref: int | str) -> Member | None:
    """The workspace's member of that user serial (an integer) or user id (text)."""
    column = "serial" if isinstance(ref, int) else "id"
    return _member(await tx.row(f"{_MEMBER} WHERE m.workspace = $1 AND m.removed_at IS NULL AND u.{column} = $2",
                                workspace, ref))  # fmt: skip


async def by_email(tx: Transaction, workspace: int, email: str) -> Member | None:
    """The workspace's member with that folded address."""
    sql = f"{_MEMBER} WHERE m.workspace = $1 AND m.removed_at IS NULL AND u.email = $2"
    return _member(await tx.row(sql, workspace, email))


async def list_(
    tx: Transaction, workspace: int, *, keyword: str = "", project: int | None = None, order: Order, window: Window
) -> Slice[Member]:
    """The members whose name or address holds the folded keyword, and of those the ones assigned to a project."""
    where = _matching(tx, workspace, keyword, project)
    count = "SELECT COUNT(*) FROM members m JOIN users u ON u.serial = m.user_serial"
    total: int = await tx.value(count + where.sql(), *where.args)
    rows = await tx.rows(_MEMBER + windowed(where, window, order, _SORT), *where.args)
    return Slice([Member(*row) for row in rows[: window.size]], total, len(rows) > window.size)


async def assigned(tx: Transaction, workspace: int, project: int) -> list[Member]:
    """All who are assigned to a project, in the order of their serials."""
    where = _matching(tx, workspace, "", project)
    return [Member(*row) for row in await tx.rows(f"{_MEMBER}{where.sql()} ORDER BY u.serial", *where.args)]


async def change(
    tx: Transaction, workspace: int, user: int, *, role: Role | None = None, status: str | None = None, now_ms: int
) -> None:
    """Set the member's role or status; None leaves it."""
    await tx.run(
        "UPDATE members SET role = COALESCE($3, role), status = COALESCE($4, status), updated_at = $5"
        " WHERE workspace = $1 AND user_serial = $2",
        workspace,
        user,
        role.value if role else None,
        status,
        now_ms,
    )


async def remove(tx: Transaction, workspace: int, user: int, now_ms: int) -> None:
    """End the membership, and the person's assignments in the workspace."""
    await tx.run(
        "UPDATE members SET removed_at = $3, updated_at = $3 WHERE workspace = $1 AND user_serial = $2",
        workspace,
        user,
        now_ms,
    )
    await tx.run(
        "DELETE FROM assignments WHERE user_serial = $2"
        " AND project IN (SELECT serial FROM projects WHERE workspace = $1)",
        workspace,
        user,
    )


async def role_of(tx: Transaction, workspace: int, user: int) -> Role | None:
    """The person's role in the workspace; None unless they are an active member."""
    role = await tx.value(
        "SELECT role FROM members WHERE workspace = $1 AND user_serial = $2 AND removed_at IS NULL"
        " AND status = 'active'",
        workspace,
        user,
    )
    return Role(role) if role else None


async def count_owners(tx: Transaction, workspace: int) -> int:
    """How many active owners there are."""
    count: int = await tx.value(
        "SELECT COUNT(*) FROM members WHERE workspace = $1 AND role = 'owner' AND status = 'active'"
        " AND removed_at IS NULL",
        workspace,
    )
    return count


async def count_of_user(tx: Transaction, user: int) -> int:
    """In how many workspaces the person is a member, active or not."""
    count: int = await tx.value("SELECT COUNT(*) FROM members WHERE user_serial = $1 AND removed_at IS NULL", user)
    return count


async def first_owner(tx: Transaction, workspace: int) -> User | None:
    """The owner who has been one the longest."""
    row = await tx.row(
        f"SELECT {', '.join('u.' + c for c in _USER.split(', '))} FROM members m JOIN users u ON u.serial ="
        " m.user_serial WHERE m.workspace = $1 AND m.role = 'owner' AND m.status = 'active' AND m.removed_at IS NULL"
        " ORDER BY m.created_at, u.serial LIMIT 1",
        workspace,
    )
    return _user(row)


def _matching(tx: Transaction, workspace: int, keyword: str, project: int | None) -> Where:
    where = Where()
    where.add("m.workspace = {}", workspace)
    where.add("m.removed_at IS NULL")
    if keyword:
        where.contains(tx, ("m.name_folded", "u.email"), keyword)
    if project is not None:
        where.add(_ASSIGNED, project)
    return where


def _member(row: Row | None) -> Member | None:
    return Member(*row) if row else None


def _user(row: Row | None) -> User | None:
    return User(*row) if row else None
