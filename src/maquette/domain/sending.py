"""How does a message get to its endpoint? A chain of steps: claim → prepare → send → mark; `worker` walks it.

What is claimed but never marked, because a process died, is claimed again when its endpoint's lease has run out:
the same id and the same bytes go out once more.
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
"""How long a claimed endpoint is its worker's, which renews the lease while it works; after a crash, it goes on then.

A worker that is held up for longer may send something twice, never lose it.
"""

BATCH_SIZE = 32
"""How many messages an endpoint may get before it goes to the end of the queue."""

MAX_LOGGED_BODY_BYTES = 65_536
MAX_LOGGED_SUCCESS_BYTES = 1_024
KEPT_HEADERS_OF_SUCCESS = 2_048
"""A success needs no looking into, and may come again with every replay."""

UNVOUCHED = "Whoever vouched for it is no longer an owner or an admin."
_UNWRITABLE = "The message couldn't be written; the server's log says why."
_UNSENDABLE = "The message couldn't be sent; the server's log says why."

log = logging.getLogger("maquette.webhooks")


@dataclass(frozen=True, slots=True)
class LeasedBatch:
    """An endpoint that is leased to us, and what to send to it now; nothing where nobody vouches for it any more."""

    endpoint: Endpoint
    deliveries: tuple[DueDelivery, ...]
    is_vouched: bool


async def claim(
    tx: Transaction, by: str, renders: Mapping[str, Render], *, now_ms: int, limit: int, exclude: Collection[int] = ()
) -> list[LeasedBatch]:
    """Lease the endpoints that are ready, but none of the workspaces in `exclude`, and prepare what is due."""
    endpoints = await leases.take(tx, by, until_ms=now_ms + LEASE_MS, now_ms=now_ms, limit=limit, exclude=exclude)
    return [await _prepare_batch(tx, endpoint, renders, now_ms) for endpoint in endpoints]


async def prepare(
    tx: Transaction, endpoint: Endpoint, delivery: DueDelivery, renders: Mapping[str, Render], now_ms: int
) -> DueDelivery:
    """The message with its bytes, written once for all endpoints of a dialect and kept; none where that failed."""
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
    """Whether it may still be sent, asked right before: not to an endpoint that was disabled or removed meanwhile.

    Nor to one that has moved: what is left of its batch waits for the next, which knows the new URL and secret.
    """
    return await outbox.is_still_wanted(tx, endpoint, delivery.serial) and await _is_vouched(tx, endpoint)


async def send(
    sender: Sender, sealer: Sealer, clock: Clock, endpoint: Endpoint, delivery: DueDelivery
) -> Attempt | None:
    """Sign the message anew and post it; what came of it is in the attempt, whose number is still to be given.

    None where it wasn't tried at all: the message waits as before.
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
        reason, came_back, kept = None, _first_of(answer.headers), answer.body[:MAX_LOGGED_SUCCESS_BYTES]
    else:
        reason = f"The endpoint answered {answer.status}."
        came_back, kept = dict(answer.headers), answer.body[:MAX_LOGGED_BODY_BYTES]
    return Attempt(0, endpoint.url, started_at, answer.took_ms, answer.status, reason, headers, came_back, kept)


async def mark(
    tx: Transaction, endpoint: Endpoint, delivery: DueDelivery, attempt: Attempt, *, ended_at: int, chance: float
) -> None:
    """Write down what came of an attempt; of an endpoint that was removed meanwhile, nothing."""
    if attempt.reason is not None:
        await workspaces.lock(tx, endpoint.workspace)  # it may have to be disabled: always the workspace first
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
    elif not locked.has_moved:  # else it says nothing of where the endpoint is now, where the message still has to go
        await _handle_failure(
            tx, endpoint, delivery, attempt, locked.health, tries=tries, ended_at=ended_at, chance=chance
        )


async def disable(tx: Transaction, endpoint: Endpoint, reason: str, *, now_ms: int) -> None:
    """Send the endpoint nothing more, and tell the audit log why."""
    await workspaces.lock(tx, endpoint.workspace)
    if not await leases.disable(tx, endpoint.serial, reason, now_ms):
        return
    found = await webhooks.get(tx, endpoint.workspace, endpoint.serial)
    if found is not None:
        await workspaces.bump_version(tx, endpoint.workspace)
        worker = Actor(endpoint.workspace, user=0, role=Role.OWNER, address="worker")
        await events.record(tx, worker, "webhook.disabled", found, now_ms=now_ms)


def _first_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a success, in their order, as far as they are kept."""
    ends = accumulate(len(name.encode()) + len(value.encode()) for name, value in headers.items())
    whole = zip(headers.items(), ends, strict=True)
    return {name: value for (name, value), end in whole if end <= KEPT_HEADERS_OF_SUCCESS}


async def _prepare_batch(
    tx: Transaction, endpoint: Endpoint, renders: Mapping[str, Render], now_ms: int
) -> LeasedBatch:
    if not await _is_vouched(tx, endpoint):
        return LeasedBatch(endpoint, (), is_vouched=False)
    limit = BATCH_SIZE if endpoint.failures == 0 else 1  # one that fails shows with a single message that it's back
    deliveries = await outbox.due(tx, endpoint, now_ms=now_ms, limit=limit)
    prepared = [await prepare(tx, endpoint, delivery, renders, now_ms) for delivery in deliveries]
    return LeasedBatch(endpoint, tuple(delivery for delivery in prepared if delivery.body is not None), is_vouched=True)


async def _is_vouched(tx: Transaction, endpoint: Endpoint) -> bool:
    """Whether somebody who sees all stands behind the endpoint: it is told of private projects too."""
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
    """Put the message off or give it up, and judge the locked endpoint."""
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
