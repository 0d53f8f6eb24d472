"""Webhooks as CraftDesk shows and takes them; the secret is in one response only."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.craftdesk.shapes.fields import Description, Id, Moment
from maquette.dialects.craftdesk.shapes.page import PageNumber, PageSize, moment
from maquette.domain.webhooks import URL_LENGTH, WebhookDraft, WebhookPatch
from maquette.model import records
from maquette.model.webhooks import EVENT_TYPES, EVERYTHING, Webhook
from maquette.wire.texts import ABOUT_DESCRIPTION, FAILING_SINCE, PAUSED_UNTIL

DIALECT = "craftdesk"
MAX_EVENTS = 100
MAX_LENGTH = 100

WebhookRef = Annotated[Id, Meta(description="The webhook's id.")]
Url = Annotated[
    str,
    Meta(
        description="Where messages are sent: HTTPS on port 443, and no private address.",
        examples=["https://example.com/hooks"],
        extra_json_schema={"maxLength": URL_LENGTH},
    ),
]
Event = Annotated[str, Meta(max_length=MAX_LENGTH, examples=["project.created"])]
Events = Annotated[
    list[Event],
    Meta(
        max_length=MAX_EVENTS,
        description=f"What it is told: `*` for everything, or some of `{'`, `'.join(EVENT_TYPES)}`."
        " `subscription.cancelled` is reserved and not sent yet.",
        examples=[["project.created", "project.deleted"], [EVERYTHING]],
        extra_json_schema={"minItems": 1},
    ),
]
About = Annotated[Description | None, ABOUT_DESCRIPTION, Meta(examples=["Tells the shop"])]
Secret = Annotated[
    str | None,
    Meta(description="`whsec_` and 24 to 64 bytes in Base64; by default, one is made.", examples=[None]),
]
Enabled = Annotated[bool, Meta(description="Whether messages are sent; enabling clears its earlier failures.")]


class WebhookQuery(msgspec.Struct, frozen=True):
    """Which part of the list."""

    page: PageNumber = 1
    per_page: PageSize = 20


class WebhookIn(msgspec.Struct, forbid_unknown_fields=True):
    """A webhook to be made."""

    url: Url
    events: Events
    description: About = None
    secret: Secret = None

    def draft(self) -> WebhookDraft:
        """Convert to the domain's type."""
        return WebhookDraft(self.url, tuple(self.events), DIALECT, description=self.description, secret=self.secret)


class WebhookPatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; a field that isn't there stays as it is."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: About | UnsetType = UNSET
    enabled: Enabled | UnsetType = UNSET

    def patch(self) -> WebhookPatch:
        """Convert to the domain's type."""
        return WebhookPatch(
            url=records.UNSET if self.url is UNSET else self.url,
            events=records.UNSET if self.events is UNSET else tuple(self.events),
            description=records.UNSET if self.description is UNSET else self.description,
            enabled=records.UNSET if self.enabled is UNSET else self.enabled,
        )


class SecretIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to sign with from now on."""

    secret: Secret = None


class WebhookOut(msgspec.Struct):
    """A webhook as it is shown, without its secret."""

    id: WebhookRef
    url: Url
    events: Events
    description: About
    enabled: Enabled
    disabled_reason: Annotated[str | None, Meta(description="null while it is enabled.", examples=[None])]
    failing_since: Annotated[Moment | None, FAILING_SINCE]
    paused_until: Annotated[Moment | None, PAUSED_UNTIL]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookOut":
        """The record in this API's format."""
        return cls(**_shown(webhook))


class NewWebhookOut(WebhookOut):
    """A webhook as it is shown this once."""

    secret: Annotated[
        str,
        Meta(
            description="What messages are signed with. It is not shown again.",
            extra_json_schema={"pattern": "^whsec_[A-Za-z0-9+/]+=*$"},
        ),
    ]

    @classmethod
    def with_secret(cls, webhook: Webhook, secret: str) -> "NewWebhookOut":
        """The record in this API's format, with its secret."""
        return cls(**_shown(webhook), secret=secret)


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "description": webhook.description,
        "enabled": webhook.enabled,
        "disabled_reason": webhook.disabled_reason,
        "failing_since": None if webhook.failing_since is None else moment(webhook.failing_since),
        "paused_until": moment(webhook.paused_until) if webhook.paused_until else None,
        "created_at": moment(webhook.created_at),
        "updated_at": moment(webhook.updated_at),
    }
