"""What webhooks are made of: endpoints, what they want to be told, deliveries and their attempts. Times in ms, UTC."""

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
"""What a trial run delivers, to the one endpoint alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One type that an endpoint wants, who asked for it (None is the operator) and when."""

    type: str
    created_by: int | None
    created_by_id: str | None
    created_by_name: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint of a workspace, without its secret; `dialect` names the words that its messages are written in.

    `paused_until` is 0, or past, where it isn't left in peace.
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
    """One event on its way to one endpoint; there is never a second one of the two, so the event's id names it.

    `next_at` is None once it is finished, and while its endpoint is disabled; `finished_at` until then. `reason` says
    why it failed, or still waits.
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
    """How many messages wait now because of a replay, and whether that is all: else the rest follows by itself."""

    deliveries: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What an endpoint is told: the event, and the record after it as JSON, in the domain's words."""

    id: str
    type: str
    at: int
    subject_kind: str
    subject_id: str
    data: str
