"""Webhooks as Creatopy shows and takes them; the secret is in one response only."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.creatopy.shapes.actions import ActionId, ActionOut, ids_of, types_of
from maquette.dialects.creatopy.shapes.fields import Id, MemberId, MemberName, Moment, Name, moment
from maquette.domain.webhooks import URL_LENGTH, WebhookDraft, WebhookPatch
from maquette.model import records
from maquette.model.errors import Invalid
from maquette.model.webhooks import Choice, Webhook
from maquette.wire.texts import FAILING_SINCE, PAUSED_UNTIL

DIALECT = "creatopy"
MAX_ACTIONS = 100
URL_META = Meta(extra_json_schema={"maxLength": URL_LENGTH})

WebhookId = Annotated[Id, Meta(description="The webhook's id.", examples=[4711])]
WebhookName = Annotated[Name, Meta(examples=["Tells the shop"])]
Url = Annotated[
    str,
    URL_META,
    Meta(
        description="Where messages are sent: HTTPS on port 443, and no private address.",
        examples=["https://example.com/hooks"],
    ),
]
Actions = Annotated[
    list[ActionId], Meta(max_length=MAX_ACTIONS, description="What it is told, by id.", examples=[[1, 2, 3]])
]
Secret = Annotated[
    str | None,
    Meta(description="`whsec_` and 24 to 64 bytes in Base64; by default, one is made.", examples=[None]),
]
Enabled = Annotated[bool, Meta(description="Whether messages are sent; enabling clears its earlier failures.")]


class WebhookIn(msgspec.Struct, forbid_unknown_fields=True):
    """A webhook to be made."""

    name: WebhookName
    url: Url
    actions: Actions
    secret: Secret = None

    def draft(self) -> WebhookDraft:
        """Convert to the domain's type. Raises `Invalid`."""
        return WebhookDraft(self.url, types_of(self.actions), DIALECT, name=_named(self.name), secret=self.secret)


class WebhookPatchIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which webhook to change, and how; a field that isn't there stays as it is."""

    webhook_id: WebhookId
    name: WebhookName | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    actions: Actions | UnsetType = UNSET
    enabled: Enabled | UnsetType = UNSET

    def patch(self) -> WebhookPatch:
        """Convert to the domain's type. Raises `Invalid`."""
        return WebhookPatch(
            url=records.UNSET if self.url is UNSET else self.url,
            events=records.UNSET if self.actions is UNSET else types_of(self.actions),
            name=records.UNSET if self.name is UNSET else _named(self.name),
            enabled=records.UNSET if self.enabled is UNSET else self.enabled,
        )


class WebhookRefIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which webhook is meant."""

    webhook_id: WebhookId


class SecretIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which webhook to sign for with what from now on."""

    webhook_id: WebhookId
    secret: Secret = None


class MakerOut(msgspec.Struct):
    """The user who did it."""

    id: MemberId
    name: MemberName


Maker = Annotated[MakerOut | None, Meta(description="null where the operator did it, at the server itself.")]


class ChosenOut(msgspec.Struct, rename="camel"):
    """An action that a webhook is told of, and who wanted that."""

    action_id: ActionId
    created_at: Moment
    created_by_user: Maker
    action: ActionOut

    @classmethod
    def all_of(cls, choice: Choice) -> "list[ChosenOut]":
        """The actions of one choice; for the choice of everything, all of them."""
        at, by = moment(choice.created_at), _maker(choice.created_by, choice.created_by_name)
        return [cls(id, at, by, ActionOut.of(id)) for id in ids_of([choice.type])]


class WebhookOut(msgspec.Struct, rename="camel"):
    """A webhook as it is shown, without its secret."""

    id: WebhookId
    name: Annotated[WebhookName, Meta(description="The host of its URL if it has no name.")]
    webhook_url: Url
    created_at: Moment
    created_by_user: Maker
    actions: list[ChosenOut]
    enabled: Enabled
    disabled_reason: Annotated[str | None, Meta(description="null while it is enabled.", examples=[None])]
    failing_since: Annotated[Moment | None, FAILING_SINCE]
    paused_until: Annotated[Moment | None, PAUSED_UNTIL]

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


def _named(name: str) -> str:
    """The name, which this API requires. Raises `Invalid` for a blank one."""
    if not name.strip():
        raise Invalid({"name": ["must not be empty"]})
    return name


def _shown(webhook: Webhook) -> dict[str, Any]:
    chosen = [each for choice in webhook.choices for each in ChosenOut.all_of(choice)]
    return {
        "id": webhook.serial,
        "name": webhook.name or urlsplit(webhook.url).hostname or webhook.url,
        "webhook_url": webhook.url,
        "created_at": moment(webhook.created_at),
        "created_by_user": _maker(webhook.created_by, webhook.created_by_name),
        "actions": sorted(chosen, key=lambda each: each.action_id),
        "enabled": webhook.enabled,
        "disabled_reason": webhook.disabled_reason,
        "failing_since": None if webhook.failing_since is None else moment(webhook.failing_since),
        "paused_until": moment(webhook.paused_until) if webhook.paused_until else None,
    }


def _maker(user: int | None, name: str | None) -> MakerOut | None:
    return None if user is None else MakerOut(user, name or "")
