"""Deliveries as Creatopy shows them: one message to one webhook, and every attempt at it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.actions import ActionName, name_of, type_of
from maquette.dialects.creatopy.shapes.connection import KEYWORD_LENGTH, ListQuery
from maquette.dialects.creatopy.shapes.fields import Moment, moment
from maquette.dialects.creatopy.shapes.webhooks import WebhookId
from maquette.domain.deliveries import DeliveryFilter
from maquette.model.page import AfterCursor, Order, SortField
from maquette.model.webhooks import Attempt, Delivery, DeliveryState, WholeDelivery
from maquette.wire.texts import ANSWERED, ANSWERED_HEADERS, CHOICE, NEXT_ATTEMPT, legible
from maquette.wire.times import WHEN, instant

NEWEST = Order(SortField.SERIAL, descending=True)

When = Annotated[str, Meta(extra_json_schema={"examples": ["2025-03-23T14:35:21Z"]})]
DeliveryId = Annotated[
    str,
    Meta(
        description="The event's id, which is the `webhook-id` of every attempt.",
        examples=["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"],
    ),
]
State = Annotated[DeliveryState, CHOICE, Meta(description="Whether it waits, was delivered, or failed.")]
Reason = Annotated[str | None, Meta(description="Why it didn't arrive; null where nothing went wrong.")]
Headers = Annotated[Mapping[str, str], Meta(description="Values by name.")]
Number = Annotated[int, Meta(examples=[1], extra_json_schema={"minimum": 0})]


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which webhook's deliveries, and which part of them."""

    webhookId: WebhookId  # noqa: N815
    limit: (
        Annotated[int, Meta(ge=1, le=100, description="How many nodes; default: the cursor's limit or 10.")] | None
    ) = None
    cursor: Annotated[str, Meta(description="The `endCursor` of the part before.")] = ""
    state: Annotated[
        Literal["waiting", "delivered", "failed"] | None,
        CHOICE,
        Meta(description="Whether it waits, was delivered, or failed."),
    ] = None
    action: (
        Annotated[str, Meta(max_length=KEYWORD_LENGTH, description="What happened.", examples=["project/create"])]
        | None
    ) = None
    since: Annotated[When, Meta(description=f"At this instant or later: {WHEN}")] | None = None
    until: Annotated[When, Meta(description=f"Before this instant: {WHEN}")] | None = None

    def window(self) -> AfterCursor:
        """The nodes after the cursor. Raises `Invalid`."""
        return ListQuery(limit=self.limit, cursor=self.cursor).window()

    def filter(self) -> DeliveryFilter:
        """Convert to the domain's filter. Raises `Invalid`."""
        return DeliveryFilter(
            state=None if self.state is None else DeliveryState(self.state),
            type=None if self.action is None else type_of(self.action),
            since_ms=instant("since", self.since),
            until_ms=instant("until", self.until),
        )


class OneDeliveryQuery(msgspec.Struct, frozen=True):
    """Which delivery of which webhook."""

    webhookId: WebhookId  # noqa: N815
    deliveryId: DeliveryId  # noqa: N815


class DeliveryRefIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which delivery of which webhook."""

    webhook_id: WebhookId
    delivery_id: DeliveryId


class ReplayIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which part of the past to send to which webhook again."""

    webhook_id: WebhookId
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

    deliveries: Annotated[Number, Meta(description="How many messages wait now because of it.")]
    complete: Annotated[bool, Meta(description="Whether these are all; if not, the rest follows by itself.")]


class DeliveryOut(msgspec.Struct, rename="camel"):
    """A delivery in a list."""

    id: DeliveryId
    action: ActionName
    state: State
    reason: Reason
    attempt_count: Annotated[Number, Meta(description="How often it was sent.")]
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


class AttemptOut(msgspec.Struct, rename="camel"):
    """One attempt at a delivery."""

    number: Annotated[Number, Meta(description="Counted from 1.")]
    started_at: Moment
    took_ms: Annotated[Number, Meta(description="In milliseconds.")]
    reason: Reason
    request: RequestOut
    response: Annotated[ResponseOut | None, Meta(description="null where no answer came.")]

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        """The record in this API's format."""
        return cls(
            attempt.number,
            moment(attempt.started_at),
            attempt.took_ms,
            attempt.reason,
            RequestOut(attempt.url, attempt.request_headers),
            _response(attempt),
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
        "action": name_of(delivery.type),
        "state": delivery.state,
        "reason": delivery.reason,
        "attempt_count": delivery.attempts,
        "next_attempt_at": _moment(delivery.next_at),
        "created_at": moment(delivery.created_at),
        "finished_at": _moment(delivery.finished_at),
    }


def _response(attempt: Attempt) -> ResponseOut | None:
    if attempt.status is None:
        return None
    return ResponseOut(attempt.status, attempt.response_headers, legible(attempt.response_body))


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else moment(at_ms)
