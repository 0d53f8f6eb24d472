"""How many calls has the team left this month? A ledger that is never overdrawn, not even after `kill -9`.

A process leases a slice of what is left (1 %, at least one call) durably and spends it in memory. A clean stop gives
the rest back, and so does a minute without calls; a crash costs at most the slice. The last calls are leased only for
those who wait for them, so the edge is exact. A team without a limit leases nothing: it owes its calls, which are
written each second.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from maquette.domain.ledgers import NEVER
from maquette.domain.ledgers import Ledger as Ledger
from maquette.model.clock import MINUTE_MS, Clock, month_end, month_start
from maquette.model.errors import QuotaSpent, Uncertain
from maquette.store import usage, workspaces
from maquette.store.database import Database, Transaction

SLICE = 100
"""A slice is what is left of the month, divided by this."""

BATCH_SIZE = 500
"""How many ledgers are written in one transaction, at most, so that nobody waits for it for long."""

IDLE_MS = MINUTE_MS


class MonthlyQuotas:
    """The ledgers of the teams that have called."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ledgers: dict[int, Ledger] = {}
        self._owing: dict[int, Ledger] = {}
        """Those that owe, of past months too, by their identity."""
        self._settle_lock = asyncio.Lock()
        """One settlement after the other: a stop waits for the one under way. It is the first lock to be taken."""
        self._write_lock = asyncio.Lock()
        """What is owed is being written. It is the last lock to be taken."""

    def try_spend(self, workspace: int, limit: int | None, now_ms: int) -> Ledger | None:
        """Spend one call if that needs no look at the store, as ever without a limit; else None, and ask `spend`."""
        if limit is None:
            ledger = self._current(workspace, now_ms)
            ledger.limit = NEVER  # what is held is leased anew before it's spent under a limit again
            self._owe(ledger, 1)
        else:
            found = self._ledgers.get(workspace)
            if found is None or found.held <= 0 or found.limit != limit or not found.covers(now_ms):
                return None
            ledger = found
            ledger.held -= 1
        ledger.spent_at = now_ms
        return ledger

    async def spend(self, workspace: int, limit: int | None) -> Ledger:
        """Spend one call. Raises `QuotaSpent`, which costs nothing, and `Unavailable`; nothing where there is no limit.

        It goes on where its caller is cancelled: what the store has leased must not get lost on the way.
        """
        ledger = self.try_spend(workspace, limit, self._clock.now_ms())
        if ledger is not None or limit is None:
            assert ledger
            return ledger
        return await asyncio.shield(asyncio.ensure_future(self._spend(workspace, limit)))

    async def ledger(self, workspace: int, limit: int | None) -> Ledger:
        """The team's ledger of the present month; read from the store if it's new and there is a limit to tell of."""
        ledger = self._current(workspace, self._clock.now_ms())
        if limit is not None and ledger.epoch == NEVER:
            epoch, leased = await self._fetch_leased(ledger)
            if ledger.epoch == NEVER:
                ledger.epoch, ledger.leased = epoch, leased
        return ledger

    async def refreshed(self, workspace: int) -> Ledger:
        """The same, whatever the limit, with what others have leased since."""
        ledger = self._current(workspace, self._clock.now_ms())
        async with ledger.lease_lock, self._write_lock:
            await self._look_up(ledger)
        return ledger

    def give_back(self, ledger: Ledger, limit: int | None) -> None:
        """Undo one `spend` under that limit."""
        if limit is None:
            self._owe(ledger, -1)
        else:
            ledger.held += 1

    async def settle(self) -> None:
        """Write down what is owed, and give back what teams hold that have not called for a while, for others to spend.

        It goes on where its caller is cancelled. Raises `Unavailable` when all the rest is done: what was owed still is
        then, and what was held is nobody's, for it isn't known what the store has written.
        """
        idle_since = self._clock.now_ms() - IDLE_MS
        await asyncio.shield(asyncio.ensure_future(self._settle(self._ledgers.values(), idle_since)))

    async def return_leases(self) -> None:
        """Settle everything, at a clean stop. Raises `Unavailable`."""
        ledgers, self._ledgers = self._ledgers, {}
        await self._settle(ledgers.values(), self._clock.now_ms())

    def _current(self, workspace: int, now_ms: int) -> Ledger:
        ledger = self._ledgers.get(workspace)
        if ledger is None or not ledger.covers(now_ms):
            ledger = self._ledgers[workspace] = Ledger(workspace, month_start(now_ms), month_end(now_ms))
        return ledger

    def _owe(self, ledger: Ledger, calls: int) -> None:
        if not ledger.owed:
            self._owing[id(ledger)] = ledger
        ledger.owed += calls

    async def _spend(self, workspace: int, limit: int) -> Ledger:
        while True:
            ledger = self._current(workspace, self._clock.now_ms())
            async with _lease_turn(ledger):
                now = self._clock.now_ms()
                if not ledger.covers(now):
                    continue
                if ledger.held <= 0 or ledger.limit != limit:
                    await self._lease(ledger, limit)
                if ledger.held <= 0:
                    raise QuotaSpent(limit, ledger.seconds_left(now))
                ledger.held -= 1
                ledger.spent_at = now
                return ledger

    async def _lease(self, ledger: Ledger, limit: int) -> None:
        """Take a slice of what is left under this limit; what was held goes back, and what is owed is written."""
        if ledger.being_written:
            async with self._write_lock:
                pass  # else it would be left out
        if await self._is_known_as_spent(ledger, limit):
            return
        epoch = self._database.epoch()
        held, ledger.held = ledger.held, 0  # nobody may spend it any more
        owed, ledger.owed = ledger.owed, 0

        async def body(tx: Transaction) -> tuple[int, int]:
            await workspaces.lock(tx, ledger.workspace)
            before = await usage.leased(tx, ledger.workspace, ledger.month) - held + owed
            taken = _slice(limit, before, ledger.waiting)
            if change := taken - held + owed:
                await usage.lease(tx, {(ledger.workspace, ledger.month): change})
            return before + taken, taken

        try:
            ledger.leased, taken = await self._database.write(body)
        except BaseException as error:  # what was held may have gone back, so that it's nobody's
            if not isinstance(error, Uncertain):
                self._owe(ledger, owed)
            raise
        ledger.held += taken
        ledger.limit, ledger.epoch = limit, epoch

    async def _is_known_as_spent(self, ledger: Ledger, limit: int) -> bool:
        """Whether a refusal needs no write; the store is asked only when others may have written."""
        if ledger.limit != limit or ledger.owed or ledger.leased < limit:
            return False
        await self._look_up(ledger)
        return ledger.leased >= limit

    async def _look_up(self, ledger: Ledger) -> None:
        """Ask what was leased, where others may have written since it was asked; it's the caller's turn to lease."""
        if self._database.epoch() != ledger.epoch:
            ledger.epoch, ledger.leased = await self._fetch_leased(ledger)

    async def _fetch_leased(self, ledger: Ledger) -> tuple[int, int]:
        epoch = self._database.epoch()
        return epoch, await self._database.read(lambda tx: usage.leased(tx, ledger.workspace, ledger.month))

    async def _settle(self, ledgers: Iterable[Ledger], idle_since: int) -> None:
        async with self._settle_lock:
            idle = [ledger for ledger in ledgers if ledger.has_idle_lease(idle_since)]
            returns = (self._return(ledger, idle_since) for ledger in idle)
            ends = await asyncio.gather(self._write_owed(), *returns, return_exceptions=True)
        for failed in (end for end in ends if end is not None):
            raise failed

    async def _return(self, ledger: Ledger, idle_since: int) -> None:
        async with ledger.lease_lock:
            if not ledger.has_idle_lease(idle_since):  # it has called while we waited
                return
            held, ledger.held = ledger.held, 0
            await self._database.write(lambda tx: usage.lease(tx, {(ledger.workspace, ledger.month): -held}))
            ledger.leased -= held
            ledger.epoch = NEVER  # it may have been asked before or after this

    async def _write_owed(self) -> None:
        """Write down what is owed; where one of the writes fails, the others are still made."""
        async with self._write_lock:
            owing = sorted(self._owing.values(), key=_place)  # in one order everywhere
            failed = None
            for start in range(0, len(owing), BATCH_SIZE):
                try:
                    await self._write_owed_batch(owing[start : start + BATCH_SIZE])
                except Exception as error:
                    failed = error
            if failed is not None:
                raise failed

    async def _write_owed_batch(self, ledgers: Sequence[Ledger]) -> None:
        owed: Counter[tuple[int, int]] = Counter()
        for ledger in ledgers:
            del self._owing[id(ledger)]
            ledger.being_written, ledger.owed = ledger.owed, 0
            owed[_place(ledger)] += ledger.being_written
        paid = {place: calls for place, calls in owed.items() if calls}
        is_written = True
        try:
            if paid:
                await self._database.write(lambda tx: usage.lease(tx, paid))
        except BaseException as error:
            is_written = isinstance(error, Uncertain)  # if it isn't, too few are told of, rather than too many
            raise
        finally:
            for ledger in ledgers:
                calls, ledger.being_written = ledger.being_written, 0
                if is_written:
                    ledger.leased += calls
                    ledger.epoch = NEVER  # it may have been asked before or after this
                elif calls:
                    self._owe(ledger, calls)


@asynccontextmanager
async def _lease_turn(ledger: Ledger) -> AsyncIterator[None]:
    """One caller after the other; whoever leases knows how many wait."""
    ledger.waiting += 1
    try:
        async with ledger.lease_lock:
            yield
    finally:
        ledger.waiting -= 1


def _place(ledger: Ledger) -> tuple[int, int]:
    return ledger.workspace, ledger.month


def _slice(limit: int, leased: int, waiting: int) -> int:
    """A hundredth of what is left, or as many as wait for a call right now."""
    left = max(0, limit - leased)
    return min(left, max(left // SLICE, waiting))
