"""How is a change recorded, and read again? As one row, written in the change's transaction: the audit record.

The same transaction queues the event for every endpoint that subscribes to it, so that committed changes are delivered,
and no others.
"""

from typing import Protocol

import msgspec

from maquette.model.actor import Actor, Permission
from maquette.model.ids import new_event_id
from maquette.model.page import Slice, Window
from maquette.model.records import Event
from maquette.model.webhooks import EVENT_TYPES, TEST
from maquette.store import events, outbox
from maquette.store.database import Change, Transaction
from maquette.store.events import EventFilter as EventFilter

TYPES = (
    *EVENT_TYPES,
    "project.assigned",
    "project.unassigned",
    "member.activated",
    "member.deactivated",
    "credential.created",
    "credential.updated",
    "credential.rotated",
    "credential.revoked",
    "webhook.created",
    "webhook.updated",
    "webhook.deleted",
    "webhook.disabled",
    "webhook.secret_rotated",
    TEST,
)
"""All types that the audit log can hold."""

_WEBHOOK_TYPES = frozenset(EVENT_TYPES)
_encode = msgspec.json.Encoder().encode


class Subject(Protocol):
    """A record that an event is about."""

    @property
    def serial(self) -> int:
        """Its serial number, in the order of creation."""
        ...

    @property
    def id(self) -> str:
        """Its UUID."""
        ...


async def record(
    tx: Transaction, actor: Actor, type: str, subject: Subject, *, now_ms: int, has_endpoints: bool = True
) -> None:
    """Record that `type` (`<noun>.<past tense>`) happened to the subject, stored as it is now, and queue the event.

    The caller holds the workspace's lock, so that its events are committed in the order of their serials. A caller who
    knows under that lock that the workspace has no endpoints passes `has_endpoints=False`, which saves the look-up.
    """
    serial = await audit(tx, actor, type, subject, now_ms=now_ms)
    if has_endpoints and type in _WEBHOOK_TYPES:
        webhooks = await outbox.lock_subscribers(tx, actor.workspace, type)
        if webhooks:
            await outbox.add(tx, webhooks, serial, now_ms)
            tx.notify(Change(actor.workspace, due=True))


async def audit(tx: Transaction, actor: Actor, type: str, subject: Subject, *, now_ms: int) -> int:
    """Write the event to the audit log without queueing it, under the same lock; returns its serial."""
    return await events.insert(
        tx,
        actor,
        id=new_event_id(now_ms),
        type=type,
        subject_kind=type.partition(".")[0],
        subject=subject.serial,
        subject_id=subject.id,
        data=_encode(subject).decode(),
        now_ms=now_ms,
    )


async def enqueue(tx: Transaction, workspace: int, webhook: int, event: int, *, now_ms: int) -> bool:
    """Queue the event for the endpoint, with a new retry schedule; False if the endpoint is disabled."""
    if not await outbox.mark_ready(tx, webhook, now_ms):
        return False
    await outbox.requeue(tx, webhook, event, now_ms)
    tx.notify(Change(workspace, due=True))
    return True


async def list_(tx: Transaction, actor: Actor, filter: EventFilter, window: Window) -> Slice[Event]:
    """One window of the workspace's events, the newest first, without the records' data."""
    actor.require(Permission.EVENT_READ)
    return await events.list_(tx, actor.workspace, filter=filter, projects=actor.sight.projects, window=window)
