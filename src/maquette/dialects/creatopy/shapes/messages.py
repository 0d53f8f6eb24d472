"""What webhooks are told in Creatopy's words: `{id, type, timestamp, data}`, `type` being the action's name."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.actions import name_of
from maquette.dialects.creatopy.shapes.brand_kits import BrandKitOut
from maquette.dialects.creatopy.shapes.fields import Moment, TeamId, moment
from maquette.dialects.creatopy.shapes.projects import ProjectOut
from maquette.dialects.creatopy.shapes.users import UserNode
from maquette.dialects.creatopy.shapes.webhooks import WebhookOut
from maquette.domain.messages import subject
from maquette.model.records import Member, Project, WholeKit, Workspace
from maquette.model.webhooks import Message, Webhook


class TeamOut(msgspec.Struct):
    """A team, of which nothing else shows here."""

    id: TeamId
    name: str
    plan: Annotated[str, Meta(description="What it may use.", examples=["professional"])]

    @classmethod
    def of(cls, workspace: Workspace) -> "TeamOut":
        """The record in these words."""
        return cls(workspace.serial, workspace.name, workspace.plan)


_SHAPES: dict[type, Callable[[Any], msgspec.Struct]] = {
    Project: ProjectOut.of,
    WholeKit: BrandKitOut.of,
    Member: UserNode.of,
    Workspace: TeamOut.of,
    Webhook: WebhookOut.of,
}


class MessageOut(msgspec.Struct):
    """A message as it is sent; the record is as it was after the event, a deleted one as it was last."""

    id: str
    type: str
    timestamp: Moment
    data: msgspec.Struct


def event_body(message: Message) -> bytes:
    """The bytes that every attempt at the message sends."""
    record = subject(message)
    data = _SHAPES[type(record)](record)
    return msgspec.json.encode(MessageOut(message.id, name_of(message.type), moment(message.at), data))
