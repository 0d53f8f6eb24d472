"""What webhooks are told in CraftDesk's words: `{id, type, timestamp, data}`, the data as the API shows the record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from maquette.dialects.craftdesk.shapes.brand_kits import BrandKitOut
from maquette.dialects.craftdesk.shapes.members import MemberOut
from maquette.dialects.craftdesk.shapes.page import moment
from maquette.dialects.craftdesk.shapes.projects import ProjectOut
from maquette.dialects.craftdesk.shapes.webhooks import WebhookOut
from maquette.dialects.craftdesk.shapes.workspace import WorkspaceOut
from maquette.domain.messages import subject
from maquette.model.records import Member, Project, WholeKit, Workspace
from maquette.model.webhooks import Message, Webhook

_SHAPES: dict[type, Callable[[Any], msgspec.Struct]] = {
    Project: ProjectOut.of,
    WholeKit: BrandKitOut.of,
    Member: MemberOut.of,
    Workspace: WorkspaceOut.of,
    Webhook: WebhookOut.of,
}


class MessageOut(msgspec.Struct):
    """A message as it is sent; the record is as it was after the event, a deleted one as it was last."""

    id: str
    type: str
    timestamp: datetime
    data: msgspec.Struct


def event_body(message: Message) -> bytes:
    """The bytes that every attempt at the message sends."""
    record = subject(message)
    data = _SHAPES[type(record)](record)
    return msgspec.json.encode(MessageOut(message.id, message.type, moment(message.at), data))
