"""Webhook bodies in CraftDesk's format: `{id, type, timestamp, data}`, with the record as the API shows it."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.brand_kits import BrandKitOut
from maquette.dialects.craftdesk.shapes.fields import Moment
from maquette.dialects.craftdesk.shapes.members import MemberOut
from maquette.dialects.craftdesk.shapes.page import moment
from maquette.dialects.craftdesk.shapes.projects import ProjectOut
from maquette.dialects.craftdesk.shapes.webhooks import WebhookOut
from maquette.dialects.craftdesk.shapes.workspace import WorkspaceOut
from maquette.domain.messages import subject
from maquette.model.webhooks import EVENT_TYPES, TEST, Message

T = TypeVar("T")


class MessageOut(msgspec.Struct, Generic[T]):
    """A message as it is sent; the record is as it was after the event, a deleted one as it was last."""

    id: Annotated[
        str,
        Meta(description="The event's, in `webhook-id` too.", examples=["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"]),
    ]
    type: Annotated[str, Meta(description="What happened.", examples=["project.created"])]
    timestamp: Annotated[Moment, Meta(description="When it happened.")]
    data: T


_SHAPES: dict[str, Any] = {
    "project": ProjectOut,
    "brand_kit": BrandKitOut,
    "member": MemberOut,
    "subscription": WorkspaceOut,
    "webhook": WebhookOut,
}

MESSAGES: dict[str, Any] = {
    type: MessageOut[_SHAPES[type.partition(".")[0]]]  # type: ignore[misc]  # chosen at run time
    for type in (*EVENT_TYPES, TEST)
}
"""The shape of the body for each type of message."""


def event_body(message: Message) -> bytes:
    """The body that every attempt at the message sends."""
    data = _SHAPES[message.subject_kind].of(subject(message))
    return msgspec.json.encode(MessageOut(message.id, message.type, moment(message.at), data))
