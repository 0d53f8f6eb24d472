"""Deliveries: what was told to an endpoint, what came back, and telling it again."""

from dataclasses import dataclass

from maquette.domain.webhooks import Ref
from maquette.model.actor import Actor, Permission
from maquette.model.page import Slice, Window
from maquette.model.webhooks import Delivery, DeliveryState, WholeDelivery
from maquette.store.database import Transaction


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of an endpoint; None is no condition."""

    state: DeliveryState | None = None
    type: str | None = None


async def list_(tx: Transaction, actor: Actor, webhook: Ref, filter: DeliveryFilter, window: Window) -> Slice[Delivery]:
    """One window of the endpoint's deliveries of the last 30 days, the newest first. Raises `NotFound`."""
    actor.require(Permission.WEBHOOK_READ)
    raise NotImplementedError


async def get(tx: Transaction, actor: Actor, webhook: Ref, id: str) -> WholeDelivery:
    """The delivery of that event with its attempts. Raises `NotFound`, `OutOfScope`."""
    actor.require(Permission.WEBHOOK_READ)
    raise NotImplementedError


async def resend(tx: Transaction, actor: Actor, webhook: Ref, id: str, *, now_ms: int) -> Delivery:
    """Send one event again, now, with a schedule of its own. Raises `NotFound`, `Invalid` for a disabled endpoint."""
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError


async def replay(
    tx: Transaction,
    actor: Actor,
    webhook: Ref,
    *,
    since_ms: int,
    until_ms: int | None = None,
    missing_only: bool = False,
    now_ms: int,
) -> int:
    """Send what happened from `since_ms` up to before `until_ms` again, or only what hasn't arrived; returns how many.

    Raises `NotFound`, `Invalid` (`since`, `until`; `webhook` for a disabled endpoint).
    """
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError


async def send_test(tx: Transaction, actor: Actor, webhook: Ref, *, now_ms: int) -> Delivery:
    """Send the endpoint a `webhook.test`. Raises `NotFound`, `Invalid` for a disabled endpoint."""
    actor.require(Permission.WEBHOOK_MANAGE)
    raise NotImplementedError
