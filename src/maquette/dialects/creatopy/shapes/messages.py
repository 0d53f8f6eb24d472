"""Webhook bodies in Creatopy's format: `{id, type, timestamp, data}`, with the action's name as `type`."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.actions import ActionName, name_of
from maquette.dialects.creatopy.shapes.brand_kits import BrandKitOut
from maquette.dialects.creatopy.shapes.fields import Moment, TeamId, moment
from maquette.dialects.creatopy.shapes.projects import ProjectOut
from maquette.dialects.creatopy.shapes.users import UserNode
from maquette.dialects.creatopy.shapes.webhooks import WebhookOut
from maquette.domain.messages import subject
from maquette.model.records import Workspace
from maquette.model.webhooks import EVENT_TYPES, TEST, Message

T = TypeVar("T")


class TeamOut(msgspec.Struct):
    """A team, of which nothing else shows here."""

    id: TeamId
    name: Annotated[str, Meta(examples=["Acme"])]
    plan: Annotated[str, Meta(description="What it may use.", examples=["professional"])]

    @classmethod
    def of(cls, workspace: Workspace) -> "TeamOut":
        """The record in this API's format."""
        return cls(workspace.serial, workspace.name, workspace.plan)


class MessageOut(msgspec.Struct, Generic[T]):
    """A message as it is sent; the record is as it was after the event, a deleted one as it was last."""

    id: Annotated[
        str,
        Meta(description="The event's, in `webhook-id` too.", examples=["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"]),
    ]
    type: ActionName
    timestamp: Annotated[Moment, Meta(description="When it happened.")]
    data: T


_SHAPES: dict[str, Any] = {
    "project": ProjectOut,
    "brand_kit": BrandKitOut,
    "member": UserNode,
    "subscription": TeamOut,
    "webhook": WebhookOut,
}

MESSAGES: dict[str, Any] = {
    name_of(type): MessageOut[_SHAPES[type.partition(".")[0]]]  # type: ignore[misc]  # chosen at run time
    for type in (*EVENT_TYPES, TEST)
}
"""The shape of the body for each action."""


def event_body(message: Message) -> bytes:
    """The body that every attempt at the message sends."""
    data = _SHAPES[message.subject_kind].of(subject(message))
    return msgspec.json.encode(MessageOut(message.id, name_of(message.type), moment(message.at), data))
