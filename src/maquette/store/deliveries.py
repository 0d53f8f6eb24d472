"""Deliveries, as a log of what was sent to an endpoint; restarting them, and purging old ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.webhooks import Attempt, Delivery, DeliveryState
from maquette.store.database import Row, Transaction
from maquette.store.headers import read
from maquette.store.query import Where, ordering, windowed

_NEXT_AT = (
    "CASE WHEN d.finished_at IS NULL AND w.enabled = 1"
    " THEN CASE WHEN d.due_at < w.paused_until THEN w.paused_until ELSE d.due_at END END"
)
"""When a delivery is tried next: not before its endpoint's pause ends, and never (NULL) while that is disabled."""

_SELECT = (
    f"SELECT d.serial, d.webhook, d.event, e.id, e.type, d.state, d.reason, d.attempts, {_NEXT_AT}, d.created_at,"
    " d.finished_at FROM deliveries d JOIN events e ON e.serial = d.event JOIN webhooks w ON w.serial = d.webhook"
)
MAX_ATTEMPTS = 50
"""Attempts kept for a delivery: each one that failed may hold 64 KiB of a response."""

MAX_COUNTED_ON_LOOP = 10_000
"""If an endpoint has more deliveries, a filtered page of them is read off the event loop."""

_NEWEST = Order(SortField.SERIAL, descending=True)
_COLUMNS = {SortField.SERIAL: "d.serial"}


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of an endpoint; None is no condition."""

    state: DeliveryState | None = None
    type: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


def restart_clause(now: str) -> str:
    """The SET clause that restarts a delivery, with the placeholder of the present time.

    `since_at` always grows, so that whoever took the delivery before can tell that it was restarted.
    """
    return (
        f"state = 'waiting', reason = NULL, tries = 0, due_at = {now}, finished_at = NULL,"
        f" since_at = CASE WHEN since_at < {now} THEN {now} ELSE since_at + 1 END"
    )


async def list_(tx: Transaction, webhook: int, filter: DeliveryFilter, window: Window) -> Slice[Delivery]:
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
    total = await _total(tx, webhook, filter, joined, where)
    chosen = f"SELECT d.serial FROM deliveries d{joined}" + windowed(where, window, _NEWEST, _COLUMNS)
    rows = await tx.rows(f"{_SELECT} WHERE d.serial IN ({chosen}){ordering(_NEWEST, _COLUMNS)}", *where.args)
    return Slice([_delivery(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def of_event(tx: Transaction, webhook: int, event: int | str) -> Delivery | None:
    """The delivery of the event of that serial or id to the endpoint."""
    column = "e.serial" if isinstance(event, int) else "e.id"
    row = await tx.row(f"{_SELECT} WHERE d.webhook = $1 AND {column} = $2", webhook, event)
    return _delivery(row) if row else None


async def body(tx: Transaction, event: int, dialect: str) -> bytes | None:
    """The message's bytes, if it was written already."""
    kept: bytes | None = await tx.value("SELECT body FROM messages WHERE event = $1 AND dialect = $2", event, dialect)
    return kept


async def attempts(tx: Transaction, delivery: int) -> tuple[Attempt, ...]:
    """The newest `MAX_ATTEMPTS` attempts, in ascending order."""
    rows = await tx.rows(
        "SELECT number, url, started_at, took_ms, status, reason, request_headers, response_headers, response_body"
        " FROM attempts WHERE delivery = $1 ORDER BY number DESC LIMIT $2",
        delivery,
        MAX_ATTEMPTS,
    )
    return tuple(_attempt(row) for row in reversed(rows))


async def purge(tx: Transaction, *, before_ms: int, limit: int) -> int:
    """Delete up to `limit` deliveries that were finished before then, with their attempts; returns how many."""
    found = await tx.rows(
        "SELECT serial, webhook FROM deliveries WHERE finished_at IS NOT NULL AND finished_at < $1"
        " ORDER BY finished_at LIMIT $2",
        before_ms,
        limit,
    )
    return await _drop(tx, found, "finished_at < {}", before_ms)


async def purge_waiting(tx: Transaction, *, before_ms: int, limit: int) -> int:
    """Delete up to `limit` deliveries to disabled endpoints that were due before then; returns how many."""
    found = await tx.rows(  # CROSS JOIN fixes the order: never a scan of all that wait
        "SELECT d.serial, d.webhook FROM webhooks w CROSS JOIN deliveries d"
        " WHERE w.enabled = 0 AND d.webhook = w.serial AND d.state = 'waiting' AND d.due_at < $1 LIMIT $2",
        before_ms,
        limit,
    )
    disabled = "state = 'waiting' AND due_at < {} AND webhook IN (SELECT serial FROM webhooks WHERE enabled = 0)"
    return await _drop(tx, found, disabled, before_ms)


async def purge_removed(tx: Transaction, *, limit: int) -> int:
    """Delete up to `limit` deliveries of a removed endpoint, then the endpoint; returns 0 once nothing is left."""
    webhook = await tx.value("SELECT serial FROM webhooks WHERE removed_at IS NOT NULL ORDER BY removed_at LIMIT 1")
    if webhook is None:
        return 0
    found = await tx.rows("SELECT serial, webhook FROM deliveries WHERE webhook = $1 LIMIT $2", webhook, limit)
    gone = await _drop(tx, found, "webhook = {}", webhook)
    if len(found) < limit:
        await tx.run("DELETE FROM webhooks WHERE serial = $1", webhook)
    return max(gone, 1)


async def _drop(tx: Transaction, found: Sequence[Row], condition: str, value: int) -> int:
    """Lock the endpoints, and delete those of these deliveries for which the condition still holds; returns how many.

    `found` has serials and endpoints, the condition `{}` for its value. A message's bytes go with its last delivery.
    """
    if not found:
        return 0
    where = Where()
    where.among("serial", sorted({webhook for _, webhook in found}))
    await tx.rows(f"SELECT serial FROM webhooks{where.sql()} ORDER BY serial FOR UPDATE", *where.args)
    where = Where()
    where.add(condition, value)
    where.among("serial", [serial for serial, _ in found])
    gone = await tx.rows(f"DELETE FROM deliveries{where.sql()} RETURNING webhook, event", *where.args)
    for webhook, count in sorted(Counter(webhook for webhook, _ in gone).items()):
        await tx.run("UPDATE webhooks SET held = held - $2 WHERE serial = $1", webhook, count)
    where = Where()
    where.among("event", [event for _, event in gone])
    where.add("NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = messages.event)")
    await tx.run(f"DELETE FROM messages{where.sql()}", *where.args)
    return len(gone)


async def _total(tx: Transaction, webhook: int, filter: DeliveryFilter, joined: str, where: Where) -> int:
    """The kept total where nothing is filtered, else a count."""
    held: int = await tx.value("SELECT held FROM webhooks WHERE serial = $1", webhook)
    if filter == DeliveryFilter():
        return held
    if held > MAX_COUNTED_ON_LOOP:
        tx.offload()
    found: int = await tx.value(f"SELECT COUNT(*) FROM deliveries d{joined}{where.sql()}", *where.args)
    return found


def _delivery(row: Row) -> Delivery:
    serial, webhook, event, event_id, type, state, *rest = row
    return Delivery(serial, webhook, event, event_id, type, DeliveryState(state), *rest)


def _attempt(row: Row) -> Attempt:
    number, url, started_at, took_ms, status, reason, sent, came_back, body = row
    return Attempt(number, url, started_at, took_ms, status, reason, read(sent), read(came_back), body)
