"""Webhooks: endpoints that are told what happens in a workspace; made, listed, changed, removed, given new secrets."""

from collections.abc import Callable
from dataclasses import dataclass

from maquette.domain.seal import Sealer
from maquette.model.actor import Actor, Permission
from maquette.model.page import Slice, Window
from maquette.model.records import UNSET, Unset
from maquette.model.webhooks import Webhook
from maquette.store.database import Transaction

Ref = int | str
"""A serial, or a UUID in text."""

Guard = Callable[[Webhook], None]
"""Looks at the present endpoint and raises `Stale` where the caller expected another one."""

NewWebhook = tuple[Webhook, str]
"""The record and its secret, which nobody sees again."""


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """An endpoint to be. `url` has been vetted by the sender; `events` are types, or `*`; a secret is made if None."""

    url: str
    events: tuple[str, ...]
    dialect: str
    name: str = ""
    description: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookPatch:
    """What to change; a new `url` has been vetted by the sender."""

    url: str | Unset = UNSET
    events: tuple[str, ...] | Unset = UNSET
    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    enabled: bool | Unset = UNSET


def anything(_: Webhook) -> None:
    """The guard that lets every version pass."""


async def create(tx: Transaction, actor: Actor, draft: WebhookDraft, sealer: Sealer, *, now_ms: int) -> NewWebhook:
    """Add an endpoint. Raises `Forbidden`, `OutOfScope`, `Invalid` (`url`, `events`, `name`, `secret`, `webhooks`)."""
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError


async def list_(tx: Transaction, actor: Actor, window: Window) -> Slice[Webhook]:
    """One window of the workspace's endpoints, the newest first."""
    actor.require(Permission.WEBHOOK_READ)
    raise NotImplementedError


async def get(tx: Transaction, actor: Actor, ref: Ref) -> Webhook:
    """The endpoint. Raises `NotFound`."""
    actor.require(Permission.WEBHOOK_READ)
    raise NotImplementedError


async def change(
    tx: Transaction, actor: Actor, ref: Ref, patch: WebhookPatch, *, now_ms: int, guard: Guard = anything
) -> Webhook:
    """Change what the patch names; enabling forgets that it failed. Raises as `get` and `create` do."""
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """Delete the endpoint: nothing more is sent to it. Raises `NotFound`, and whatever the guard raises."""
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError


async def rotate_secret(
    tx: Transaction,
    actor: Actor,
    ref: Ref,
    sealer: Sealer,
    *,
    secret: str | None = None,
    now_ms: int,
    guard: Guard = anything,
) -> NewWebhook:
    """Give it another secret, the given one or a new one; for 24 hours the one before signs too.

    Raises `NotFound`, `Invalid` (`secret`), and whatever the guard raises.
    """
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError
