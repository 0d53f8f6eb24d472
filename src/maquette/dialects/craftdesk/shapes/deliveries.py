"""Deliveries as CraftDesk shows them: one message to one webhook, and every attempt at it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Count, Moment
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, instant, moment
from maquette.domain.deliveries import DeliveryFilter
from maquette.model.webhooks import Attempt, Delivery, DeliveryState, WholeDelivery
from maquette.wire.texts import ANSWERED, ANSWERED_HEADERS, CHOICE, NEXT_ATTEMPT, legible
from maquette.wire.times import WHEN

When = Annotated[str, Meta(extra_json_schema={"examples": ["2025-03-23T14:35:21Z"]})]
DeliveryRef = Annotated[
    str,
    Meta(
        description="The event's id, which is the `webhook-id` of every attempt.",
        examples=["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"],
    ),
]
State = Annotated[DeliveryState, CHOICE, Meta(description="Whether it waits, was delivered, or failed.")]
Reason = Annotated[str | None, Meta(description="Why it didn't arrive; null where nothing went wrong.")]
Headers = Annotated[Mapping[str, str], Meta(description="Values by name.")]


class DeliveryQuery(msgspec.Struct, frozen=True):
    """Which deliveries."""

    page: PageNumber = 1
    per_page: PageSize = 20
    state: Annotated[
        Literal["waiting", "delivered", "failed"] | None,
        CHOICE,
        Meta(description="Whether it waits, was delivered, or failed."),
    ] = None
    type: (
        Annotated[str, Meta(max_length=TEXT_LENGTH, description="What happened.", examples=["project.created"])] | None
    ) = None
    since: Annotated[When, Meta(description=f"At this instant or later: {WHEN}")] | None = None
    until: Annotated[When, Meta(description=f"Before this instant: {WHEN}")] | None = None

    def filter(self) -> DeliveryFilter:
        """Convert to the domain's filter. Raises `Invalid`."""
        return DeliveryFilter(
            state=None if self.state is None else DeliveryState(self.state),
            type=self.type,
            since_ms=instant("since", self.since),
            until_ms=instant("until", self.until),
        )


class ReplayIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which part of the past to send again."""

    since: Annotated[When, Meta(description=f"From this instant on, within the last 30 days: {WHEN}")]
    until: Annotated[When | None, Meta(description=f"Before this instant, by default the present: {WHEN}")] = None
    only_missing: Annotated[bool, Meta(description="Whether to leave out what has already arrived.")] = False

    def bounds(self) -> tuple[int, int | None]:
        """Both ends in milliseconds. Raises `Invalid`."""
        since_ms = instant("since", self.since)
        assert since_ms is not None
        return since_ms, instant("until", self.until)


class ReplayOut(msgspec.Struct):
    """What a replay has begun."""

    deliveries: Annotated[Count, Meta(description="How many messages wait now because of it.", examples=[12])]
    complete: Annotated[bool, Meta(description="Whether these are all; if not, the rest follows by itself.")]


class DeliveryOut(msgspec.Struct):
    """A delivery in a list."""

    id: DeliveryRef
    type: Annotated[str, Meta(examples=["project.created"])]
    state: State
    reason: Reason
    attempt_count: Annotated[Count, Meta(description="How often it was sent.", examples=[1])]
    next_attempt_at: Annotated[Moment | None, NEXT_ATTEMPT]
    created_at: Moment
    finished_at: Annotated[Moment | None, Meta(description="null while it waits.")]

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        """The record in this API's format."""
        return cls(**_shown(delivery))


class RequestOut(msgspec.Struct):
    """What was sent."""

    url: Annotated[str, Meta(examples=["https://example.com/hooks"])]
    headers: Headers


class ResponseOut(msgspec.Struct):
    """What came back."""

    status: Annotated[int, Meta(examples=[200])]
    headers: Annotated[Mapping[str, str], ANSWERED_HEADERS]
    body: Annotated[str, ANSWERED]


class AttemptOut(msgspec.Struct):
    """One attempt at a delivery."""

    number: Annotated[int, Meta(description="Counted from 1.", examples=[1])]
    started_at: Moment
    took_ms: Annotated[Count, Meta(description="In milliseconds.", examples=[84])]
    reason: Reason
    request: RequestOut
    response: Annotated[ResponseOut | None, Meta(description="null where no answer came.")]

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        """The record in this API's format."""
        answered = attempt.status is not None
        return cls(
            attempt.number,
            moment(attempt.started_at),
            attempt.took_ms,
            attempt.reason,
            RequestOut(attempt.url, attempt.request_headers),
            _response(attempt) if answered else None,
        )


class WholeDeliveryOut(DeliveryOut):
    """A delivery with all that is known of it."""

    body: Annotated[str | None, Meta(description="What every attempt sends; null until the first is prepared.")]
    attempts: Annotated[list[AttemptOut], Meta(description="The newest 50, in order.")]

    @classmethod
    def whole(cls, found: WholeDelivery) -> "WholeDeliveryOut":
        """The record in this API's format."""
        body = None if found.body is None else found.body.decode()
        return cls(**_shown(found.delivery), body=body, attempts=[AttemptOut.of(each) for each in found.attempts])


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "type": delivery.type,
        "state": delivery.state,
        "reason": delivery.reason,
        "attempt_count": delivery.attempts,
        "next_attempt_at": _moment(delivery.next_at),
        "created_at": moment(delivery.created_at),
        "finished_at": _moment(delivery.finished_at),
    }


def _response(attempt: Attempt) -> ResponseOut:
    assert attempt.status is not None
    return ResponseOut(attempt.status, attempt.response_headers, legible(attempt.response_body))


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
