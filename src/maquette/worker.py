"""Who sends what waits? One worker in each server, or in a process of its own; any number share a store.

Nothing is kept for what waits: no timer, task or memory. A worker asks the store which endpoints are ready, leases as
many as it has room for, and sends each what is due in a task of its own, so that a slow, dead or flooded endpoint
holds up nobody but itself.
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
"""How many are leased in one transaction, which writes the messages of each: it must not hold up others."""

MAX_PER_ENDPOINT = 8
"""How many messages are on their way to one endpoint at the same time."""

MAX_STORE_TASKS = 8
"""How many transactions at the same time, so that callers of the same process find connections free."""

POLL_S = 1.0
"""How often to look for what other processes have left, and for what has come due."""

BETWEEN_PARTS_S = 0.02
"""How long a replay leaves the store to others after each part."""

RENEW_S = 3.0
CANCEL_GRACE_S = 5.0

log = logging.getLogger("maquette.webhooks")


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with; `renders` writes messages in the words of each dialect, by its name."""

    database: Database
    clock: Clock
    sealer: Sealer
    sender: Sender
    renders: Mapping[str, Render]


class Worker:
    """Claims what is due and sends it, until stopped."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._name = uuid.uuid4().hex
        self._batches: dict[asyncio.Task[None], LeasedBatch] = {}
        self._woken = asyncio.Event()
        self._is_stopping = False
        self._store_slots = asyncio.Semaphore(MAX_STORE_TASKS)
        tools.database.listen(self._on_changes)

    async def run(self) -> None:
        """Work until `stop`; what fails now is tried again."""
        beside = [asyncio.create_task(chore()) for chore in (self._keep_leases, self._keep_replaying)]
        try:
            while not self._is_stopping:
                self._woken.clear()
                if not await self._try_step():
                    await self._wait_for_work()
        finally:
            for chore in beside:
                chore.cancel()

    async def stop(self, drain_s: float) -> None:
        """Begin nothing more, let what is under way end within that time, and give back the leases."""
        self._is_stopping = True
        self._woken.set()
        if self._batches:
            await asyncio.wait(self._batches, timeout=drain_s)
        left = list(self._batches)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CANCEL_GRACE_S)

    async def step(self) -> int:
        """Begin the batches of endpoints that are ready, as far as there is room; returns how many."""
        free = MAX_CONCURRENT - len(self._batches)
        if free <= 0:
            return 0
        full, now_ms = self._full_workspaces(), self._tools.clock.now_ms()
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
        """Work off one part of a replay; False where none is under way."""
        now_ms = self._tools.clock.now_ms()
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
        return await self._write(
            lambda tx: sending.claim(tx, self._name, self._tools.renders, now_ms=now_ms, limit=limit, exclude=exclude)
        )

    def _full_workspaces(self) -> set[int]:
        """The workspaces that have as many batches as one may have."""
        held = Counter(batch.endpoint.workspace for batch in self._batches.values())
        return {workspace for workspace, batches in held.items() if batches >= MAX_PER_WORKSPACE}

    async def _run_batch(self, batch: LeasedBatch) -> None:
        """One batch, from its first message to giving its endpoint back."""
        try:
            await self._carry_out(batch)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await self._release(batch.endpoint)
            raise

    async def _carry_out(self, batch: LeasedBatch) -> None:
        """What goes wrong on our side leaves it leased: until that runs out, nothing is sent over and over."""
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
        now_ms = self._tools.clock.now_ms()
        await self._write(lambda tx: sending.disable(tx, endpoint, sending.UNVOUCHED, now_ms=now_ms))

    async def _send_all(self, endpoint: Endpoint, deliveries: Collection[DueDelivery]) -> None:
        """Some at the same time, and after a failure no more: the endpoint may want to be left in peace."""
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
        """Whether it arrived, or isn't wanted any more."""
        tools = self._tools
        if not await self._read(lambda tx: sending.is_wanted(tx, endpoint, delivery)):
            return True
        attempt = await sending.send(tools.sender, tools.sealer, tools.clock, endpoint, delivery)
        if attempt is None:
            return False
        ended_at, chance = tools.clock.now_ms(), random.random()  # noqa: S311  # it spreads load, and hides nothing
        await self._write(lambda tx: sending.mark(tx, endpoint, delivery, attempt, ended_at=ended_at, chance=chance))
        return attempt.reason is None

    async def _release(self, endpoint: Endpoint) -> None:
        now_ms = self._tools.clock.now_ms()
        await self._write(lambda tx: leases.release(tx, endpoint.serial, self._name, now_ms))

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            held = sorted(batch.endpoint.serial for batch in self._batches.values())
            until_ms = self._tools.clock.now_ms() + sending.LEASE_MS
            try:
                if held:
                    await self._renew(held, until_ms)
            except Unavailable as error:
                log.warning("leases can't be renewed: %s", error)
            except Exception:
                log.exception("renewing leases failed, and goes on")

    async def _keep_replaying(self) -> None:
        """Part after part, each after what came in meanwhile."""
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
            return await self._tools.database.read(body)

    async def _write(self, body: Body[T]) -> T:
        async with self._store_slots:
            return await self._tools.database.write(body)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        if any(change.due or change.workspace is None for change in changes):
            self._woken.set()

    def _forget(self, task: "asyncio.Task[None]") -> None:
        del self._batches[task]
        self._woken.set()
