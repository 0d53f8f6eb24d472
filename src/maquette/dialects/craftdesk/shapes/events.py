"""The audit log as CraftDesk shows it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Id, Moment
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, instant, moment
from maquette.domain.events import EventFilter
from maquette.model.errors import Invalid
from maquette.model.ids import reads_as_uuid
from maquette.model.records import Event

WHEN = "an RFC 3339 time, or a date (midnight UTC)."
When = Annotated[str, Meta(extra_json_schema={"examples": ["2025-03-23T14:35:21Z"]})]


class EventQuery(msgspec.Struct, frozen=True):
    """Which events."""

    page: PageNumber = 1
    per_page: PageSize = 20
    type: (
        Annotated[str, Meta(max_length=TEXT_LENGTH, description="What happened.", examples=["project.created"])] | None
    ) = None
    subject_id: (
        Annotated[
            str,
            Meta(
                max_length=TEXT_LENGTH,
                description="To which record.",
                examples=["550e8400-e29b-41d4-a716-446655440000"],
            ),
        ]
        | None
    ) = None
    actor: Annotated[Id, Meta(description="The user who did it.")] | None = None
    after: Annotated[When, Meta(description=f"At this instant or later: {WHEN}")] | None = None
    before: Annotated[When, Meta(description=f"Before this instant: {WHEN}")] | None = None

    def filter(self) -> EventFilter:
        """Convert to the domain's filter. Raises `Invalid`."""
        if self.actor is not None and not reads_as_uuid(self.actor):
            raise Invalid({"actor": ["must be a UUID"]})
        return EventFilter(
            type=self.type,
            subject_id=None if self.subject_id is None else self.subject_id.lower(),
            user=None if self.actor is None else self.actor.lower(),
            after=instant("after", self.after),
            before=instant("before", self.before),
        )


class SubjectOut(msgspec.Struct):
    """The record that something happened to."""

    kind: Annotated[str, Meta(examples=["project"])]
    id: Id


class ActorOut(msgspec.Struct):
    """The user who did it."""

    id: Id
    name: Annotated[str, Meta(examples=["Ada Lovelace"])]


class EventOut(msgspec.Struct):
    """What happened, who did it, and from where."""

    id: Annotated[str, Meta(examples=["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"])]
    type: Annotated[str, Meta(examples=["project.created"])]
    subject: SubjectOut
    actor: Annotated[ActorOut | None, Meta(description="null where the operator did it, at the server itself.")]
    key_id: Annotated[Id | None, Meta(description="The key or client pair that was used.")]
    address: Annotated[str, Meta(description="Where the call came from.", examples=["203.0.113.7"])]
    request_id: Annotated[Id | None, Meta(description="The call's `X-Request-Id`; null where there was no call.")]
    created_at: Moment

    @classmethod
    def of(cls, event: Event) -> "EventOut":
        """The record in this API's format."""
        return cls(
            event.id,
            event.type,
            SubjectOut(event.subject_kind, event.subject_id),
            None if event.user_id is None else ActorOut(event.user_id, event.user_name or ""),
            event.credential_id,
            event.address,
            event.request_id or None,
            moment(event.at),
        )
