"""`/events`: the audit log."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import get

from maquette.console.lists import listed, window
from maquette.console.visit import Visit
from maquette.domain import brand_kits, credentials, events, members, projects, webhooks
from maquette.domain.credentials import CLIENT, KEY
from maquette.domain.events import EventFilter
from maquette.model.actor import Actor
from maquette.model.errors import NotFound
from maquette.model.page import ByPage, Order, SortField
from maquette.model.records import Event
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

PATH = "/events"
CHOICES = ByPage(1, 500)
"""How many members the filter offers."""

BY_NAME = Order(SortField.NAME, descending=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A record that is still there, and its page."""

    name: str
    path: str


Look = Callable[[Transaction, Actor, str], Awaitable[Found]]


@get(PATH)
async def list_events(request: Visit) -> Reply:
    """One page of what happened, the newest first: all of it, or of one type, by one member, to one record.

    Raises `Forbidden`.
    """
    query, page = request.query, window(request.query)
    type, user, subject = (query.text(name).strip().lower() for name in ("type", "user", "subject"))
    type = type if type in events.TYPES else ""
    filter = EventFilter(type=type or None, subject_id=subject or None, user=user or None)

    async def body(tx: Transaction) -> tuple[Any, ...]:
        found = await events.list_(tx, request.actor, filter, page)
        people = (await members.list_(tx, request.actor, "", BY_NAME, CHOICES)).items
        return found, people, await _records(tx, request.actor, found.items)

    found, people, records = await request.read(body)
    choices = [(member.id, f"{member.name} ({member.email})") for member in people]
    if user and user not in dict(choices):
        choices.insert(0, (user, next((event.user_name for event in found.items), None) or "somebody else"))
    return request.page(
        "events.html",
        list=listed(found, page, PATH, type=type, user=user, subject=subject),
        types=_grouped(events.TYPES),
        users=choices,
        ids={member.id for member in people},
        records=records,
    )


async def _records(tx: Transaction, actor: Actor, found: Sequence[Event]) -> dict[str, Found]:
    """The events' records and the credentials that were used, those that are still there, by their ids."""
    records = {}
    used = {("credential", event.credential_id) for event in found if event.credential_id}
    for kind, id in {(event.subject_kind, event.subject_id) for event in found} | used:
        if look := LOOKS.get(kind):
            try:
                records[id] = await look(tx, actor, id)
            except NotFound:
                continue
    return records


async def _project(tx: Transaction, actor: Actor, id: str) -> Found:
    return Found((await projects.get(tx, actor, id)).name, f"/projects/{id}")


async def _brand_kit(tx: Transaction, actor: Actor, id: str) -> Found:
    return Found((await brand_kits.get(tx, actor, id)).name, f"/brand-kits/{id}")


async def _member(tx: Transaction, actor: Actor, id: str) -> Found:
    return Found((await members.get(tx, actor, id)).name, f"/members/{id}")


async def _webhook(tx: Transaction, actor: Actor, id: str) -> Found:
    webhook = await webhooks.get(tx, actor, id)
    return Found(webhook.name or webhook.url, f"/webhooks/{id}")


async def _credential(tx: Transaction, actor: Actor, id: str) -> Found:
    return Found((await credentials.get(tx, actor, id, kinds=(KEY, CLIENT))).name, f"/keys/{id}")


LOOKS: dict[str, Look] = {
    "project": _project,
    "brand_kit": _brand_kit,
    "member": _member,
    "webhook": _webhook,
    "credential": _credential,
}
"""How a record of each kind is found; the workspace itself, of which `subscription` events are, has no page."""


def _grouped(types: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """The types by what they are of, both in words."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for type in types:
        noun, _, verb = type.replace("_", " ").partition(".")
        groups.setdefault(noun.capitalize(), []).append((type, verb))
    return groups
