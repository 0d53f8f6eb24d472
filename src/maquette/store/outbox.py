"""What waits to be sent, and to whom? Deliveries: added for an endpoint, due, and finished or rescheduled.

Whoever adds or finishes one locks its endpoint's row first (and only then the deliveries'), so that no wake-up is lost
between two processes: `leases` only looks at that row's `ready_at`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from maquette.model.webhooks import Attempt, DeliveryState, Message
from maquette.store.database import Row, Transaction
from maquette.store.deliveries import MAX_ATTEMPTS, restart_clause
from maquette.store.headers import stored
from maquette.store.leases import Endpoint

_READY_AT = "CASE WHEN ready_at <= $1 THEN ready_at WHEN paused_until > $1 THEN paused_until ELSE $1 END"
"""When an endpoint with something to send is ready, `$1` being the present time."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A message that may be sent now; `tries` have failed since `since_at`; `body` is None if it isn't written yet."""

    serial: int
    event: int
    tries: int
    since_at: int
    message: Message
    body: bytes | None


async def lock_subscribers(tx: Transaction, workspace: int, type: str) -> list[int]:
    """Lock the workspace's enabled endpoints that want events of that type; returns their serials."""
    rows = await tx.rows(
        "SELECT w.serial FROM webhooks w WHERE w.workspace = $1 AND w.enabled = 1 AND EXISTS"
        " (SELECT 1 FROM webhook_events e WHERE e.webhook = w.serial AND e.type IN ($2, '*')) ORDER BY w.serial"
        " FOR UPDATE",
        workspace,
        type,
    )
    return [serial for (serial,) in rows]


async def mark_ready(tx: Transaction, webhook: int, now_ms: int) -> bool:
    """Lock the endpoint and make it ready now, or after its pause; returns False if it is disabled."""
    found = await tx.row(
        f"UPDATE webhooks SET ready_at = {_READY_AT} WHERE serial = $2 AND enabled = 1 RETURNING serial",
        now_ms,
        webhook,
    )
    return found is not None


async def end_pause(tx: Transaction, webhook: int) -> None:
    """End the endpoint's pause."""
    await tx.run("UPDATE webhooks SET paused_until = 0 WHERE serial = $1 AND paused_until > 0", webhook)


async def add(tx: Transaction, webhooks: Collection[int], event: int, now_ms: int) -> None:
    """Add a delivery of a new event to each of the locked endpoints, in two statements."""
    places = ", ".join(f"${number}" for number in range(2, len(webhooks) + 2))
    await tx.run(
        f"UPDATE webhooks SET held = held + 1, ready_at = {_READY_AT} WHERE serial IN ({places})", now_ms, *webhooks
    )
    values = ", ".join(f"(${number}, $1, 'waiting', $2, $2, $2)" for number in range(3, len(webhooks) + 3))
    await tx.run(
        f"INSERT INTO deliveries (webhook, event, state, since_at, due_at, created_at) VALUES {values}",
        event,
        now_ms,
        *webhooks,
    )


async def requeue(tx: Transaction, webhook: int, event: int, now_ms: int) -> None:
    """Add a delivery of an event to the locked endpoint, or restart the one there is."""
    before = await tx.row(
        f"UPDATE deliveries SET {restart_clause('$3')} WHERE webhook = $1 AND event = $2 RETURNING serial",
        webhook,
        event,
        now_ms,
    )
    if before is None:
        await add(tx, [webhook], event, now_ms)


async def due(tx: Transaction, endpoint: Endpoint, *, now_ms: int, limit: int) -> list[DueDelivery]:
    """The endpoint's due deliveries, the longest due first."""
    rows = await tx.rows(
        "SELECT d.serial, d.event, d.tries, d.since_at, e.id, e.type, e.at, e.subject_kind, e.subject_id, e.data,"
        " m.body FROM deliveries d JOIN events e ON e.serial = d.event"
        " LEFT JOIN messages m ON m.event = d.event AND m.dialect = $2"
        " WHERE d.webhook = $1 AND d.state = 'waiting' AND d.due_at <= $3 ORDER BY d.due_at, d.serial LIMIT $4",
        endpoint.serial,
        endpoint.dialect,
        now_ms,
        limit,
    )
    return [_due_delivery(row) for row in rows]


async def keep_body(tx: Transaction, event: int, dialect: str, *, body: bytes, now_ms: int) -> bytes:
    """Store a message's bytes unless it has some; returns the stored ones."""
    await tx.run(
        "INSERT INTO messages (event, dialect, body, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (event, dialect) DO NOTHING",
        event,
        dialect,
        body,
        now_ms,
    )
    kept: bytes = await tx.value("SELECT body FROM messages WHERE event = $1 AND dialect = $2", event, dialect)
    return kept


async def is_still_wanted(tx: Transaction, endpoint: Endpoint, delivery: int) -> bool:
    """Whether the message is still to be sent like this: the endpoint enabled and unchanged, the delivery waiting."""
    found = await tx.row(
        "SELECT 1 FROM webhooks w JOIN deliveries d ON d.webhook = w.serial"
        " WHERE w.serial = $1 AND w.enabled = 1 AND w.url = $2 AND w.secret_sealed = $3"
        " AND d.serial = $4 AND d.state = 'waiting'",
        endpoint.serial,
        endpoint.url,
        endpoint.secrets.sealed,
        delivery,
    )
    return found is not None


async def finish(
    tx: Transaction, delivery: DueDelivery, state: DeliveryState, *, reason: str | None, now_ms: int
) -> None:
    """Finish the delivery, unless it was restarted since it was taken."""
    await tx.run(
        "UPDATE deliveries SET state = $3, reason = $4, finished_at = $5"
        " WHERE serial = $1 AND since_at = $2 AND state = 'waiting'",
        delivery.serial,
        delivery.since_at,
        state.value,
        reason,
        now_ms,
    )


async def reschedule(tx: Transaction, delivery: DueDelivery, due_at: int, *, reason: str) -> None:
    """Make the delivery due again at `due_at`, unless it was restarted since it was taken."""
    await tx.run(
        "UPDATE deliveries SET tries = tries + 1, due_at = $3, reason = $4"
        " WHERE serial = $1 AND since_at = $2 AND state = 'waiting'",
        delivery.serial,
        delivery.since_at,
        due_at,
        reason,
    )


async def count_attempt(tx: Transaction, delivery: int) -> tuple[int, int] | None:
    """Count an attempt; returns its number since the last restart and in all, or None if the delivery is gone."""
    row = await tx.row(
        "UPDATE deliveries SET attempts = attempts + 1 WHERE serial = $1 RETURNING tries + 1, attempts", delivery
    )
    return (row[0], row[1]) if row else None


async def log(tx: Transaction, delivery: int, attempt: Attempt) -> None:
    """Store what was sent and what came back, and delete attempts older than the `MAX_ATTEMPTS` that are kept."""
    await tx.run(
        "INSERT INTO attempts (delivery, number, url, started_at, took_ms, status, reason, request_headers,"
        " response_headers, response_body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        delivery,
        attempt.number,
        attempt.url,
        attempt.started_at,
        attempt.took_ms,
        attempt.status,
        attempt.reason,
        stored(attempt.request_headers),
        stored(attempt.response_headers),
        attempt.response_body,
    )
    if attempt.number > MAX_ATTEMPTS:
        await tx.run(
            "DELETE FROM attempts WHERE delivery = $1 AND number <= $2", delivery, attempt.number - MAX_ATTEMPTS
        )


def _due_delivery(row: Row) -> DueDelivery:
    serial, event, tries, since_at, *message, body = row
    return DueDelivery(serial, event, tries, since_at, Message(*message), body)
