"""`/events`: the audit log."""

from collections.abc import Iterable

from litestar import get

from maquette.console.lists import CHOICES, listed, window
from maquette.console.record_links import RecordLink, resolve
from maquette.console.visit import Visit
from maquette.domain import events, members
from maquette.domain.events import EventFilter
from maquette.model.page import BY_NAME, Slice
from maquette.model.records import Event, Member
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

PATH = "/events"


@get(PATH)
async def list_events(request: Visit) -> Reply:
    """One page of what happened, the newest first: all of it, or of one type, by one member, to one record.

    Raises `Forbidden`.
    """
    query, page = request.query, window(request.query)
    type, user, subject = (query.text(name).strip().lower() for name in ("type", "user", "subject"))
    type = type if type in events.TYPES else ""
    filter = EventFilter(type=type or None, subject_id=subject or None, user=user or None)

    async def body(tx: Transaction) -> tuple[Slice[Event], Slice[Member], dict[str, RecordLink]]:
        found = await events.list_(tx, request.actor, filter, page)
        people = await members.list_(tx, request.actor, "", BY_NAME, CHOICES)
        return found, people, await resolve(tx, request.actor, found.items)

    found, people, links = await request.read(body)
    choices = [(member.id, f"{member.name} ({member.email})") for member in people.items]
    if user and user not in dict(choices):
        choices.insert(0, (user, next((event.user_name for event in found.items), None) or "somebody else"))
    return request.page(
        "events.html",
        list=listed(found, page, PATH, type=type, user=user, subject=subject),
        types=_grouped(events.TYPES),
        users=choices,
        members=people.total,
        choices=CHOICES.size,
        links=links,
    )


def _grouped(types: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """The types by what they are of, both in words."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for type in types:
        noun, _, verb = type.replace("_", " ").partition(".")
        groups.setdefault(noun.capitalize(), []).append((type, verb))
    return groups
