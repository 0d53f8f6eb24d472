"""What does an endpoint receive? The payload of Standard Webhooks: `{id, type, timestamp, data}`.

A dialect renders it in its own vocabulary (`event_body`), from a `Message` whose record `subject` decodes.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from maquette.model.records import Member, Project, WholeKit, Workspace
from maquette.model.webhooks import Message, Webhook

Render = Callable[[Message], bytes]
"""Renders the body of a message. It must be deterministic, since a message may be rendered again."""

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
    """The record as an older release stored it, with defaults for the fields that it lacked."""
    kept: dict[str, Any] = msgspec.json.decode(message.data)
    made_at = kept.get("created_at", message.at)
    defaults = {
        "brand_kit": {"colors": [], "logos": []},
        "member": {"workspace": 0, "role": "member", "status": "active", "updated_at": made_at},
    }
    return defaults.get(message.subject_kind, {}) | kept
