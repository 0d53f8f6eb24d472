"""Events: rows that are both the outbox of the webhooks and the audit log."""

from dataclasses import dataclass

from maquette.model.actor import Actor
from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import Event
from maquette.store.database import Transaction, Value
from maquette.store.query import Where, windowed

_SELECT = (
    "SELECT e.serial, e.id, e.type, e.subject_kind, e.subject_id, u.id, m.name, c.id, e.address, e.request_id, e.at"
    " FROM events e LEFT JOIN users u ON u.serial = e.user_serial"
    " LEFT JOIN members m ON m.workspace = e.workspace AND m.user_serial = e.user_serial"
    " LEFT JOIN credentials c ON c.serial = e.credential"
)
_NEWEST = Order(SortField.SERIAL, descending=True)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events of a workspace: times in milliseconds, `user` a user's id, None is no condition."""

    type: str | None = None
    subject_id: str | None = None
    user: str | None = None
    after: int | None = None
    before: int | None = None


async def insert(
    tx: Transaction,
    actor: Actor,
    *,
    id: str,
    type: str,
    subject_kind: str,
    subject: int,
    subject_id: str,
    data: str,
    now_ms: int,
) -> int:
    """Record an event and who caused it, in the change's own transaction; `data` is JSON. Returns its serial."""
    serial = await tx.insert(
        "INSERT INTO events (id, workspace, type, subject_kind, subject, subject_id, data, user_serial, credential,"
        " address, request_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
        actor.workspace,
        type,
        subject_kind,
        subject,
        subject_id,
        data,
        actor.user or None,
        actor.credential,
        actor.address,
        actor.request_id,
        now_ms,
    )
    assert serial
    return serial


async def list_(
    tx: Transaction, workspace: int, *, filter: EventFilter, projects: tuple[str, ...] | None, window: Window
) -> Slice[Event]:
    """One window of the events, the newest first; of events of projects only those of the named ones, None is all."""
    where = _matching(workspace, filter)
    if projects is not None:
        named = ", ".join(where.bind(id) for id in projects) or "NULL"
        where.add(f"(e.subject_kind <> 'project' OR e.subject_id IN ({named}))")
    total = await _total(tx, workspace, filter, projects, where)
    rows = await tx.rows(_SELECT + windowed(where, window, _NEWEST, {SortField.SERIAL: "e.serial"}), *where.args)
    return Slice([Event(*row) for row in rows[: window.size]], total, len(rows) > window.size)


async def _total(
    tx: Transaction, workspace: int, filter: EventFilter, projects: tuple[str, ...] | None, where: Where
) -> int:
    """How many events match. Only those newer than the last ones counted are counted, the rest is cached.

    Whoever writes an event has locked its workspace, so a workspace's events are committed in order of their serials.
    """
    if tx.totals is None:
        return await _count(tx, where, "events e")
    newest = await _newest(tx, workspace)
    key = workspace, filter, projects
    since, total = tx.totals.append_only.get(key)
    if since > newest:  # the cached total is of a later snapshot
        return await _count(tx, where, "events e")
    if since < newest:
        where = where.copy()
        where.add("e.serial > {}", since)
        total += await _count(tx, where, _source(tx, filter, since))
        tx.totals.append_only.put(key, newest, total)
    return total


async def _newest(tx: Transaction, workspace: int) -> int:
    """The serial of the workspace's newest event.

    The range makes PostgreSQL use the index that begins with the workspace. With an equality, once it has a generic
    plan for the statement, it may walk back through all newer events of other workspaces instead.
    """
    serial: int | None = await tx.value(
        "SELECT serial FROM events WHERE workspace >= $1 AND workspace <= $1"
        " ORDER BY workspace DESC, serial DESC LIMIT 1",
        workspace,
    )
    return serial or 0


def _source(tx: Transaction, filter: EventFilter, since: int) -> str:
    """What events after that serial are counted from: by a filter's time, SQLite would scan its whole range again."""
    by_serial = tx.engine == "sqlite" and since > 0 and filter.type is None
    return f"events e{' INDEXED BY events_of_workspace' if by_serial else ''}"


async def _count(tx: Transaction, where: Where, source: str) -> int:
    found: int = await tx.value(f"SELECT COUNT(*) FROM {source}{where.sql()}", *where.args)
    return found


def _matching(workspace: int, filter: EventFilter) -> Where:
    where = Where()
    where.add("e.workspace = {}", workspace)
    exact: tuple[tuple[str, Value], ...] = (
        ("e.type = {}", filter.type),
        ("e.subject_id = {}", filter.subject_id),
        ("e.user_serial = (SELECT serial FROM users WHERE id = {})", filter.user),
        ("e.at >= {}", filter.after),
        ("e.at < {}", filter.before),
    )
    for condition, value in exact:
        if value is not None:
            where.add(condition, value)
    return where
