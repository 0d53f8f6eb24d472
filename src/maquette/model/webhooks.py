"""Webhooks: endpoints and the event types they want, deliveries and their attempts. Times in ms, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERYTHING = "*"
"""Stands for every type, those of later releases too."""

EVENT_TYPES = (
    "project.created",
    "project.updated",
    "project.deleted",
    "project.archived",
    "project.unarchived",
    "brand_kit.created",
    "brand_kit.updated",
    "brand_kit.deleted",
    "member.invited",
    "member.joined",
    "member.role_changed",
    "member.removed",
    "subscription.created",
    "subscription.upgraded",
    "subscription.downgraded",
    "subscription.cancelled",
)
"""What an endpoint can ask for (the last one is reserved: nothing emits it yet); other events stay in the audit log."""

TEST = "webhook.test"
"""The type of a test message, which is delivered to one endpoint only."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One event type that an endpoint wants, who chose it (None is the operator) and when."""

    type: str
    created_by: int | None
    created_by_id: str | None
    created_by_name: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint of a workspace, without its secret; `dialect` names the words that its messages are written in.

    `paused_until` is 0 or past unless it is paused.
    """

    serial: int
    id: str
    workspace: int
    dialect: str
    name: str
    description: str | None
    url: str
    enabled: bool
    disabled_reason: str | None
    failing_since: int | None
    created_by: int | None
    created_by_id: str | None
    created_by_name: str | None
    created_at: int
    updated_at: int
    paused_until: int = 0
    choices: tuple[Choice, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """The types it wants, or `("*",)`."""
        return tuple(choice.type for choice in self.choices)


class DeliveryState(StrEnum):
    """What has become of a message to an endpoint."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event's delivery to one endpoint. The two never have a second one, so the event's id identifies it.

    `next_at` is None once it is finished, and while its endpoint is disabled; `finished_at` is None until it is
    finished. `reason` says why it failed, or still waits.
    """

    serial: int
    webhook: int
    event: int
    event_id: str
    type: str
    state: DeliveryState
    reason: str | None
    attempts: int
    next_at: int | None
    created_at: int
    finished_at: int | None

    @property
    def id(self) -> str:
        """The event's, which is the `webhook-id` of every attempt."""
        return self.event_id


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST: what was sent where, and what came back (`status` None: no answer, and `reason` says why)."""

    number: int
    url: str
    started_at: int
    took_ms: int
    status: int | None
    reason: str | None
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    response_body: bytes


@dataclass(frozen=True, slots=True)
class WholeDelivery:
    """A delivery with the bytes that are sent (None until they are first needed) and its attempts in order."""

    delivery: Delivery
    body: bytes | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries a replay has added so far, and whether that is all; else the workers add the rest."""

    deliveries: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What an endpoint is told: the event, and the record after it as JSON with the domain's field names."""

    id: str
    type: str
    at: int
    subject_kind: str
    subject_id: str
    data: str
