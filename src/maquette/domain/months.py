"""How many calls has the team left this month? A ledger that is never overdrawn, not even after `kill -9`.

A process leases a slice of what is left (1 %, at least one call) durably and spends it in memory. A clean stop gives
the rest back, and so does a minute without calls; a crash costs at most the slice. The last calls are leased only for
those who wait for them, so the edge is exact. A team without a limit leases nothing: it owes its calls, which are
written down each second.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from maquette.model.clock import MINUTE_MS, Clock, month_end, month_start
from maquette.model.errors import QuotaSpent
from maquette.store import usage, workspaces
from maquette.store.database import Database, Transaction

SLICE = 100
"""One slice is what is left divided by this."""

AT_ONCE = 500
"""So many ledgers, at most, are settled in one transaction, so that nobody has to wait for it."""

IDLE_MS = MINUTE_MS
_NEVER = -1


@dataclass(slots=True)
class Ledger:
    """One team's month as this process knows it: `leased` by anyone, of which `held` are ours and unspent.

    What is held was leased under `limit`; where it is negative, that many calls are owed. `leased` is what the store
    said at `epoch`, if it was asked, and what was settled since.
    """

    workspace: int
    month: int
    ends_at: int
    leased: int = 0
    held: int = 0
    limit: int | None = _NEVER
    spent_at: int = 0
    epoch: int = _NEVER
    waiting: int = 0
    leasing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def used(self) -> int:
        """Calls spent this month, as far as this process knows; what others hold counts as spent."""
        return self.leased - self.held

    def remaining(self, limit: int) -> int:
        """Calls left under this limit."""
        left = limit - self.leased + self.held
        return left if left > 0 else 0

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
        self._over: list[Ledger] = []
        """Those of a month that is over, while they owe."""

    def spend_at_once(self, workspace: int, limit: int | None, now_ms: int) -> Ledger | None:
        """Spend one call if that needs no look at the store; None means `spend` has to be asked."""
        ledger = self._ledgers.get(workspace)
        if ledger is None or now_ms >= ledger.ends_at:
            if limit is not None:
                return None
            ledger = self._begun(workspace, now_ms)
        elif limit is not None and (ledger.held <= 0 or ledger.limit != limit):
            return None
        ledger.held -= 1
        ledger.spent_at = now_ms
        return ledger

    async def spend(self, workspace: int, limit: int | None) -> Ledger:
        """Spend one call. Raises `QuotaSpent`, which costs nothing, and `Unavailable`; neither where there is no limit.

        It goes on where its caller is cancelled: what the store has leased must not get lost on the way.
        """
        ledger = self.spend_at_once(workspace, limit, self._clock.now_ms())
        if ledger is not None:
            return ledger
        assert limit is not None
        return await asyncio.shield(asyncio.ensure_future(self._spend(workspace, limit)))

    async def ledger(self, workspace: int) -> Ledger:
        """The team's ledger of the present month, read from the store where it is new."""
        ledger = self._present(workspace)
        if ledger.epoch == _NEVER:
            async with ledger.leasing:
                await self._look_up(ledger)
        return ledger

    async def present(self, workspace: int) -> Ledger:
        """The same, with what others have leased since."""
        ledger = self._present(workspace)
        async with ledger.leasing:
            await self._look_up(ledger)
        return ledger

    def give_back(self, ledger: Ledger) -> None:
        """Undo one `spend`."""
        ledger.held += 1

    async def settle(self) -> None:
        """Write down what is owed, and give back what teams hold that have not called for a while, for others to spend.

        It goes on where its caller is cancelled. Raises `Unavailable`; it isn't known then what the store has written,
        so nobody spends what was held, and what was owed still is.
        """
        idle_since = self._clock.now_ms() - IDLE_MS
        ledgers = [*self._over, *self._ledgers.values()]
        due = [ledger for ledger in ledgers if ledger.held < 0 or (ledger.held and ledger.spent_at <= idle_since)]
        await asyncio.shield(asyncio.ensure_future(self._settle(due)))
        self._over = [ledger for ledger in self._over if ledger.held < 0]

    async def return_leases(self) -> None:
        """Settle everything, at a clean stop. Raises `Unavailable`."""
        ledgers = [*self._over, *self._ledgers.values()]
        self._ledgers, self._over = {}, []
        await self._settle(ledger for ledger in ledgers if ledger.held)

    def _present(self, workspace: int) -> Ledger:
        now_ms = self._clock.now_ms()
        ledger = self._ledgers.get(workspace)
        return ledger if ledger is not None and now_ms < ledger.ends_at else self._begun(workspace, now_ms)

    def _begun(self, workspace: int, now_ms: int) -> Ledger:
        """A ledger of this month in place of the last one's; what the store has of it isn't known yet."""
        ended = self._ledgers.get(workspace)
        if ended is not None and ended.held < 0:
            self._over.append(ended)
        ledger = self._ledgers[workspace] = Ledger(workspace, month_start(now_ms), month_end(now_ms))
        return ledger

    async def _spend(self, workspace: int, limit: int) -> Ledger:
        while True:
            ledger = self._present(workspace)
            async with _turn(ledger):
                now = self._clock.now_ms()
                if now >= ledger.ends_at:
                    continue
                if ledger.held <= 0 or ledger.limit != limit:
                    await self._lease(ledger, limit)
                if ledger.held <= 0:
                    raise QuotaSpent(limit, ledger.seconds_left(now))
                ledger.held -= 1
                ledger.spent_at = now
                return ledger

    async def _lease(self, ledger: Ledger, limit: int) -> None:
        """Settle with the store: what was held goes back, and a slice of what is left under this limit is taken."""
        if await self._is_known_as_spent(ledger, limit):
            return
        epoch = self._database.epoch()
        held, ledger.held = ledger.held, 0  # nobody may spend it any more

        async def body(tx: Transaction) -> tuple[int, int]:
            await workspaces.lock(tx, ledger.workspace)
            before = await usage.leased(tx, ledger.workspace, ledger.month) - held
            taken = _slice(limit, before, ledger.waiting)
            if taken != held:
                await usage.lease(tx, ledger.workspace, ledger.month, taken - held)
            return before + taken, taken

        try:
            ledger.leased, taken = await self._database.write(body)
        except BaseException:
            ledger.held += min(held, 0)  # what may have gone back is nobody's; what is owed stays owed
            raise
        ledger.held += taken
        ledger.limit, ledger.epoch = limit, epoch

    async def _is_known_as_spent(self, ledger: Ledger, limit: int) -> bool:
        """Whether a refusal needs no write; the store is asked only when others may have written."""
        if ledger.limit != limit or ledger.held < 0 or ledger.leased < limit:
            return False
        await self._look_up(ledger)
        return ledger.leased >= limit

    async def _look_up(self, ledger: Ledger) -> None:
        """Ask what was leased, where others may have written since it was asked; it's the caller's turn to lease."""
        epoch = self._database.epoch()
        if epoch != ledger.epoch:
            ledger.leased = await self._database.read(lambda tx: usage.leased(tx, ledger.workspace, ledger.month))
            ledger.epoch = epoch

    async def _settle(self, ledgers: Iterable[Ledger]) -> None:
        due = sorted(ledgers, key=lambda ledger: (ledger.workspace, ledger.month))  # so that none wait in a ring
        for start in range(0, len(due), AT_ONCE):
            await self._settle_some(due[start : start + AT_ONCE])

    async def _settle_some(self, ledgers: list[Ledger]) -> None:
        async with AsyncExitStack() as turns:
            for ledger in ledgers:
                await turns.enter_async_context(ledger.leasing)
            held = [(ledger, ledger.held) for ledger in ledgers]
            for ledger in ledgers:
                ledger.held = 0  # nobody may spend it any more

            async def body(tx: Transaction) -> None:
                for ledger, calls in held:
                    await usage.lease(tx, ledger.workspace, ledger.month, -calls)

            try:
                await self._database.write(body)
            except BaseException:
                for ledger, calls in held:
                    ledger.held += min(calls, 0)
                raise
            for ledger, calls in held:
                ledger.leased -= calls


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
