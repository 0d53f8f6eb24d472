"""What does an endpoint read? The body of Standard Webhooks: `{id, type, timestamp, data}`.

A dialect writes it in its own words, by its `event_body`, from a `Message` whose record `subject` gives back.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from maquette.model.records import Member, Project, WholeKit, Workspace
from maquette.model.webhooks import Message, Webhook

Render = Callable[[Message], bytes]
"""The body of a message; the same bytes whenever it is called, since an event's message may be written again."""

Record = Project | WholeKit | Member | Workspace | Webhook

_KINDS: dict[str, Any] = {
    "project": Project,
    "brand_kit": WholeKit,
    "member": Member,
    "subscription": Workspace,
    "webhook": Webhook,
}


def subject(message: Message) -> Record:
    """The record as it was after the event; a `subscription` is the workspace's, a `webhook.test` the endpoint's."""
    kind = _KINDS[message.subject_kind]
    found: Record
    try:
        found = msgspec.json.decode(message.data, type=kind)
    except msgspec.ValidationError:
        found = msgspec.convert(_completed(message), type=kind)
    return found


def _completed(message: Message) -> dict[str, Any]:
    """What an older release has kept of the record, with what it had no words for yet."""
    kept: dict[str, Any] = msgspec.json.decode(message.data)
    made_at = kept.get("created_at", message.at)
    lacking = {
        "brand_kit": {"colors": [], "logos": []},
        "member": {"workspace": 0, "role": "member", "status": "active", "updated_at": made_at},
    }
    return lacking.get(message.subject_kind, {}) | kept
