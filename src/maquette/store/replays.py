"""Replays: windows of time whose events are sent again, in their order, in parts small enough to hold nobody up.

Whoever works on one locks its endpoint's row first, as everybody does who adds deliveries.
"""

from dataclasses import dataclass

import msgspec

from maquette.store.database import Transaction
from maquette.store.deliveries import restart_clause
from maquette.store.query import Where

_SELECT = (
    "SELECT r.serial, w.workspace, r.webhook, r.until_at, r.newest, r.missing_only, r.types, r.at, r.event"
    " FROM replays r JOIN webhooks w ON w.serial = r.webhook"
)


@dataclass(frozen=True, slots=True)
class Replay:
    """The rest of a replay: the events after (`at`, `event`), before `until_at`, with serials up to `newest`."""

    serial: int
    workspace: int
    webhook: int
    until_at: int
    newest: int
    missing_only: bool
    types: tuple[str, ...]
    at: int
    event: int


async def newest_event(tx: Transaction) -> int:
    """The serial of the last event there is, or 0."""
    found: int | None = await tx.value("SELECT MAX(serial) FROM events")
    return found or 0


async def insert(tx: Transaction, replay: Replay, now_ms: int) -> None:
    """Store the rest of a replay, for the workers."""
    await tx.run(
        "INSERT INTO replays (webhook, until_at, newest, missing_only, types, at, event, turn_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        replay.webhook,
        replay.until_at,
        replay.newest,
        int(replay.missing_only),
        msgspec.json.encode(replay.types).decode(),
        replay.at,
        replay.event,
        now_ms,
    )


async def count(tx: Transaction, webhook: int) -> int:
    """How many replays are under way to the endpoint."""
    found: int = await tx.value("SELECT COUNT(*) FROM replays WHERE webhook = $1", webhook)
    return found


async def first(tx: Transaction) -> Replay | None:
    """The replay that has waited the longest for its turn."""
    row = await tx.row(f"{_SELECT} ORDER BY r.turn_at, r.serial LIMIT 1")
    return _replay(*row) if row else None


async def get(tx: Transaction, serial: int) -> Replay | None:
    """The replay's present state; None if it has ended."""
    row = await tx.row(f"{_SELECT} WHERE r.serial = $1", serial)
    return _replay(*row) if row else None


async def move(tx: Transaction, replay: Replay, now_ms: int) -> None:
    """Store how far it has come, and put it behind the others."""
    await tx.run(
        "UPDATE replays SET at = $2, event = $3, turn_at = $4 WHERE serial = $1",
        replay.serial,
        replay.at,
        replay.event,
        now_ms,
    )


async def end(tx: Transaction, serial: int) -> None:
    """Delete a replay of which nothing is left."""
    await tx.run("DELETE FROM replays WHERE serial = $1", serial)


async def end_all(tx: Transaction, webhook: int) -> None:
    """Cancel all replays to the locked endpoint."""
    await tx.run("DELETE FROM replays WHERE webhook = $1", webhook)


async def find_part_end(tx: Transaction, replay: Replay, limit: int) -> tuple[int, int] | None:
    """The time and the serial of the `limit`-th event from here, which ends the part; None if fewer are left."""
    row = await tx.row(
        "SELECT at, serial FROM events WHERE workspace = $1 AND (at, serial) > ($2, $3) AND at < $4"
        " ORDER BY at, serial LIMIT 1 OFFSET $5",
        replay.workspace,
        replay.at,
        replay.event,
        replay.until_at,
        limit - 1,
    )
    return (row[0], row[1]) if row else None


async def add(tx: Transaction, replay: Replay, upto: tuple[int, int] | None, now_ms: int) -> int:
    """Add deliveries of the part's events to the locked endpoint, and restart those there are; returns how many.

    With `missing_only`, those that have arrived or still wait are left as they are.
    """
    return await _reopen(tx, replay, upto, now_ms) + await _insert(tx, replay, upto, now_ms)


async def _reopen(tx: Transaction, replay: Replay, upto: tuple[int, int] | None, now_ms: int) -> int:
    where = _part(replay, upto)
    where.add("d.event = e.serial AND d.webhook = {}", replay.webhook)
    if replay.missing_only:
        where.add("d.state = 'failed'")
    restarted = restart_clause(where.bind(now_ms))
    rows = await tx.rows(
        f"UPDATE deliveries SET {restarted}"
        f" WHERE serial IN (SELECT d.serial FROM events e CROSS JOIN deliveries d{where.sql()}) RETURNING serial",
        *where.args,
    )
    return len(rows)


async def _insert(tx: Transaction, replay: Replay, upto: tuple[int, int] | None, now_ms: int) -> int:
    where = _part(replay, upto)
    endpoint, now = (f"CAST({where.bind(value)} AS BIGINT)" for value in (replay.webhook, now_ms))
    rows = await tx.rows(
        "INSERT INTO deliveries (webhook, event, state, since_at, due_at, created_at)"
        f" SELECT {endpoint}, e.serial, 'waiting', {now}, {now}, {now} FROM events e{where.sql()}"
        " ORDER BY e.at, e.serial ON CONFLICT (webhook, event) DO NOTHING RETURNING serial",
        *where.args,
    )
    await tx.run("UPDATE webhooks SET held = held + $2 WHERE serial = $1", replay.webhook, len(rows))
    return len(rows)


def _part(replay: Replay, upto: tuple[int, int] | None) -> Where:
    where = Where()
    where.add("e.workspace = {} AND (e.at, e.serial) > ({}, {})", replay.workspace, replay.at, replay.event)
    if upto is None:
        where.add("e.at < {}", replay.until_at)
    else:
        where.add("(e.at, e.serial) <= ({}, {})", *upto)
    where.add("e.serial <= {}", replay.newest)
    where.among("e.type", replay.types)
    return where


def _replay(
    serial: int,
    workspace: int,
    webhook: int,
    until_at: int,
    newest: int,
    missing_only: int,
    types: str,
    at: int,
    event: int,
) -> Replay:
    wanted = msgspec.json.decode(types, type=tuple[str, ...])
    return Replay(serial, workspace, webhook, until_at, newest, bool(missing_only), wanted, at, event)
