"""Deliveries: what was sent to an endpoint, what it answered, and sending it again."""

from dataclasses import replace

from maquette.domain import events, replays, webhooks
from maquette.domain.webhooks import Ref, require_sight
from maquette.model.actor import Actor, Permission
from maquette.model.clock import DAY_MS
from maquette.model.errors import Invalid, NotFound
from maquette.model.page import Slice, Window
from maquette.model.webhooks import TEST, Delivery, Replayed, Webhook, WholeDelivery
from maquette.store import deliveries, outbox, workspaces
from maquette.store.database import Transaction
from maquette.store.deliveries import DeliveryFilter as DeliveryFilter

KEPT_MS = 30 * DAY_MS
"""How long finished deliveries and their attempts are kept."""


async def list_(tx: Transaction, actor: Actor, webhook: Ref, filter: DeliveryFilter, window: Window) -> Slice[Delivery]:
    """One window of the endpoint's deliveries of the last 30 days, the newest first. Raises `NotFound`."""
    actor.require(Permission.WEBHOOK_READ)
    found = await webhooks.get(tx, actor, webhook)
    return await deliveries.list_(tx, found.serial, filter, window)


async def get(tx: Transaction, actor: Actor, webhook: Ref, id: str) -> WholeDelivery:
    """The delivery of that event with its attempts. Raises `NotFound`."""
    actor.require(Permission.WEBHOOK_READ)
    endpoint = await webhooks.get(tx, actor, webhook)
    require_sight(actor, endpoint.events)
    found = await _get(tx, endpoint, id)
    body = await deliveries.body(tx, found.event, endpoint.dialect)
    return WholeDelivery(found, body, await deliveries.attempts(tx, found.serial))


async def resend(tx: Transaction, actor: Actor, webhook: Ref, id: str, *, now_ms: int) -> Delivery:
    """Send one event again, now, with a new retry schedule. Raises `NotFound`, `Invalid` for a disabled endpoint."""
    endpoint = await _lock_enabled(tx, actor, Permission.WEBHOOK_MANAGE, webhook)
    return await _enqueue(tx, endpoint, (await _get(tx, endpoint, id)).event, now_ms=now_ms)


async def send(tx: Transaction, actor: Actor, webhook: Ref, event: int, *, now_ms: int) -> Delivery:
    """Send the event of that serial, whether or not the endpoint subscribes to its type. Raises as `resend` does."""
    endpoint = await _lock_enabled(tx, actor, Permission.WEBHOOK_MANAGE, webhook)
    return await _enqueue(tx, endpoint, event, now_ms=now_ms)


async def replay(
    tx: Transaction,
    actor: Actor,
    webhook: Ref,
    *,
    since_ms: int,
    until_ms: int | None = None,
    missing_only: bool = False,
    now_ms: int,
) -> Replayed:
    """Send the events from `since_ms` until before `until_ms` again; with `missing_only`, those that haven't arrived.

    Events of the types that the endpoint subscribes to now, even from before it was created; none from after this
    call. Raises `NotFound`, `Invalid` (`since`, `until`; `webhook` for a disabled endpoint, or too many replays).
    """
    endpoint = await _lock_enabled(tx, actor, Permission.WEBHOOK_MANAGE, webhook)
    until_ms = now_ms + 1 if until_ms is None else until_ms
    if since_ms > now_ms:
        raise Invalid({"since": ["must not be in the future"]})
    if since_ms < now_ms - KEPT_MS:
        raise Invalid({"since": ["must be within the last 30 days"]})
    if until_ms <= since_ms:
        raise Invalid({"until": ["must be after the beginning"]})
    return await replays.begin(
        tx, endpoint, since_ms=since_ms, until_ms=until_ms, missing_only=missing_only, now_ms=now_ms
    )


async def send_test(tx: Transaction, actor: Actor, webhook: Ref, *, now_ms: int) -> Delivery:
    """Send the endpoint a `webhook.test`. Raises `NotFound`, `Invalid` for a disabled endpoint."""
    endpoint = await _lock_enabled(tx, actor, Permission.WEBHOOK_MANAGE, webhook)
    await workspaces.bump_version(tx, actor.workspace)
    event = await events.audit(tx, actor, TEST, endpoint, now_ms=now_ms)
    return await _enqueue(tx, endpoint, event, now_ms=now_ms)


async def _lock_enabled(tx: Transaction, actor: Actor, permission: Permission, webhook: Ref) -> Webhook:
    """Lock the workspace, read the endpoint, and end its pause, since a person asks for a delivery now.

    Raises `NotFound`, `Invalid` for a disabled endpoint.
    """
    actor.require(permission)
    await workspaces.lock(tx, actor.workspace)
    found = await webhooks.get(tx, actor, webhook)
    if not found.enabled:
        raise Invalid({"webhook": ["is disabled; enable it first"]})
    await outbox.end_pause(tx, found.serial)
    return replace(found, paused_until=0)


async def _enqueue(tx: Transaction, endpoint: Webhook, event: int, *, now_ms: int) -> Delivery:
    await events.enqueue(tx, endpoint.workspace, endpoint.serial, event, now_ms=now_ms)
    found = await deliveries.of_event(tx, endpoint.serial, event)
    assert found
    return found


async def _get(tx: Transaction, endpoint: Webhook, id: str) -> Delivery:
    found = await deliveries.of_event(tx, endpoint.serial, id)
    if found is None:
        raise NotFound("delivery")
    return found
