"""How is a change recorded, and read again? One row in its own transaction, which is its audit record too.

The same transaction lets it wait for every endpoint that wants it, so that what is told is what was done.
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
"""All that can stand in the audit log."""

_WEBHOOK_TYPES = frozenset(EVENT_TYPES)
_encode = msgspec.json.Encoder().encode


class Subject(Protocol):
    """A record that things happen to."""

    @property
    def serial(self) -> int:
        """Its place in the order of its kind."""
        ...

    @property
    def id(self) -> str:
        """Its UUID."""
        ...


async def record(
    tx: Transaction, actor: Actor, type: str, subject: Subject, *, now_ms: int, has_endpoints: bool = True
) -> None:
    """Write that `type` (`<noun>.<past tense>`) happened to the subject, which is kept as it is now.

    The caller has locked the workspace: its events are committed in the order of their serials.
    Whoever has locked the workspace and knows that it `has_endpoints` or has none says so; else they are looked for.
    """
    serial = await audit(tx, actor, type, subject, now_ms=now_ms)
    if has_endpoints and type in _WEBHOOK_TYPES:
        webhooks = await outbox.lock_subscribers(tx, actor.workspace, type)
        if webhooks:
            await outbox.add(tx, webhooks, serial, now_ms)
            tx.notify(Change(actor.workspace, due=True))


async def audit(tx: Transaction, actor: Actor, type: str, subject: Subject, *, now_ms: int) -> int:
    """Write it down for the audit log alone, as `record` does; returns the event's serial."""
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
    """Let the event wait for the endpoint, from the beginning; False for one that is disabled."""
    if not await outbox.mark_ready(tx, webhook, now_ms):
        return False
    await outbox.requeue(tx, webhook, event, now_ms)
    tx.notify(Change(workspace, due=True))
    return True


async def list_(tx: Transaction, actor: Actor, filter: EventFilter, window: Window) -> Slice[Event]:
    """One window of what happened in the workspace, the newest first; never what the records held."""
    actor.require(Permission.EVENT_READ)
    return await events.list_(tx, actor.workspace, filter=filter, projects=actor.sight.projects, window=window)
