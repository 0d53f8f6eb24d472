"""How is a change told, and read again? One row in its own transaction, which is its audit record too."""

from typing import Protocol

import msgspec

from maquette.model.actor import Actor, Permission
from maquette.model.ids import new_event_id
from maquette.model.page import Slice, Window
from maquette.model.records import Event
from maquette.store import events
from maquette.store.database import Transaction
from maquette.store.events import EventFilter as EventFilter


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


async def record(tx: Transaction, actor: Actor, type: str, subject: Subject, *, now_ms: int) -> None:
    """Write that `type` (`<noun>.<past tense>`) happened to the subject, which is kept as it is now."""
    await events.insert(
        tx,
        actor,
        id=new_event_id(now_ms),
        type=type,
        subject_kind=type.partition(".")[0],
        subject=subject.serial,
        subject_id=subject.id,
        data=msgspec.json.encode(subject).decode(),
        now_ms=now_ms,
    )


async def list_(tx: Transaction, actor: Actor, filter: EventFilter, window: Window) -> Slice[Event]:
    """One window of what happened in the workspace, the newest first; never what the records held."""
    actor.require(Permission.EVENT_READ)
    return await events.window(tx, actor.workspace, filter=filter, projects=actor.sight.projects, window=window)
