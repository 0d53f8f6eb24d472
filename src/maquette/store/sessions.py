"""Sessions of the console: who is signed in, and which workspace they look at."""

from maquette.model.actor import Role
from maquette.model.records import Session, SignedIn, User, Workspace
from maquette.store.database import Row, Transaction

_SESSION = "s.serial, s.user_serial, s.workspace, s.address, s.agent, s.created_at, s.last_used_at, s.expires_at"
_SESSION_WIDTH = len(_SESSION.split(","))
_USER = "u.serial, u.id, u.email, u.name, u.created_at"
_USER_WIDTH = len(_USER.split(","))
_WORKSPACE = "w.serial, w.id, w.slug, w.name, w.plan, w.version, w.created_at, w.updated_at"
_ACTIVE = "m.status = 'active' AND m.removed_at IS NULL"


async def insert(
    tx: Transaction,
    *,
    user: int,
    token_hash: bytes,
    workspace: int | None,
    address: str,
    agent: str,
    expires_at: int,
    now_ms: int,
) -> None:
    """Add a session."""
    await tx.run(
        "INSERT INTO sessions (user_serial, token_hash, workspace, address, agent, created_at, last_used_at,"
        " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        user,
        token_hash,
        workspace,
        address,
        agent,
        now_ms,
        expires_at,
    )


async def by_hash(tx: Transaction, token_hash: bytes) -> SignedIn | None:
    """The session whose token has this hash, with its person, and the workspace where they still are a member."""
    row = await tx.row(
        f"SELECT {_SESSION}, {_USER}, m.role, {_WORKSPACE} FROM sessions s JOIN users u ON u.serial = s.user_serial"
        f" LEFT JOIN members m ON m.workspace = s.workspace AND m.user_serial = s.user_serial AND {_ACTIVE}"
        " LEFT JOIN workspaces w ON w.serial = m.workspace WHERE s.token_hash = $1",
        token_hash,
    )
    return _signed_in(row) if row else None


async def of_user(tx: Transaction, user: int, now_ms: int) -> list[Session]:
    """The person's sessions that haven't expired, the newest first."""
    rows = await tx.rows(
        f"SELECT {_SESSION} FROM sessions s WHERE s.user_serial = $1 AND s.expires_at > $2 ORDER BY s.serial DESC",
        user,
        now_ms,
    )
    return [Session(*row) for row in rows]


async def memberships(tx: Transaction, user: int) -> list[tuple[Workspace, Role]]:
    """The workspaces where the person is an active member, by name, with their role."""
    rows = await tx.rows(
        f"SELECT m.role, {_WORKSPACE} FROM members m JOIN workspaces w ON w.serial = m.workspace"
        f" WHERE m.user_serial = $1 AND {_ACTIVE} ORDER BY LOWER(w.name), w.serial",
        user,
    )
    return [(Workspace(*row[1:]), Role(row[0])) for row in rows]


async def switch_workspace(tx: Transaction, session: int, workspace: int) -> None:
    """Let the session show another workspace."""
    await tx.run("UPDATE sessions SET workspace = $2 WHERE serial = $1", session, workspace)


async def mark_used(tx: Transaction, session: int, now_ms: int) -> None:
    """Record when the session was last used."""
    await tx.run("UPDATE sessions SET last_used_at = $2 WHERE serial = $1", session, now_ms)


async def delete(tx: Transaction, session: int) -> None:
    """End a session."""
    await tx.run("DELETE FROM sessions WHERE serial = $1", session)


async def delete_of_user(tx: Transaction, user: int, *, but: int | None = None) -> None:
    """End all sessions of the person, but for one."""
    await tx.run("DELETE FROM sessions WHERE user_serial = $1 AND serial <> $2", user, but or 0)


async def purge(tx: Transaction, *, now_ms: int, limit: int) -> int:
    """Delete up to so many sessions that have reached their latest end, unused or not; returns how many."""
    rows = await tx.rows(
        "DELETE FROM sessions WHERE serial IN (SELECT serial FROM sessions WHERE expires_at <= $1"
        " ORDER BY expires_at LIMIT $2) RETURNING serial",
        now_ms,
        limit,
    )
    return len(rows)


def _signed_in(row: Row) -> SignedIn:
    end = _SESSION_WIDTH + _USER_WIDTH
    session, user, role = Session(*row[:_SESSION_WIDTH]), User(*row[_SESSION_WIDTH:end]), row[end]
    if role is None:
        return SignedIn(session, user)
    return SignedIn(session, user, Workspace(*row[end + 1 :]), Role(role))
