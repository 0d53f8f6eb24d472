"""Webhooks: endpoints that are told what happens in a workspace; made, listed, changed, removed, given new secrets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from maquette.domain import events, signing
from maquette.domain.seal import Sealer
from maquette.model import text
from maquette.model.actor import Actor, Permission
from maquette.model.clock import DAY_MS
from maquette.model.errors import Invalid, NotFound, OutOfScope
from maquette.model.ids import LARGEST_SERIAL, new_id
from maquette.model.page import Slice, Window
from maquette.model.records import UNSET, Unset
from maquette.model.webhooks import EVENT_TYPES, EVERYTHING, Webhook
from maquette.store import replays, webhooks, workspaces
from maquette.store.database import Change, Transaction, Value

MAX_WEBHOOKS = 50
"""How many endpoints a workspace may have."""

OVERLAP_MS = DAY_MS
"""How long a replaced secret goes on signing beside the new one."""

URL_LENGTH = 2_000

_READ = {
    "project": Permission.PROJECT_READ,
    "brand_kit": Permission.BRAND_KIT_READ,
    "member": Permission.MEMBER_READ,
    "subscription": Permission.WORKSPACE_READ,
}
"""What one has to be allowed to be told of each kind of record."""

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
    name, types = draft.name.strip(), _types(draft.events)
    _check(draft.url, name, draft.description)
    secret = signing.new_secret() if draft.secret is None else signing.checked(draft.secret)
    require_sight(actor, types)
    await workspaces.lock(tx, actor.workspace)
    if await webhooks.count(tx, actor.workspace) >= MAX_WEBHOOKS:
        raise Invalid({"webhooks": [f"are limited to {MAX_WEBHOOKS} in a workspace"]})
    by = actor.user or None
    serial = await webhooks.insert(
        tx,
        {
            "id": new_id(now_ms),
            "workspace": actor.workspace,
            "dialect": draft.dialect,
            "name": name,
            "description": draft.description,
            "url": draft.url,
            "secret_sealed": sealer.seal(secret),
            "enabled": 1,
            "vouched_by": by,
            "created_by": by,
            "created_at": now_ms,
            "updated_at": now_ms,
        },
    )
    await webhooks.set_event_types(tx, serial, types, by=by, now_ms=now_ms)
    return await _record_change(tx, actor, serial, "webhook.created", now_ms), secret


async def list_(tx: Transaction, actor: Actor, window: Window) -> Slice[Webhook]:
    """One window of the workspace's endpoints, the newest first."""
    actor.require(Permission.WEBHOOK_READ)
    return await webhooks.list_(tx, actor.workspace, window)


async def get(tx: Transaction, actor: Actor, ref: Ref) -> Webhook:
    """The endpoint. Raises `NotFound`."""
    actor.require(Permission.WEBHOOK_READ)
    is_possible = not isinstance(ref, int) or 0 < ref <= LARGEST_SERIAL
    found = (
        await webhooks.get(tx, actor.workspace, ref.lower() if isinstance(ref, str) else ref) if is_possible else None
    )
    if found is None:
        raise NotFound("webhook")
    return found


async def change(
    tx: Transaction, actor: Actor, ref: Ref, patch: WebhookPatch, *, now_ms: int, guard: Guard = anything
) -> Webhook:
    """Change what the patch names; enabling forgets that it failed. Raises as `get` and `create` do.

    Whoever enables it vouches for it from then on: it is told what they may see.
    """
    before = await _lock_and_get(tx, actor, Permission.WEBHOOK_MANAGE, ref, guard)
    types = before.events if isinstance(patch.events, Unset) else _types(patch.events)
    require_sight(actor, types)
    values = _differences(before, patch)
    if not values and set(types) == set(before.events):
        return before
    if types != before.events:
        await webhooks.set_event_types(tx, before.serial, types, by=actor.user or None, now_ms=now_ms)
    if values.get("enabled"):
        values |= _fresh(actor, now_ms)
        tx.notify(Change(actor.workspace, due=True))
    elif "enabled" in values:
        await replays.end_all(tx, before.serial)
    await webhooks.change(tx, before.serial, {**values, "updated_at": now_ms})
    return await _record_change(tx, actor, before.serial, "webhook.updated", now_ms)


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """Delete the endpoint: nothing more is sent to it. Raises `NotFound`, and whatever the guard raises."""
    before = await _lock_and_get(tx, actor, Permission.WEBHOOK_MANAGE, ref, guard)
    await webhooks.change(tx, before.serial, {"removed_at": now_ms, "enabled": 0, "ready_at": None})
    await replays.end_all(tx, before.serial)
    await workspaces.bump_version(tx, actor.workspace)
    await events.record(tx, actor, "webhook.deleted", before, now_ms=now_ms)


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
    before = await _lock_and_get(tx, actor, Permission.WEBHOOK_MANAGE, ref, guard)
    require_sight(actor, before.events)
    fresh = signing.new_secret() if secret is None else signing.checked(secret)
    values: dict[str, Value] = {
        "secret_sealed": sealer.seal(fresh),
        "old_secret_sealed": (await webhooks.secrets(tx, before.serial)).sealed,
        "old_secret_until": now_ms + OVERLAP_MS,
        "updated_at": now_ms,
    }
    await webhooks.change(tx, before.serial, values)
    return await _record_change(tx, actor, before.serial, "webhook.secret_rotated", now_ms), fresh


def require_sight(actor: Actor, types: Iterable[str]) -> None:
    """An endpoint is told what owners and admins see: no narrower key decides where that goes. Raises `OutOfScope`."""
    actor.require(Permission.WEBHOOK_READ)
    if actor.sight.projects is not None:
        raise OutOfScope(Permission.WEBHOOK_MANAGE.value)
    for kind in {type.partition(".")[0] for type in expand_types(types)}:
        actor.require(_READ[kind])


def expand_types(types: Iterable[str]) -> tuple[str, ...]:
    """The types one by one."""
    given = tuple(types)
    return EVENT_TYPES if EVERYTHING in given else given


async def _lock_and_get(tx: Transaction, actor: Actor, permission: Permission, ref: Ref, guard: Guard) -> Webhook:
    """The present endpoint, locked for this transaction."""
    actor.require(permission)
    await workspaces.lock(tx, actor.workspace)
    found = await get(tx, actor, ref)
    guard(found)
    return found


def _differences(before: Webhook, patch: WebhookPatch) -> dict[str, Value]:
    """The columns that the patch really changes. Raises `Invalid`."""
    values: dict[str, Value] = {}
    if not isinstance(patch.url, Unset) and patch.url != before.url:
        values["url"] = patch.url
    if not isinstance(patch.name, Unset) and patch.name.strip() != before.name:
        values["name"] = patch.name.strip()
    if not isinstance(patch.description, Unset) and patch.description != before.description:
        values["description"] = patch.description
    if not isinstance(patch.enabled, Unset) and patch.enabled is not before.enabled:
        values["enabled"] = int(patch.enabled)
        values["disabled_reason"] = None if patch.enabled else "It was disabled by hand."
        values["ready_at"] = None
    _check(values.get("url"), values.get("name"), values.get("description"))
    return values


def _fresh(actor: Actor, now_ms: int) -> dict[str, Value]:
    """What an endpoint that is enabled again starts with; what waited meanwhile is looked for at once."""
    return {
        "failures": 0,
        "failing_since": None,
        "paused_until": 0,
        "ready_at": now_ms,
        "vouched_by": actor.user or None,
    }


def _types(given: tuple[str, ...]) -> tuple[str, ...]:
    """Each type once, in order. Raises `Invalid`."""
    unknown = sorted({type for type in given if type not in EVENT_TYPES and type != EVERYTHING})
    if unknown:
        raise Invalid({"events": [f"can't be {', '.join(unknown)}"]})
    if not given:
        raise Invalid({"events": ["must name at least one type, or be *"]})
    return (EVERYTHING,) if EVERYTHING in given else tuple(sorted(set(given)))


def _check(url: Value, name: Value, description: Value) -> None:
    problems = {}
    if isinstance(url, str) and (len(url) > URL_LENGTH or not text.is_storable(url)):
        problems["url"] = [f"must have at most {URL_LENGTH:,} characters"]
    if isinstance(name, str) and name and (problem := text.name_problem(name)):
        problems["name"] = [problem]
    if isinstance(description, str) and (problem := text.description_problem(description)):
        problems["description"] = [problem]
    if problems:
        raise Invalid(problems)


async def _record_change(tx: Transaction, actor: Actor, serial: int, type: str, now_ms: int) -> Webhook:
    after = await get(tx, actor, serial)
    await workspaces.bump_version(tx, actor.workspace)
    await events.record(tx, actor, type, after, now_ms=now_ms)
    return after
