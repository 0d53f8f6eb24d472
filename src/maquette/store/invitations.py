"""Invitations: links by which people become members, until they expire."""

from dataclasses import dataclass

from maquette.store.database import Transaction

_DUE = "i.token_sealed IS NOT NULL AND i.next_attempt_at <= $1"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was handed out; only its hash is known."""

    serial: int
    workspace: int
    user: int
    expires_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class UnsentInvitation:
    """An invitation whose e-mail is still to be sent; `attempts` were made so far."""

    serial: int
    token_sealed: bytes
    email: str
    workspace_name: str
    role: str
    expires_at: int
    attempts: int


async def insert(
    tx: Transaction,
    *,
    workspace: int,
    user: int,
    token_hash: bytes,
    token_sealed: bytes | None,
    invited_by: int,
    expires_at: int,
    now_ms: int,
) -> None:
    """Add an invitation in place of older ones to the same person."""
    await end(tx, workspace, user, now_ms)
    await tx.run(
        "INSERT INTO invitations (workspace, user_serial, token_hash, token_sealed, invited_by, expires_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        workspace,
        user,
        token_hash,
        token_sealed,
        invited_by,
        expires_at,
        now_ms,
    )


async def by_hash(tx: Transaction, token_hash: bytes) -> Invitation | None:
    """The invitation whose token has this hash."""
    row = await tx.row(
        "SELECT serial, workspace, user_serial, expires_at, ended_at FROM invitations WHERE token_hash = $1", token_hash
    )
    return Invitation(*row) if row else None


async def end(tx: Transaction, workspace: int, user: int, now_ms: int) -> None:
    """End every open invitation of this person, so that its link no longer works."""
    await tx.run(
        "UPDATE invitations SET ended_at = $3, token_sealed = NULL"
        " WHERE workspace = $1 AND user_serial = $2 AND ended_at IS NULL",
        workspace,
        user,
        now_ms,
    )


async def is_any_due(tx: Transaction, now_ms: int) -> bool:
    """Whether an e-mail waits to be sent now, or to be given up."""
    return await tx.row(f"SELECT 1 FROM invitations i WHERE {_DUE} LIMIT 1", now_ms) is not None


async def unsent(tx: Transaction, *, now_ms: int, limit: int) -> list[UnsentInvitation]:
    """The e-mails that are due, those that have waited the longest first."""
    rows = await tx.rows(
        "SELECT i.serial, i.token_sealed, u.email, w.name, m.role, i.expires_at, i.attempts FROM invitations i"
        " JOIN users u ON u.serial = i.user_serial JOIN workspaces w ON w.serial = i.workspace"
        " JOIN members m ON m.workspace = i.workspace AND m.user_serial = i.user_serial"
        f" WHERE {_DUE} ORDER BY i.next_attempt_at, i.serial LIMIT $2",
        now_ms,
        limit,
    )
    return [UnsentInvitation(*row) for row in rows]


async def reschedule(tx: Transaction, invitation: UnsentInvitation, until_ms: int, *, now_ms: int) -> bool:
    """Count an attempt and schedule the next one; returns False if another process has just done so."""
    found = await tx.row(
        "UPDATE invitations SET attempts = attempts + 1, next_attempt_at = $2 WHERE serial = $1"
        " AND next_attempt_at <= $3 RETURNING serial",
        invitation.serial,
        until_ms,
        now_ms,
    )
    return found is not None


async def mark_sent(tx: Transaction, invitation: int) -> None:
    """Forget the token: its e-mail is on its way."""
    await tx.run("UPDATE invitations SET token_sealed = NULL WHERE serial = $1", invitation)


async def purge(tx: Transaction, now_ms: int) -> None:
    """Give up the e-mails whose links have expired."""
    await tx.run(
        "UPDATE invitations SET token_sealed = NULL WHERE token_sealed IS NOT NULL AND expires_at <= $1", now_ms
    )
