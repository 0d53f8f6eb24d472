"""How does a message get to its endpoint? In steps that `worker` runs: claim → prepare → send → mark.

A delivery that was claimed but never marked, because its process died, is claimed again once its endpoint's lease has
expired, and sent with the same id and the same bytes.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from maquette.domain import events, retry, signing
from maquette.domain.messages import Render
from maquette.domain.seal import Sealer
from maquette.domain.senders import NotDelivered, NotTried, Sender
from maquette.model.actor import ADMINS, Actor, Role
from maquette.model.clock import Clock
from maquette.model.webhooks import Attempt, DeliveryState
from maquette.store import leases, members, outbox, webhooks, workspaces
from maquette.store.database import Transaction
from maquette.store.headers import readable
from maquette.store.leases import Endpoint, Health
from maquette.store.outbox import DueDelivery

LEASE_MS = 10_000
"""How long an endpoint is leased. The worker renews the lease while it works; after a crash, another takes over then.

If a worker stalls for longer, messages may be sent twice, but none is lost.
"""

BATCH_SIZE = 32
"""How many messages an endpoint gets, at most, before it goes to the end of the queue."""

MAX_LOGGED_BODY_BYTES = 65_536
MAX_LOGGED_SUCCESS_BYTES = 1_024
MAX_LOGGED_SUCCESS_HEADER_BYTES = 2_048
"""Less of a success is logged: nobody has to investigate it, and every replay may add another one."""

UNVOUCHED = "Whoever vouched for it is no longer an owner or an admin."
_UNWRITABLE = "The message couldn't be written; the server's log says why."
_UNSENDABLE = "The message couldn't be sent; the server's log says why."

log = logging.getLogger("maquette.webhooks")


@dataclass(frozen=True, slots=True)
class LeasedBatch:
    """A leased endpoint with the deliveries to send to it now; none where nobody vouches for it any more."""

    endpoint: Endpoint
    deliveries: tuple[DueDelivery, ...]
    is_vouched: bool


async def claim(
    tx: Transaction, by: str, renders: Mapping[str, Render], *, now_ms: int, limit: int, exclude: Collection[int] = ()
) -> list[LeasedBatch]:
    """Lease ready endpoints to the worker `by`, none of the workspaces in `exclude`, with their due deliveries."""
    endpoints = await leases.take(tx, by, until_ms=now_ms + LEASE_MS, now_ms=now_ms, limit=limit, exclude=exclude)
    return [await _prepare_batch(tx, endpoint, renders, now_ms) for endpoint in endpoints]


async def prepare(
    tx: Transaction, endpoint: Endpoint, delivery: DueDelivery, renders: Mapping[str, Render], now_ms: int
) -> DueDelivery:
    """The delivery with its body, which is rendered once for all endpoints of the dialect, and stored.

    If rendering fails, the delivery is marked as failed, and returned without a body.
    """
    if delivery.body is not None:
        return delivery
    try:
        body = renders[endpoint.dialect](delivery.message)
    except Exception:
        log.exception("%s can't be written as %s has it", delivery.message.id, endpoint.dialect)
        await outbox.finish(tx, delivery, DeliveryState.FAILED, reason=_UNWRITABLE, now_ms=now_ms)
        return delivery
    return replace(
        delivery, body=await outbox.keep_body(tx, delivery.event, endpoint.dialect, body=body, now_ms=now_ms)
    )


async def is_wanted(tx: Transaction, endpoint: Endpoint, delivery: DueDelivery) -> bool:
    """Whether the delivery may still be sent, asked right before sending: not if the endpoint was disabled or removed.

    Nor if its URL or secret has changed: the rest of its batch waits for the next lease, which has the new ones.
    """
    return await outbox.is_still_wanted(tx, endpoint, delivery.serial) and await _is_vouched(tx, endpoint)


async def send(
    sender: Sender, sealer: Sealer, clock: Clock, endpoint: Endpoint, delivery: DueDelivery
) -> Attempt | None:
    """Sign the message for this attempt and post it. Returns the attempt, to which `mark` gives its number.

    None where nothing was sent, for a reason of ours: the message waits as before.
    """
    assert delivery.body is not None
    started_at, headers = clock.now_ms(), {"content-type": "application/json"}
    try:
        secrets = signing.opened(endpoint.secrets, sealer, now_ms=started_at)
        headers |= signing.headers(delivery.message.id, delivery.body, secrets, now_ms=started_at)
        answer = await sender.post(endpoint.url, headers, delivery.body, workspace=endpoint.workspace)
    except NotTried as error:
        log.info("%s waits: %s", delivery.message.id, error)
        return None
    except NotDelivered as error:
        return Attempt(0, endpoint.url, started_at, error.took_ms, None, readable(error.sentence), headers, {}, b"")
    except Exception:
        log.exception("%s can't be sent to endpoint %s", delivery.message.id, endpoint.serial)
        return Attempt(0, endpoint.url, started_at, 0, None, _UNSENDABLE, headers, {}, b"")
    if 200 <= answer.status < 300:
        reason, response_headers, body = None, _first_headers(answer.headers), answer.body[:MAX_LOGGED_SUCCESS_BYTES]
    else:
        reason = f"The endpoint answered {answer.status}."
        response_headers, body = dict(answer.headers), answer.body[:MAX_LOGGED_BODY_BYTES]
    return Attempt(0, endpoint.url, started_at, answer.took_ms, answer.status, reason, headers, response_headers, body)


async def mark(
    tx: Transaction, endpoint: Endpoint, delivery: DueDelivery, attempt: Attempt, *, ended_at: int, chance: float
) -> None:
    """Log the attempt, finish or reschedule its delivery, and update the endpoint's health.

    Does nothing if the endpoint or the delivery was removed meanwhile.
    """
    if attempt.reason is not None:
        await workspaces.lock(tx, endpoint.workspace)  # `disable` needs it, and it is locked before an endpoint
    locked = await leases.lock(tx, endpoint)
    counted = await outbox.count_attempt(tx, delivery.serial) if locked else None
    if locked is None or counted is None:
        return
    tries, number = counted
    await outbox.log(tx, delivery.serial, replace(attempt, number=number))
    if attempt.reason is None:
        await outbox.finish(tx, delivery, DeliveryState.DELIVERED, reason=None, now_ms=ended_at)
        if locked.health.failures and not locked.has_moved:
            await leases.note_health(tx, endpoint.serial, Health(0, None, 0))
    elif not locked.has_moved:  # else the old URL failed, and the message is still to go to the new one
        await _handle_failure(
            tx, endpoint, delivery, attempt, locked.health, tries=tries, ended_at=ended_at, chance=chance
        )


async def disable(tx: Transaction, endpoint: Endpoint, reason: str, *, now_ms: int) -> None:
    """Disable the endpoint, and record that, with the reason, in the audit log."""
    await workspaces.lock(tx, endpoint.workspace)
    if not await leases.disable(tx, endpoint.serial, reason, now_ms):
        return
    found = await webhooks.get(tx, endpoint.workspace, endpoint.serial)
    if found is not None:
        await workspaces.bump_version(tx, endpoint.workspace)
        worker = Actor(endpoint.workspace, user=0, role=Role.OWNER, address="worker")
        await events.record(tx, worker, "webhook.disabled", found, now_ms=now_ms)


def _first_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The first headers of a success, up to `MAX_LOGGED_SUCCESS_HEADER_BYTES`."""
    ends = accumulate(len(name.encode()) + len(value.encode()) for name, value in headers.items())
    whole = zip(headers.items(), ends, strict=True)
    return {name: value for (name, value), end in whole if end <= MAX_LOGGED_SUCCESS_HEADER_BYTES}


async def _prepare_batch(
    tx: Transaction, endpoint: Endpoint, renders: Mapping[str, Render], now_ms: int
) -> LeasedBatch:
    if not await _is_vouched(tx, endpoint):
        return LeasedBatch(endpoint, (), is_vouched=False)
    limit = BATCH_SIZE if endpoint.failures == 0 else 1  # a failing endpoint is probed with a single message
    deliveries = await outbox.due(tx, endpoint, now_ms=now_ms, limit=limit)
    prepared = [await prepare(tx, endpoint, delivery, renders, now_ms) for delivery in deliveries]
    return LeasedBatch(endpoint, tuple(delivery for delivery in prepared if delivery.body is not None), is_vouched=True)


async def _is_vouched(tx: Transaction, endpoint: Endpoint) -> bool:
    """Whether who vouches for the endpoint is still an owner or admin, since it is sent private projects too."""
    if endpoint.vouched_by is None:
        return True
    return await members.role_of(tx, endpoint.workspace, endpoint.vouched_by) in ADMINS


async def _handle_failure(
    tx: Transaction,
    endpoint: Endpoint,
    delivery: DueDelivery,
    attempt: Attempt,
    health: Health,
    *,
    tries: int,
    ended_at: int,
    chance: float,
) -> None:
    """Reschedule the delivery or give it up, and update the locked endpoint's health, or disable it."""
    assert attempt.reason is not None
    wait_ms = retry.retry_after_ms(attempt.status or 0, attempt.response_headers, ended_at)
    due_at = retry.next_at(tries, ended_at, delivery.since_at, retry_after_ms=wait_ms, chance=chance)
    if due_at is None or attempt.status == retry.GONE:
        await outbox.finish(tx, delivery, DeliveryState.FAILED, reason=attempt.reason, now_ms=ended_at)
    else:
        await outbox.reschedule(tx, delivery, due_at, reason=attempt.reason)
    health = retry.after_failure(health, attempt.status, ended_at, retry_after_ms=wait_ms, at_claim=endpoint.failures)
    await leases.note_health(tx, endpoint.serial, health)
    if why := retry.disabling(attempt.status, health, ended_at):
        await disable(tx, endpoint, why, now_ms=ended_at)
