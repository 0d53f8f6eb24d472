"""Where does an event lead to? To the pages of its record, its key and who did it, where they are still there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from maquette.domain import brand_kits, credentials, members, projects, webhooks
from maquette.domain.credentials import CLIENT, KEY
from maquette.model.actor import Actor
from maquette.model.errors import NotFound
from maquette.model.records import Event
from maquette.wire.call import Transaction


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A record that is still there, and its page."""

    name: str
    path: str


Resolver = Callable[[Transaction, Actor, str], Awaitable[RecordLink]]


async def resolve(tx: Transaction, actor: Actor, events: Sequence[Event]) -> dict[str, RecordLink]:
    """The events' records, credentials and users, those that are still there, by their ids."""
    wanted = {(event.subject_kind, event.subject_id) for event in events}
    wanted |= {("credential", event.credential_id) for event in events if event.credential_id}
    wanted |= {("member", event.user_id) for event in events if event.user_id}
    links = {}
    for kind, id in wanted:
        if resolver := RESOLVERS.get(kind):
            try:
                links[id] = await resolver(tx, actor, id)
            except NotFound:
                continue
    return links


async def _project(tx: Transaction, actor: Actor, id: str) -> RecordLink:
    return RecordLink((await projects.get(tx, actor, id)).name, f"/projects/{id}")


async def _brand_kit(tx: Transaction, actor: Actor, id: str) -> RecordLink:
    return RecordLink((await brand_kits.get(tx, actor, id)).name, f"/brand-kits/{id}")


async def _member(tx: Transaction, actor: Actor, id: str) -> RecordLink:
    return RecordLink((await members.get(tx, actor, id)).name, f"/members/{id}")


async def _webhook(tx: Transaction, actor: Actor, id: str) -> RecordLink:
    webhook = await webhooks.get(tx, actor, id)
    return RecordLink(webhook.name or webhook.url, f"/webhooks/{id}")


async def _credential(tx: Transaction, actor: Actor, id: str) -> RecordLink:
    return RecordLink((await credentials.get(tx, actor, id, kinds=(KEY, CLIENT))).name, f"/keys/{id}")


RESOLVERS: dict[str, Resolver] = {
    "project": _project,
    "brand_kit": _brand_kit,
    "member": _member,
    "webhook": _webhook,
    "credential": _credential,
}
"""How a record of each kind is found; the workspace itself, of which `subscription` events are, has no page."""
