"""Leases on webhook endpoints: a worker takes those that are ready, notes how they answer, and gives them back.

An endpoint's row says when it is ready, so that the deliveries that wait (`outbox`) are never scanned.
"""

from collections.abc import Collection
from dataclasses import dataclass

from maquette.store import replays
from maquette.store.database import Row, Transaction
from maquette.store.query import Where
from maquette.store.webhooks import Secrets

_READY = "ready_at IS NOT NULL AND ready_at <= $1 AND leased_until <= $1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A leased endpoint. `failures` are consecutive ones; `vouched_by` None is the operator."""

    serial: int
    workspace: int
    dialect: str
    url: str
    secrets: Secrets
    vouched_by: int | None
    failures: int


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint answers: consecutive failures, since when, and until when it is paused."""

    failures: int
    failing_since: int | None
    paused_until: int


@dataclass(frozen=True, slots=True)
class LockedEndpoint:
    """An endpoint's present state; it `has_moved` if its URL or secret has changed since it was leased."""

    health: Health
    has_moved: bool


async def next_ready(tx: Transaction, now_ms: int, *, exclude: Collection[int] = ()) -> int | None:
    """When the first endpoint is ready that isn't leased and not in the excluded workspaces, or None."""
    where = Where()
    where.add("leased_until <= {}", now_ms)
    where.add("ready_at IS NOT NULL")
    _exclude(where, exclude)
    found: int | None = await tx.value(
        f"SELECT ready_at FROM webhooks{where.sql()} ORDER BY ready_at LIMIT 1", *where.args
    )
    return found


async def take(
    tx: Transaction, by: str, *, until_ms: int, now_ms: int, limit: int, exclude: Collection[int] = ()
) -> list[Endpoint]:
    """Lease endpoints that are ready, the longest ready first. Rows that another worker has locked are skipped."""
    where = Where()
    where.add(_READY, now_ms)
    _exclude(where, exclude)
    rows = await tx.rows(
        "SELECT serial, workspace, dialect, url, secret_sealed, old_secret_sealed, old_secret_until, vouched_by,"
        f" failures FROM webhooks{where.sql()} ORDER BY ready_at, serial LIMIT {where.bind(limit)}"
        " FOR UPDATE SKIP LOCKED",
        *where.args,
    )
    for serial, *_ in rows:
        await tx.run("UPDATE webhooks SET leased_until = $2, leased_by = $3 WHERE serial = $1", serial, until_ms, by)
    return [_endpoint(row) for row in rows]


async def renew(tx: Transaction, by: str, until_ms: int, *, webhooks: Collection[int]) -> None:
    """Extend the leases of these endpoints, given in the order of their serials, in which their rows are locked."""
    for webhook in webhooks:
        await tx.run(
            "UPDATE webhooks SET leased_until = $3 WHERE serial = $1 AND leased_by = $2", webhook, by, until_ms
        )


async def release(tx: Transaction, webhook: int, by: str, now_ms: int) -> None:
    """Give the endpoint back, at the end of the queue, ready once its next delivery is due and its pause is over."""
    row = await tx.row(
        "SELECT enabled, paused_until FROM webhooks WHERE serial = $1 AND leased_by = $2 FOR UPDATE", webhook, by
    )
    if row is None:
        return
    first = await tx.value(
        "SELECT due_at FROM deliveries WHERE webhook = $1 AND state = 'waiting' ORDER BY due_at LIMIT 1", webhook
    )
    await tx.run(
        "UPDATE webhooks SET ready_at = $2, leased_until = 0, leased_by = NULL WHERE serial = $1",
        webhook,
        max(first, row[1], now_ms) if row[0] and first is not None else None,
    )


async def lock(tx: Transaction, endpoint: Endpoint) -> LockedEndpoint | None:
    """Lock the endpoint's row; None where it was removed."""
    row = await tx.row(
        "SELECT url, secret_sealed, failures, failing_since, paused_until FROM webhooks"
        " WHERE serial = $1 AND removed_at IS NULL FOR UPDATE",
        endpoint.serial,
    )
    if row is None:
        return None
    url, sealed, *health = row
    return LockedEndpoint(Health(*health), has_moved=(url, sealed) != (endpoint.url, endpoint.secrets.sealed))


async def note_health(tx: Transaction, webhook: int, health: Health) -> None:
    """Store how the locked endpoint answers."""
    await tx.run(
        "UPDATE webhooks SET failures = $2, failing_since = $3, paused_until = $4 WHERE serial = $1",
        webhook,
        health.failures,
        health.failing_since,
        health.paused_until,
    )


async def disable(tx: Transaction, webhook: int, reason: str, now_ms: int) -> bool:
    """Disable the locked endpoint and cancel its replays; returns False if it was disabled already."""
    found = await tx.row(
        "UPDATE webhooks SET enabled = 0, disabled_reason = $2, updated_at = $3, ready_at = NULL"
        " WHERE serial = $1 AND enabled = 1 RETURNING serial",
        webhook,
        reason,
        now_ms,
    )
    await replays.end_all(tx, webhook)
    return found is not None


def _endpoint(row: Row) -> Endpoint:
    serial, workspace, dialect, url, sealed, old_sealed, old_until, vouched_by, failures = row
    return Endpoint(serial, workspace, dialect, url, Secrets(sealed, old_sealed, old_until), vouched_by, failures)


def _exclude(where: Where, workspaces: Collection[int]) -> None:
    if workspaces:
        where.add(f"workspace NOT IN ({', '.join(where.bind(each) for each in workspaces)})")
