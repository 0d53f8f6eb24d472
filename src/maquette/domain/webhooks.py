"""Webhooks: endpoints to which a workspace's events are sent. Created, listed, changed, removed, secrets rotated."""

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
"""How long messages are signed with a replaced secret beside the new one."""

URL_LENGTH = 2_000
BY_HAND = "It was disabled by hand."

_READ_PERMISSIONS = {
    "project": Permission.PROJECT_READ,
    "brand_kit": Permission.BRAND_KIT_READ,
    "member": Permission.MEMBER_READ,
    "subscription": Permission.WORKSPACE_READ,
}
"""The permission that receiving events of each kind of record takes."""

Ref = int | str
"""A serial, or a UUID in text."""

Guard = Callable[[Webhook], None]
"""Looks at the present endpoint and raises `Stale` where the caller expected another one."""

NewWebhook = tuple[Webhook, str]
"""The record and its secret, which is never shown again."""


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """An endpoint to create. `url` is vetted by the sender; `events` are types, or `*`; `secret` None: generate one."""

    url: str
    events: tuple[str, ...]
    dialect: str
    name: str = ""
    description: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookPatch:
    """What to change; a new `url` is vetted by the sender."""

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
    name, types = draft.name.strip(), _checked_types(draft.events)
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
    """Change what the patch names; enabling clears its failures and its pause. Raises as `get` and `create` do.

    Who enables it vouches for it from then on: it gets nothing more once they are no longer an owner or an admin.
    """
    before = await _lock_and_get(tx, actor, Permission.WEBHOOK_MANAGE, ref, guard)
    types = before.events if isinstance(patch.events, Unset) else _checked_types(patch.events)
    require_sight(actor, types)
    values = _differences(before, patch)
    if not values and set(types) == set(before.events):
        return before
    if types != before.events:
        await webhooks.set_event_types(tx, before.serial, types, by=actor.user or None, now_ms=now_ms)
    if values.get("enabled"):
        values |= _values_when_enabled(actor, now_ms)
        tx.notify(Change(actor.workspace, due=True))
    elif "enabled" in values:
        await replays.end_all(tx, before.serial)
    await webhooks.change(tx, before.serial, {**values, "updated_at": now_ms})
    return await _record_change(tx, actor, before.serial, "webhook.updated", now_ms)


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """Remove the endpoint: nothing more is sent to it. Raises `NotFound`, and whatever the guard raises."""
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
    """Replace the secret by the given or a new one; for 24 hours messages are signed with the old one too.

    Raises `NotFound`, `Invalid` (`secret`), and whatever the guard raises.
    """
    before = await _lock_and_get(tx, actor, Permission.WEBHOOK_MANAGE, ref, guard)
    require_sight(actor, before.events)
    new_secret = signing.new_secret() if secret is None else signing.checked(secret)
    values: dict[str, Value] = {
        "secret_sealed": sealer.seal(new_secret),
        "old_secret_sealed": (await webhooks.secrets(tx, before.serial)).sealed,
        "old_secret_until": now_ms + OVERLAP_MS,
        "updated_at": now_ms,
    }
    await webhooks.change(tx, before.serial, values)
    return await _record_change(tx, actor, before.serial, "webhook.secret_rotated", now_ms), new_secret


def is_failing(webhook: Webhook) -> bool:
    """Whether somebody should look at it: it fails now, or was disabled by the server."""
    return webhook.failing_since is not None if webhook.enabled else webhook.disabled_reason != BY_HAND


def require_sight(actor: Actor, types: Iterable[str]) -> None:
    """Pass where the actor may read every record in events of these types. Raises `OutOfScope`.

    Webhooks carry everything an admin can see, so a key limited to some projects or record types may not manage them.
    """
    actor.require(Permission.WEBHOOK_READ)
    if actor.sight.projects is not None:
        raise OutOfScope(Permission.WEBHOOK_MANAGE.value)
    for kind in {type.partition(".")[0] for type in expand_types(types)}:
        actor.require(_READ_PERMISSIONS[kind])


def expand_types(types: Iterable[str]) -> tuple[str, ...]:
    """The types, with `*` expanded."""
    given = tuple(types)
    return EVENT_TYPES if EVERYTHING in given else given


async def _lock_and_get(tx: Transaction, actor: Actor, permission: Permission, ref: Ref, guard: Guard) -> Webhook:
    """Lock the workspace and read the endpoint."""
    actor.require(permission)
    await workspaces.lock(tx, actor.workspace)
    found = await get(tx, actor, ref)
    guard(found)
    return found


def _differences(before: Webhook, patch: WebhookPatch) -> dict[str, Value]:
    """The columns whose values the patch changes. Raises `Invalid`."""
    values: dict[str, Value] = {}
    if not isinstance(patch.url, Unset) and patch.url != before.url:
        values["url"] = patch.url
    if not isinstance(patch.name, Unset) and patch.name.strip() != before.name:
        values["name"] = patch.name.strip()
    if not isinstance(patch.description, Unset) and patch.description != before.description:
        values["description"] = patch.description
    if not isinstance(patch.enabled, Unset) and patch.enabled is not before.enabled:
        values["enabled"] = int(patch.enabled)
        values["disabled_reason"] = None if patch.enabled else BY_HAND
        values["ready_at"] = None
    _check(values.get("url"), values.get("name"), values.get("description"))
    return values


def _values_when_enabled(actor: Actor, now_ms: int) -> dict[str, Value]:
    """The further columns of an endpoint that is enabled again. It is ready at once, since deliveries may wait."""
    return {
        "failures": 0,
        "failing_since": None,
        "paused_until": 0,
        "ready_at": now_ms,
        "vouched_by": actor.user or None,
    }


def _checked_types(given: tuple[str, ...]) -> tuple[str, ...]:
    """The types, each once and sorted, or `*` alone. Raises `Invalid`."""
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
