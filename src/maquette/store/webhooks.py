"""Webhooks: endpoints with the event types they want, as they are managed; what waits for them is in `outbox`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.webhooks import Choice, Webhook
from maquette.store.database import Row, Transaction, Value
from maquette.store.query import Where, windowed

_SELECT = (
    "SELECT w.serial, w.id, w.workspace, w.dialect, w.name, w.description, w.url, w.enabled, w.disabled_reason,"
    " w.failing_since, w.created_by, u.id, m.name, w.created_at, w.updated_at, w.paused_until"
    " FROM webhooks w"
    " LEFT JOIN users u ON u.serial = w.created_by"
    " LEFT JOIN members m ON m.workspace = w.workspace AND m.user_serial = w.created_by"
)
_NEWEST = Order(SortField.SERIAL, descending=True)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The sealed secrets that an endpoint's messages are signed with; the old one is used until `old_until`."""

    sealed: bytes
    old_sealed: bytes | None
    old_until: int | None


async def insert(tx: Transaction, values: dict[str, Value]) -> int:
    """Add an endpoint; returns its serial."""
    columns, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    serial = await tx.insert(f"INSERT INTO webhooks ({columns}) VALUES ({places})", *values.values())
    assert serial
    return serial


async def get(tx: Transaction, workspace: int, ref: int | str) -> Webhook | None:
    """The endpoint of that serial or id."""
    column = "w.serial" if isinstance(ref, int) else "w.id"
    row = await tx.row(f"{_SELECT} WHERE w.workspace = $1 AND {column} = $2 AND w.removed_at IS NULL", workspace, ref)
    return (await _with_choices(tx, [row]))[0] if row else None


async def list_(tx: Transaction, workspace: int, window: Window) -> Slice[Webhook]:
    """One window of the workspace's endpoints, the newest first."""
    where = Where()
    where.add("w.workspace = {}", workspace)
    where.add("w.removed_at IS NULL")
    rows = await tx.rows(_SELECT + windowed(where, window, _NEWEST, {SortField.SERIAL: "w.serial"}), *where.args)
    found = await _with_choices(tx, rows[: window.size])
    return Slice(found, await count(tx, workspace), len(rows) > window.size)


async def count(tx: Transaction, workspace: int) -> int:
    """How many endpoints the workspace has."""
    found: int = await tx.value("SELECT COUNT(*) FROM webhooks WHERE workspace = $1 AND removed_at IS NULL", workspace)
    return found


async def change(tx: Transaction, webhook: int, values: dict[str, Value]) -> None:
    """Set these columns."""
    setting = ", ".join(f"{column} = ${n}" for n, column in enumerate(values, 2))
    await tx.run(f"UPDATE webhooks SET {setting} WHERE serial = $1", webhook, *values.values())


async def set_event_types(tx: Transaction, webhook: int, types: Sequence[str], *, by: int | None, now_ms: int) -> None:
    """Let the endpoint want exactly these types; those that it wanted before keep their creator and time."""
    places = ", ".join(f"${n}" for n in range(2, len(types) + 2))
    await tx.run(f"DELETE FROM webhook_events WHERE webhook = $1 AND type NOT IN ({places})", webhook, *types)
    for type in types:
        await tx.run(
            "INSERT INTO webhook_events (webhook, type, created_by, created_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (webhook, type) DO NOTHING",
            webhook,
            type,
            by,
            now_ms,
        )


async def secrets(tx: Transaction, webhook: int) -> Secrets:
    """The secrets that the endpoint's messages are signed with."""
    row = await tx.row(
        "SELECT secret_sealed, old_secret_sealed, old_secret_until FROM webhooks WHERE serial = $1", webhook
    )
    assert row
    return Secrets(*row)


async def _with_choices(tx: Transaction, rows: Sequence[Row]) -> list[Webhook]:
    found = [Webhook(*row) for row in rows]
    where = Where()
    where.among("e.webhook", [webhook.serial for webhook in found])
    chosen: dict[int, list[Choice]] = {webhook.serial: [] for webhook in found}
    for serial, *choice in await tx.rows(
        "SELECT e.webhook, e.type, e.created_by, u.id, m.name, e.created_at FROM webhook_events e"
        " JOIN webhooks w ON w.serial = e.webhook LEFT JOIN users u ON u.serial = e.created_by"
        " LEFT JOIN members m ON m.workspace = w.workspace AND m.user_serial = e.created_by"
        f"{where.sql()} ORDER BY e.type",
        *where.args,
    ):
        chosen[serial].append(Choice(*choice))
    return [replace(webhook, enabled=bool(webhook.enabled), choices=tuple(chosen[webhook.serial])) for webhook in found]
