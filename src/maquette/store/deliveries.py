"""Deliveries: the log of what was sent to an endpoint, and what is to be sent again."""

from dataclasses import dataclass

from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.webhooks import Attempt, Delivery, DeliveryState
from maquette.store.database import Row, Transaction
from maquette.store.headers import read
from maquette.store.query import Where, windowed

_SELECT = (
    "SELECT d.serial, d.webhook, d.event, e.id, e.type, d.state, d.reason, d.attempts, d.due_at, d.created_at,"
    " d.finished_at FROM deliveries d JOIN events e ON e.serial = d.event"
)
MOST_ATTEMPTS = 50

_NEWEST = Order(SortField.SERIAL, descending=True)


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of an endpoint; None is no condition."""

    state: DeliveryState | None = None
    type: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


async def window(tx: Transaction, webhook: int, filter: DeliveryFilter, window: Window) -> Slice[Delivery]:
    """One window of the endpoint's deliveries, the newest first."""
    where = Where()
    where.add("d.webhook = {}", webhook)
    if filter.state is not None:
        where.add("d.state = {}", filter.state.value)
    if filter.type is not None:
        where.add("e.type = {}", filter.type)
    if filter.since_ms is not None:
        where.add("d.created_at >= {}", filter.since_ms)
    if filter.until_ms is not None:
        where.add("d.created_at < {}", filter.until_ms)
    joined = "" if filter.type is None else " JOIN events e ON e.serial = d.event"
    total: int = await tx.value(f"SELECT COUNT(*) FROM deliveries d{joined}{where.sql()}", *where.args)
    rows = await tx.rows(_SELECT + windowed(where, window, _NEWEST, {SortField.SERIAL: "d.serial"}), *where.args)
    return Slice([_delivery(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def of_event(tx: Transaction, webhook: int, event: int | str) -> Delivery | None:
    """The delivery of the event of that serial or id to the endpoint."""
    column = "e.serial" if isinstance(event, int) else "e.id"
    row = await tx.row(f"{_SELECT} WHERE d.webhook = $1 AND {column} = $2", webhook, event)
    return _delivery(row) if row else None


async def body(tx: Transaction, event: int, dialect: str) -> bytes | None:
    """The bytes of the message, where they have been written."""
    kept: bytes | None = await tx.value("SELECT body FROM messages WHERE event = $1 AND dialect = $2", event, dialect)
    return kept


async def attempts(tx: Transaction, delivery: int) -> tuple[Attempt, ...]:
    """The newest attempts in order, as many as are shown: each may hold 64 KiB of an answer."""
    rows = await tx.rows(
        "SELECT number, url, started_at, took_ms, status, reason, request_headers, response_headers, response_body"
        " FROM attempts WHERE delivery = $1 ORDER BY number DESC LIMIT $2",
        delivery,
        MOST_ATTEMPTS,
    )
    return tuple(_attempt(row) for row in reversed(rows))


async def add_all(
    tx: Transaction, workspace: int, webhook: int, *, types: tuple[str, ...], since_ms: int, until_ms: int, now_ms: int
) -> int:
    """Let all events of these types and times wait for the held endpoint, told before or not; returns how many."""
    return await _again(tx, _events(workspace, types, since_ms, until_ms), webhook, now_ms)


async def add_missing(
    tx: Transaction, workspace: int, webhook: int, *, types: tuple[str, ...], since_ms: int, until_ms: int, now_ms: int
) -> int:
    """Let those that haven't arrived and don't wait already wait for the held endpoint; returns how many."""
    where = _events(workspace, types, since_ms, until_ms)
    where.add(
        "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook = {} AND d.event = e.serial AND d.state <> 'failed')",
        webhook,
    )
    return await _again(tx, where, webhook, now_ms)


async def forget(tx: Transaction, *, before_ms: int, most: int) -> int:
    """Drop some deliveries that ended before then, with their attempts; returns how many."""
    gone = await tx.rows(
        "DELETE FROM deliveries WHERE serial IN (SELECT serial FROM deliveries"
        " WHERE finished_at IS NOT NULL AND finished_at < $1 LIMIT $2) RETURNING serial",
        before_ms,
        most,
    )
    return len(gone)


async def forget_waiting(tx: Transaction, *, before_ms: int, most: int) -> int:
    """Drop some that have waited since before then for endpoints that are disabled; returns how many."""
    gone = await tx.rows(
        "DELETE FROM deliveries WHERE serial IN (SELECT d.serial FROM webhooks w JOIN deliveries d ON"
        " d.webhook = w.serial WHERE w.enabled = 0 AND d.state = 'waiting' AND d.due_at < $1 LIMIT $2)"
        " RETURNING serial",
        before_ms,
        most,
    )
    return len(gone)


async def forget_bodies(tx: Transaction, *, before_ms: int, most: int) -> int:
    """Drop some messages that were written before then and that no delivery is left of; returns how many."""
    gone = await tx.rows(
        "DELETE FROM messages WHERE (event, dialect) IN (SELECT m.event, m.dialect FROM messages m"
        " WHERE m.created_at < $1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = m.event)"
        " LIMIT $2) RETURNING event",
        before_ms,
        most,
    )
    return len(gone)


def _events(workspace: int, types: tuple[str, ...], since_ms: int, until_ms: int) -> Where:
    where = Where()
    where.add("e.workspace = {} AND e.at >= {} AND e.at < {}", workspace, since_ms, until_ms)
    where.among("e.type", types)
    return where


async def _again(tx: Transaction, where: Where, webhook: int, now_ms: int) -> int:
    endpoint, now = (f"CAST({where.bind(value)} AS BIGINT)" for value in (webhook, now_ms))
    rows = await tx.rows(
        "INSERT INTO deliveries (webhook, event, state, since_at, due_at, created_at)"
        f" SELECT {endpoint}, e.serial, 'waiting', {now}, {now}, {now} FROM events e{where.sql()} ORDER BY e.serial"
        " ON CONFLICT (webhook, event) DO UPDATE SET state = 'waiting', reason = NULL, tries = 0,"
        f" since_at = {now}, due_at = {now}, finished_at = NULL RETURNING serial",
        *where.args,
    )
    return len(rows)


def _delivery(row: Row) -> Delivery:
    serial, webhook, event, event_id, type, state, reason, attempts, due_at, created_at, finished_at = row
    is_over = finished_at is not None
    return Delivery(
        serial,
        webhook,
        event,
        event_id,
        type,
        DeliveryState(state),
        reason,
        attempts,
        None if is_over else due_at,
        created_at,
        finished_at,
    )


def _attempt(row: Row) -> Attempt:
    number, url, started_at, took_ms, status, reason, sent, came_back, body = row
    return Attempt(number, url, started_at, took_ms, status, reason, read(sent), read(came_back), body)
