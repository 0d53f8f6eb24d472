"""Who sends webhook deliveries? A worker, in each server or in a process of its own; any number share a store.

A waiting delivery takes no timer, task or memory. A worker asks the store which endpoints are ready, leases as many as
it has capacity for, and sends each what is due in a task of its own, so that a slow, dead or flooded endpoint delays
no other.
"""

import asyncio
import logging
import random
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from maquette.domain import replays as domain_replays
from maquette.domain import sending
from maquette.domain.messages import Render
from maquette.domain.seal import Sealer
from maquette.domain.senders import Sender
from maquette.domain.sending import LeasedBatch
from maquette.model.clock import Clock
from maquette.model.errors import Unavailable
from maquette.store import leases, replays
from maquette.store.database import Body, Change, Database
from maquette.store.leases import Endpoint
from maquette.store.outbox import DueDelivery

T = TypeVar("T")

MAX_CONCURRENT = 64
"""How many endpoints are sent to at the same time."""

MAX_PER_WORKSPACE = 16
"""How many of those may be of one workspace."""

CLAIM_BATCH = 4
"""How many endpoints are leased in one transaction, which also renders their messages, so that it stays short."""

MAX_PER_ENDPOINT = 8
"""How many messages are sent to one endpoint at the same time."""

MAX_STORE_TASKS = 8
"""How many transactions a worker runs at the same time: API calls of the process need connections, too."""

POLL_S = 1.0
"""How often to look for deliveries that other processes have added, and for those that have become due."""

BETWEEN_PARTS_S = 0.02
"""How long to pause after each part of a replay, so that others can use the store."""

RENEW_S = 3.0
CANCEL_GRACE_S = 5.0

log = logging.getLogger("maquette.webhooks")


@dataclass(frozen=True, slots=True)
class WorkerDependencies:
    """What a worker works with. `renders` holds, for each dialect by name, the function that renders its messages."""

    database: Database
    clock: Clock
    sealer: Sealer
    sender: Sender
    renders: Mapping[str, Render]


class Worker:
    """Claims endpoints with due deliveries and sends these, until stopped."""

    def __init__(self, dependencies: WorkerDependencies) -> None:
        self._dependencies = dependencies
        self._name = uuid.uuid4().hex
        self._batches: dict[asyncio.Task[None], LeasedBatch] = {}
        self._woken = asyncio.Event()
        self._is_stopping = False
        self._store_slots = asyncio.Semaphore(MAX_STORE_TASKS)
        dependencies.database.listen(self._on_changes)

    async def run(self) -> None:
        """Work until `stop`. An error is logged, and what failed is tried again."""
        background = [asyncio.create_task(chore()) for chore in (self._keep_leases, self._keep_replaying)]
        try:
            while not self._is_stopping:
                self._woken.clear()
                if not await self._try_step():
                    await self._wait_for_work()
        finally:
            for chore in background:
                chore.cancel()

    async def stop(self, drain_s: float) -> None:
        """Begin no more batches, wait up to `drain_s` seconds for those under way, and release every endpoint."""
        self._is_stopping = True
        self._woken.set()
        if self._batches:
            await asyncio.wait(self._batches, timeout=drain_s)
        unfinished = list(self._batches)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=CANCEL_GRACE_S)

    async def step(self) -> int:
        """Claim endpoints that are ready, as far as there is capacity, and begin their batches; returns how many."""
        free = MAX_CONCURRENT - len(self._batches)
        if free <= 0:
            return 0
        full, now_ms = self._full_workspaces(), self._dependencies.clock.now_ms()
        ready_at = await self._read(lambda tx: leases.next_ready(tx, now_ms, exclude=full))
        if ready_at is None or ready_at > now_ms:
            return 0
        batches = await self._claim(now_ms, min(free, CLAIM_BATCH), full)
        for batch in batches:
            task = asyncio.create_task(self._run_batch(batch))
            self._batches[task] = batch
            task.add_done_callback(self._forget)
        return len(batches)

    async def replay(self) -> bool:
        """Work off one part of the replay that has waited the longest; False where there is none."""
        now_ms = self._dependencies.clock.now_ms()
        if await self._read(replays.first) is None:
            return False
        return await self._write(lambda tx: domain_replays.run_next_part(tx, now_ms=now_ms))

    async def settle(self) -> None:
        """Wait until all batches under way have ended."""
        while self._batches:
            await asyncio.wait(self._batches)

    async def _try_step(self) -> int:
        try:
            return await self.step()
        except Unavailable as error:
            log.warning("the store is unavailable, messages wait: %s", error)
        except Exception:
            log.exception("claiming messages failed, and goes on")
        return 0

    async def _wait_for_work(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), POLL_S)

    async def _claim(self, now_ms: int, limit: int, exclude: Collection[int]) -> list[LeasedBatch]:
        renders = self._dependencies.renders
        return await self._write(
            lambda tx: sending.claim(tx, self._name, renders, now_ms=now_ms, limit=limit, exclude=exclude)
        )

    def _full_workspaces(self) -> set[int]:
        """The workspaces with `MAX_PER_WORKSPACE` batches under way."""
        held = Counter(batch.endpoint.workspace for batch in self._batches.values())
        return {workspace for workspace, batches in held.items() if batches >= MAX_PER_WORKSPACE}

    async def _run_batch(self, batch: LeasedBatch) -> None:
        """Process one batch, and release its endpoint, also when cancelled."""
        try:
            await self._process_batch(batch)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await self._release(batch.endpoint)
            raise

    async def _process_batch(self, batch: LeasedBatch) -> None:
        """Send the batch and release its endpoint; after an error of ours, that waits for the lease to run out."""
        try:
            if batch.is_vouched:
                await self._send_all(batch.endpoint, batch.deliveries)
            else:
                await self._disable(batch.endpoint)
            await self._release(batch.endpoint)
        except* Unavailable as errors:
            log.warning("the store is unavailable, an endpoint waits: %s", errors.exceptions[0])
        except* Exception:
            log.exception("an endpoint's turn broke off")

    async def _disable(self, endpoint: Endpoint) -> None:
        now_ms = self._dependencies.clock.now_ms()
        await self._write(lambda tx: sending.disable(tx, endpoint, sending.UNVOUCHED, now_ms=now_ms))

    async def _send_all(self, endpoint: Endpoint, deliveries: Collection[DueDelivery]) -> None:
        """Send up to `MAX_PER_ENDPOINT` at a time, and begin no more after a failure: the endpoint may need a pause."""
        waiting = iter(deliveries)
        has_failed = asyncio.Event()

        async def lane() -> None:
            for delivery in waiting:
                if has_failed.is_set() or self._is_stopping:
                    return
                if not await self._deliver(endpoint, delivery):
                    has_failed.set()

        async with asyncio.TaskGroup() as lanes:
            for _ in range(min(MAX_PER_ENDPOINT, len(deliveries))):
                lanes.create_task(lane())

    async def _deliver(self, endpoint: Endpoint, delivery: DueDelivery) -> bool:
        """Make one attempt; True where the message arrived, or is no longer to be sent."""
        needed = self._dependencies
        if not await self._read(lambda tx: sending.is_wanted(tx, endpoint, delivery)):
            return True
        attempt = await sending.send(needed.sender, needed.sealer, needed.clock, endpoint, delivery)
        if attempt is None:
            return False
        ended_at, chance = needed.clock.now_ms(), random.random()  # noqa: S311  # jitter, no secret
        await self._write(lambda tx: sending.mark(tx, endpoint, delivery, attempt, ended_at=ended_at, chance=chance))
        return attempt.reason is None

    async def _release(self, endpoint: Endpoint) -> None:
        now_ms = self._dependencies.clock.now_ms()
        await self._write(lambda tx: leases.release(tx, endpoint.serial, self._name, now_ms))

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            held = sorted(batch.endpoint.serial for batch in self._batches.values())
            until_ms = self._dependencies.clock.now_ms() + sending.LEASE_MS
            try:
                if held:
                    await self._renew(held, until_ms)
            except Unavailable as error:
                log.warning("leases can't be renewed: %s", error)
            except Exception:
                log.exception("renewing leases failed, and goes on")

    async def _keep_replaying(self) -> None:
        """Work off replays part by part, each after a pause in which others can use the store."""
        while True:
            try:
                while await self.replay():
                    await asyncio.sleep(BETWEEN_PARTS_S)
            except Unavailable as error:
                log.warning("the store is unavailable, replays wait: %s", error)
            except Exception:
                log.exception("a replay failed, and goes on")
            await asyncio.sleep(POLL_S)

    async def _renew(self, held: Collection[int], until_ms: int) -> None:
        await self._write(lambda tx: leases.renew(tx, self._name, until_ms, webhooks=held))

    async def _read(self, body: Body[T]) -> T:
        async with self._store_slots:
            return await self._dependencies.database.read(body)

    async def _write(self, body: Body[T]) -> T:
        async with self._store_slots:
            return await self._dependencies.database.write(body)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        if any(change.due or change.workspace is None for change in changes):
            self._woken.set()

    def _forget(self, task: "asyncio.Task[None]") -> None:
        del self._batches[task]
        self._woken.set()
