"""How many calls has the team left this month? A ledger that is never overdrawn, not even after `kill -9`.

A process leases a slice of what is left (1 %, at least one call) durably and spends it in memory. A clean stop gives
the rest back, and so does a minute without calls; a crash costs at most the slice. The last calls are leased only for
those who wait for them, so the edge is exact.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from maquette.model.clock import MINUTE_MS, Clock, month_end, month_start
from maquette.model.errors import QuotaSpent, Unavailable
from maquette.store import usage, workspaces
from maquette.store.database import Database, Transaction

SLICE = 100
"""One slice is what is left divided by this."""

FEWEST, MOST = 100, 10_000
"""How many calls a team without a limit leases at once: some that last for about a second."""

SOON_MS = 1_000
IDLE_MS = MINUTE_MS
_NEVER = -1


@dataclass(slots=True)
class Ledger:
    """One team's month as this process knows it: `leased` by anyone, of which `held` are ours and unspent.

    What is held was leased under `limit`. A team without one may owe: then `held` is negative.
    """

    workspace: int
    month: int
    ends_at: int
    leased: int = 0
    held: int = 0
    limit: int | None = _NEVER
    spent_at: int = 0
    epoch: int = 0
    stride: int = FEWEST
    leased_at: int = 0
    waiting: int = 0
    leasing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def used(self) -> int:
        """Calls spent this month, as far as this process knows; what others hold counts as spent."""
        return self.leased - self.held

    def remaining(self, limit: int) -> int:
        """Calls left under this limit."""
        left = limit - self.leased + self.held
        return left if left > 0 else 0

    def next_stride(self, now_ms: int) -> int:
        """How many calls to lease where there is no limit: twice as many as last time, or half as many."""
        is_soon = now_ms - self.leased_at < SOON_MS
        return min(MOST, 2 * self.stride) if is_soon else max(FEWEST, self.stride // 2)

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until the month ends, rounded up, at least 1."""
        left = -((now_ms - self.ends_at) // 1000)
        return left if left > 0 else 1


class Months:
    """The ledgers of the teams that have called."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ledgers: dict[int, Ledger] = {}

    def spend_at_once(self, workspace: int, limit: int | None, now_ms: int) -> Ledger | None:
        """Spend one call if that needs no look at the store; None means `spend` has to be asked."""
        ledger = self._ledgers.get(workspace)
        if ledger is None or ledger.held <= 0 or ledger.limit != limit or now_ms >= ledger.ends_at:
            return None
        ledger.held -= 1
        ledger.spent_at = now_ms
        return ledger

    async def spend(self, workspace: int, limit: int | None) -> Ledger:
        """Spend one call. Raises `QuotaSpent`, which costs nothing, and `Unavailable`.

        It goes on where its caller is cancelled: what the store has leased must not get lost on the way.
        """
        return await asyncio.shield(asyncio.ensure_future(self._spend(workspace, limit)))

    async def ledger(self, workspace: int) -> Ledger:
        """The team's ledger of the present month, read from the store where it is new."""
        now = self._clock.now_ms()
        ledger = self._ledgers.get(workspace)
        if ledger is None or now >= ledger.ends_at:
            fresh = Ledger(workspace, month_start(now), month_end(now))
            await self._look_up(fresh)
            ledger = self._ledgers.get(workspace)
            if ledger is None or now >= ledger.ends_at:
                ledger = self._ledgers[workspace] = fresh
        return ledger

    async def present(self, workspace: int) -> Ledger:
        """The same, with what others have leased since."""
        ledger = await self.ledger(workspace)
        async with ledger.leasing:
            if self._database.epoch() != ledger.epoch:
                await self._look_up(ledger)
        return ledger

    def give_back(self, ledger: Ledger) -> None:
        """Undo one `spend`."""
        ledger.held += 1

    async def return_idle(self) -> None:
        """Give back what teams hold that have not called for a while, so that other processes can spend it.

        Raises `Unavailable`; it isn't known then what the store has written, so nobody spends it.
        """
        now = self._clock.now_ms()
        await self._return(ledger for ledger in self._ledgers.values() if now - ledger.spent_at >= IDLE_MS)

    async def return_leases(self) -> None:
        """Give back what was leased and not spent, at a clean stop."""
        kept, self._ledgers = self._ledgers, {}
        await self._return(kept.values())

    async def _spend(self, workspace: int, limit: int | None) -> Ledger:
        while True:
            ledger = await self.ledger(workspace)
            async with _turn(ledger):
                now = self._clock.now_ms()
                if now >= ledger.ends_at:
                    continue
                if ledger.held <= 0 or ledger.limit != limit:
                    await self._lease(ledger, limit)
                if ledger.held <= 0 and limit is not None:
                    raise QuotaSpent(limit, ledger.seconds_left(now))
                ledger.held -= 1
                ledger.spent_at = now
                return ledger

    async def _lease(self, ledger: Ledger, limit: int | None) -> None:
        """Settle with the store: what was held goes back, and a slice of what is left under this limit is taken."""
        if await self._is_known_as_spent(ledger, limit):
            return
        epoch = self._database.epoch()
        held, ledger.held = ledger.held, 0  # nobody may spend it any more
        now_ms = self._clock.now_ms()
        stride = ledger.next_stride(now_ms)

        async def body(tx: Transaction) -> tuple[int, int]:
            await workspaces.lock(tx, ledger.workspace)
            before = await usage.leased(tx, ledger.workspace, ledger.month) - held
            taken = stride if limit is None else _slice(limit, before, ledger.waiting)
            if taken != held:
                await usage.lease(tx, ledger.workspace, ledger.month, taken - held)
            return before + taken, taken

        try:
            ledger.leased, taken = await self._database.write(body)
        except BaseException as error:
            ledger.held += min(held, 0)  # what may have gone back is nobody's; what is owed stays owed
            if limit is None and isinstance(error, Unavailable):
                return  # with no limit to keep, calls go on, and are written down later
            raise
        ledger.held += taken
        ledger.limit, ledger.epoch = limit, epoch
        ledger.stride, ledger.leased_at = stride, now_ms

    async def _is_known_as_spent(self, ledger: Ledger, limit: int | None) -> bool:
        """Whether a refusal needs no write; the store is asked only when others may have written."""
        if limit is None or ledger.limit != limit or ledger.leased < limit:
            return False
        if self._database.epoch() != ledger.epoch:
            await self._look_up(ledger)
        return ledger.leased >= limit

    async def _look_up(self, ledger: Ledger) -> None:
        epoch = self._database.epoch()
        ledger.leased = await self._database.read(lambda tx: usage.leased(tx, ledger.workspace, ledger.month))
        ledger.epoch = epoch

    async def _return(self, ledgers: Iterable[Ledger]) -> None:
        await asyncio.gather(*(self._return_one(ledger) for ledger in ledgers if ledger.held))

    async def _return_one(self, ledger: Ledger) -> None:
        async with ledger.leasing:
            held, ledger.held = ledger.held, 0
            try:
                await self._database.write(lambda tx: usage.lease(tx, ledger.workspace, ledger.month, -held))
            except BaseException:
                ledger.held += min(held, 0)
                raise
            ledger.leased -= held


@asynccontextmanager
async def _turn(ledger: Ledger) -> AsyncIterator[None]:
    """One caller after the other; whoever leases knows how many wait."""
    ledger.waiting += 1
    try:
        async with ledger.leasing:
            yield
    finally:
        ledger.waiting -= 1


def _slice(limit: int, leased: int, waiting: int) -> int:
    """A hundredth of what is left, or as many as wait for a call right now."""
    left = max(0, limit - leased)
    return min(left, max(left // SLICE, waiting))
