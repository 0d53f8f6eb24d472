"""Passwords, and the links by which people choose one."""

from dataclasses import dataclass

from maquette.model.records import User
from maquette.store.database import Transaction

_USER = "u.serial, u.id, u.email, u.name, u.created_at"
_DUE = "l.token_sealed IS NOT NULL AND l.next_attempt_at <= $1"


@dataclass(frozen=True, slots=True)
class UnsentLink:
    """A link whose e-mail is still to be sent."""

    serial: int
    token_sealed: bytes
    email: str
    expires_at: int


async def hash_of(tx: Transaction, user: int) -> str | None:
    """The hash of the person's password, None if they have chosen none."""
    value: str | None = await tx.value("SELECT hash FROM passwords WHERE user_serial = $1", user)
    return value


async def lock_hash_of(tx: Transaction, user: int) -> str | None:
    """The same, and until the transaction ends nobody else can change it."""
    value: str | None = await tx.value("SELECT hash FROM passwords WHERE user_serial = $1 FOR UPDATE", user)
    return value


async def lock_user(tx: Transaction, user: int) -> None:
    """Serialize what concerns this person."""
    await tx.row("SELECT serial FROM users WHERE serial = $1 FOR UPDATE", user)


async def put(tx: Transaction, user: int, password_hash: str, now_ms: int) -> None:
    """Set the person's password."""
    await tx.run(
        "INSERT INTO passwords (user_serial, hash, changed_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (user_serial) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        user,
        password_hash,
        now_ms,
    )


async def insert_link(
    tx: Transaction, *, user: int, token_hash: bytes, token_sealed: bytes | None, expires_at: int, now_ms: int
) -> None:
    """Add a link. With `token_sealed` it waits to be e-mailed."""
    await tx.run(
        "INSERT INTO password_links (user_serial, token_hash, token_sealed, mailed, expires_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        user,
        token_hash,
        token_sealed,
        int(token_sealed is not None),
        expires_at,
        now_ms,
    )


async def user_by_link(tx: Transaction, token_hash: bytes, now_ms: int) -> User | None:
    """Whose password the link sets; None for one that has expired."""
    row = await tx.row(
        f"SELECT {_USER} FROM password_links l JOIN users u ON u.serial = l.user_serial"
        " WHERE l.token_hash = $1 AND l.expires_at > $2",
        token_hash,
        now_ms,
    )
    return User(*row) if row else None


async def count_mailed_links(tx: Transaction, user: int, now_ms: int) -> int:
    """How many of the person's e-mailed links still work."""
    count: int = await tx.value(
        "SELECT COUNT(*) FROM password_links WHERE user_serial = $1 AND mailed = 1 AND expires_at > $2", user, now_ms
    )
    return count


async def consume_link(tx: Transaction, token_hash: bytes) -> bool:
    """Delete the link; returns False if there is none any more."""
    sql = "DELETE FROM password_links WHERE token_hash = $1 RETURNING serial"
    return await tx.row(sql, token_hash) is not None


async def delete_links(tx: Transaction, user: int) -> None:
    """Delete all links of the person."""
    await tx.run("DELETE FROM password_links WHERE user_serial = $1", user)


async def is_any_due(tx: Transaction, now_ms: int) -> bool:
    """Whether an e-mail waits to be sent now."""
    return await tx.row(f"SELECT 1 FROM password_links l WHERE {_DUE} LIMIT 1", now_ms) is not None


async def unsent(tx: Transaction, *, now_ms: int, limit: int) -> list[UnsentLink]:
    """The e-mails that are due and whose links still work, those that have waited the longest first."""
    rows = await tx.rows(
        "SELECT l.serial, l.token_sealed, u.email, l.expires_at FROM password_links l"
        f" JOIN users u ON u.serial = l.user_serial WHERE {_DUE} AND l.expires_at > $1"
        " ORDER BY l.next_attempt_at, l.serial LIMIT $2",
        now_ms,
        limit,
    )
    return [UnsentLink(*row) for row in rows]


async def reschedule(tx: Transaction, link: UnsentLink, until_ms: int, *, now_ms: int) -> bool:
    """Schedule the next attempt; returns False if another process has just done so."""
    found = await tx.row(
        "UPDATE password_links SET next_attempt_at = $2 WHERE serial = $1 AND next_attempt_at <= $3 RETURNING serial",
        link.serial,
        until_ms,
        now_ms,
    )
    return found is not None


async def mark_sent(tx: Transaction, link: int) -> None:
    """Forget the token: its e-mail is on its way."""
    await tx.run("UPDATE password_links SET token_sealed = NULL WHERE serial = $1", link)


async def purge_links(tx: Transaction, *, now_ms: int, limit: int) -> int:
    """Delete up to so many expired links; returns how many."""
    rows = await tx.rows(
        "DELETE FROM password_links WHERE serial IN (SELECT serial FROM password_links WHERE expires_at <= $1"
        " ORDER BY expires_at LIMIT $2) RETURNING serial",
        now_ms,
        limit,
    )
    return len(rows)
