"""API keys and client pairs: hashes and sealed secrets in, never a readable secret out."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from maquette.model.actor import Grants, Role
from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import Credential, Plan
from maquette.store.database import Row, Transaction
from maquette.store.query import Where, windowed

_FIELDS = (
    "c.serial",
    "c.id",
    "c.workspace",
    "c.user_serial",
    "u.id",
    "c.kind",
    "c.name",
    "c.scope",
    "c.grants",
    "c.hint",
    "c.expires_at",
    "c.revoked_at",
    "c.last_used_at",
    "c.created_at",
    "c.replaced_by",
)
"""A credential's columns, in the order of the record's fields."""

_COLUMNS = ", ".join(_FIELDS)
_WIDTH = len(_FIELDS)
_GRANTS_AT = _FIELDS.index("c.grants")
_FROM = " FROM credentials c JOIN users u ON u.serial = c.user_serial"
_PRINCIPAL = (
    f"SELECT {_COLUMNS}, c.secret_sealed, m.role, mk.role, p.name, p.month, p.burst, p.projects, p.custom_scopes{_FROM}"
    " JOIN members m ON m.workspace = c.workspace AND m.user_serial = c.user_serial"
    " LEFT JOIN members mk ON mk.workspace = c.workspace AND mk.user_serial = c.created_by"
    " JOIN workspaces w ON w.serial = c.workspace JOIN plans p ON p.name = w.plan"
    " WHERE m.removed_at IS NULL AND m.status = 'active' AND c.revoked_at IS NULL"
    " AND (c.created_by IS NULL OR (mk.removed_at IS NULL AND mk.status = 'active')) AND "
)
_FROM_STRONGEST = list(Role)
_NEWEST = Order(SortField.SERIAL, descending=True)


@dataclass(frozen=True, slots=True)
class Principal:
    """A credential that isn't revoked, with its present role and the workspace's plan.

    The role is that of the user it acts as, or its creator's where that is somebody else with a weaker one.
    """

    credential: Credential
    secret_sealed: bytes | None
    role: Role
    plan: Plan


async def insert(  # noqa: PLR0913  one argument for each column
    tx: Transaction,
    *,
    id: str,
    workspace: int,
    user: int,
    kind: str,
    name: str,
    scope: str,
    grants: Grants | None = None,
    secret_hash: bytes | None,
    secret_sealed: bytes | None,
    hint: str,
    expires_at: int | None,
    created_by: int | None = None,
    now_ms: int,
) -> Credential:
    """Add a credential; `created_by` is given where it doesn't act as its creator."""
    await tx.run(
        "INSERT INTO credentials (id, workspace, user_serial, kind, name, scope, grants, secret_hash, secret_sealed,"
        " hint, expires_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        id,
        workspace,
        user,
        kind,
        name,
        scope,
        None if grants is None else msgspec.json.encode(grants).decode(),
        secret_hash,
        secret_sealed,
        hint,
        expires_at,
        created_by,
        now_ms,
    )
    credential = await get(tx, workspace, id)
    assert credential
    return credential


async def get(tx: Transaction, workspace: int, id: str) -> Credential | None:
    """The workspace's credential of that id, revoked or not."""
    row = await tx.row(f"SELECT {_COLUMNS}{_FROM} WHERE c.workspace = $1 AND c.id = $2", workspace, id)
    return _credential(row) if row else None


async def by_hash(tx: Transaction, secret_hash: bytes) -> Principal | None:
    """The principal whose API key has this SHA-256; None if it is revoked or its user or creator isn't active."""
    return _principal(await tx.row(_PRINCIPAL + "c.secret_hash = $1", secret_hash))


async def by_client_id(tx: Transaction, client_id: str) -> Principal | None:
    """The principal whose client pair has this clientId; None as in `by_hash`."""
    return _principal(await tx.row(_PRINCIPAL + "c.kind = 'client' AND c.id = $1", client_id))


async def list_(tx: Transaction, workspace: int, kind: str, window: Window) -> Slice[Credential]:
    """One window of the credentials of a kind, revoked ones too, the newest first."""
    where = Where()
    where.add("c.workspace = {}", workspace)
    where.add("c.kind = {}", kind)
    total: int = await tx.value("SELECT COUNT(*) FROM credentials c" + where.sql(), *where.args)
    clause = windowed(where, window, _NEWEST, {SortField.SERIAL: "c.serial"})
    rows = await tx.rows(f"SELECT {_COLUMNS}{_FROM}{clause}", *where.args)
    return Slice([_credential(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def every(tx: Transaction, workspace: int) -> list[Credential]:
    """All credentials of a workspace, revoked ones too, the newest first."""
    rows = await tx.rows(f"SELECT {_COLUMNS}{_FROM} WHERE c.workspace = $1 ORDER BY c.serial DESC", workspace)
    return [_credential(row) for row in rows]


async def change(tx: Transaction, serial: int, *, name: str, expires_at: int | None) -> None:
    """Set the credential's name and expiry."""
    await tx.run("UPDATE credentials SET name = $2, expires_at = $3 WHERE serial = $1", serial, name, expires_at)


async def replace(tx: Transaction, serial: int, by: int) -> None:
    """Note which credential took this one's place."""
    await tx.run("UPDATE credentials SET replaced_by = $2 WHERE serial = $1", serial, by)


async def revoke(tx: Transaction, workspace: int, id: str, now_ms: int) -> Credential | None:
    """Revoke a credential; if it was revoked already, that time stays. None if there is no such credential."""
    await tx.run(
        "UPDATE credentials SET revoked_at = COALESCE(revoked_at, $3) WHERE workspace = $1 AND id = $2",
        workspace,
        id,
        now_ms,
    )
    return await get(tx, workspace, id)


async def revoke_all(tx: Transaction, workspace: int, user: int, now_ms: int) -> None:
    """Revoke every credential of the workspace that acts as the person or was created by them."""
    await tx.run(
        "UPDATE credentials SET revoked_at = $3 WHERE workspace = $1 AND (user_serial = $2 OR created_by = $2)"
        " AND revoked_at IS NULL",
        workspace,
        user,
        now_ms,
    )


async def mark_used(tx: Transaction, used_at: Mapping[int, int]) -> None:
    """Note when each credential, by serial, was last used."""
    for serial, at in used_at.items():
        await tx.run(
            "UPDATE credentials SET last_used_at = $2 WHERE serial = $1"
            " AND (last_used_at IS NULL OR last_used_at < $2)",
            serial,
            at,
        )


def _principal(row: Row | None) -> Principal | None:
    if row is None:
        return None
    sealed, role, maker, name, month, burst, projects, custom_scopes = row[_WIDTH:]
    plan = Plan(name, month, burst, projects, bool(custom_scopes))
    return Principal(_credential(row), sealed, max(Role(role), Role(maker or role), key=_FROM_STRONGEST.index), plan)


def _credential(row: Row) -> Credential:
    values = list(row[:_WIDTH])
    grants = row[_GRANTS_AT]
    values[_GRANTS_AT] = msgspec.json.decode(grants, type=Grants) if grants else None
    return Credential(*values)
