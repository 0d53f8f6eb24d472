"""How many calls has the team left this month? Its limit is never exceeded, not even after `kill -9`.

A process durably leases a slice of the remaining calls (1 %, at least one) and spends it in memory. It returns the rest
at a clean stop, and after a minute without calls; a crash loses at most the slice. Of the last 100 calls only as many
are leased as callers wait for, so that exactly the limit can be spent. A team without a limit leases nothing: its calls
are owed, which means counted in memory and written each second.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from maquette.domain.ledgers import Ledger as Ledger
from maquette.model.clock import MINUTE_MS, Clock, month_end, month_start
from maquette.model.errors import QuotaSpent, Uncertain
from maquette.store import usage, workspaces
from maquette.store.database import Database, Transaction

SLICE = 100
"""A slice is the calls left this month, divided by this."""

BATCH_SIZE = 500
"""How many ledgers are written in one transaction, at most, so that it doesn't block other writers for long."""

IDLE_MS = MINUTE_MS
"""After how long without a call a team's lease is returned."""

# Lock order: `_settle_lock`, then a ledger's `lease_lock`, then `_write_lock`.
# - `_settle_lock` lets one settlement run at a time: a stop waits for the one under way.
# - `lease_lock` is held while calls are leased for the team, or its lease is returned.
# - `_write_lock` is held while owed calls are written.


class MonthlyQuotas:
    """The ledgers of the teams that have called."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ledgers: dict[int, Ledger] = {}
        self._owing: dict[int, Ledger] = {}
        """The ledgers with owed calls, those of past months too, by `id(ledger)`."""
        self._settle_lock = asyncio.Lock()
        self._write_lock = asyncio.Lock()

    def try_spend(self, workspace: int, limit: int | None, now_ms: int) -> Ledger | None:
        """Spend one call if memory alone can do it, as it always can without a limit; None: call `spend` instead."""
        if limit is None:
            ledger = self._current(workspace, now_ms)
            ledger.limit = None  # a limit that comes later differs from it: held calls are then leased again
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
        """Spend one call. With a limit, raises `QuotaSpent`, which costs nothing, and `Unavailable`.

        It runs to its end even if the caller is cancelled, so that no call leased in the store is lost.
        """
        ledger = self.try_spend(workspace, limit, self._clock.now_ms())
        if ledger is not None or limit is None:
            assert ledger
            return ledger
        return await asyncio.shield(asyncio.ensure_future(self._spend(workspace, limit)))

    async def ledger(self, workspace: int, limit: int | None) -> Ledger:
        """The team's ledger of the present month, read from the store if it is new and the team has a limit."""
        ledger = self._current(workspace, self._clock.now_ms())
        if limit is not None and ledger.epoch is None:
            epoch, leased = await self._fetch_leased(ledger)
            if ledger.epoch is None:  # else another call has set both meanwhile
                ledger.epoch, ledger.leased = epoch, leased
        return ledger

    async def refreshed(self, workspace: int) -> Ledger:
        """The team's ledger of the present month, read from the store unless it is known to be current."""
        ledger = self._current(workspace, self._clock.now_ms())
        async with ledger.lease_lock, self._write_lock:
            await self._refresh(ledger)
        return ledger

    def give_back(self, ledger: Ledger, limit: int | None) -> None:
        """Undo one `spend` under that limit."""
        if limit is None:
            self._owe(ledger, -1)
        else:
            ledger.held += 1

    async def settle(self) -> None:
        """Write the owed calls, and return the leases of teams that haven't called for `IDLE_MS`.

        It runs to its end even if the caller is cancelled. Raises `Unavailable` if a write failed, after all others
        were tried. Owed calls whose write failed remain owed, unless its outcome is unknown (`Uncertain`): then they
        count as written. A lease whose return failed is lost (at most one slice): the store may have taken it back.
        """
        idle_since = self._clock.now_ms() - IDLE_MS
        await asyncio.shield(asyncio.ensure_future(self._settle(self._ledgers.values(), idle_since)))

    async def return_leases(self) -> None:
        """Write all owed calls and return all leases, at a clean stop. Raises `Unavailable`."""
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
        """Lease a slice under this limit; the same transaction returns the held calls and writes the owed ones.

        The caller holds the ledger's `lease_lock`.
        """
        if ledger.being_written:  # these calls are neither owed any more nor surely in the store yet
            await self._wait_for_writes()
        if await self._is_known_as_spent(ledger, limit):
            return
        epoch = self._database.epoch()
        held, ledger.held = ledger.held, 0  # from here on nobody may spend them
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
        except BaseException as error:  # the held calls are lost: the store may have taken them back
            if not isinstance(error, Uncertain):
                self._owe(ledger, owed)
            raise
        ledger.held += taken
        ledger.limit, ledger.epoch = limit, epoch

    async def _wait_for_writes(self) -> None:
        """Return when no write of owed calls is under way."""
        async with self._write_lock:
            pass

    async def _is_known_as_spent(self, ledger: Ledger, limit: int) -> bool:
        """Whether the month is spent, so that the call can be refused without a write."""
        if ledger.limit != limit or ledger.owed or ledger.leased < limit:
            return False
        await self._refresh(ledger)
        return ledger.leased >= limit

    async def _refresh(self, ledger: Ledger) -> None:
        """Read `leased` again if other processes may have written since. The caller holds the ledger's `lease_lock`."""
        if self._database.epoch() != ledger.epoch:
            ledger.epoch, ledger.leased = await self._fetch_leased(ledger)

    async def _fetch_leased(self, ledger: Ledger) -> tuple[int, int]:
        epoch = self._database.epoch()
        return epoch, await self._database.read(lambda tx: usage.leased(tx, ledger.workspace, ledger.month))

    async def _settle(self, ledgers: Iterable[Ledger], idle_since: int) -> None:
        async with self._settle_lock:
            idle = [ledger for ledger in ledgers if ledger.has_idle_lease(idle_since)]
            returns = (self._return(ledger, idle_since) for ledger in idle)
            results = await asyncio.gather(self._write_owed(), *returns, return_exceptions=True)
        errors = [result for result in results if result is not None]
        if errors:
            raise errors[0]

    async def _return(self, ledger: Ledger, idle_since: int) -> None:
        async with ledger.lease_lock:
            if not ledger.has_idle_lease(idle_since):  # it has called while we waited for the lock
                return
            held, ledger.held = ledger.held, 0
            await self._database.write(lambda tx: usage.lease(tx, {(ledger.workspace, ledger.month): -held}))
            ledger.leased -= held
            ledger.epoch = None  # a read under way may have seen the store before or after this write

    async def _write_owed(self) -> None:
        """Write the owed calls in batches; all are tried, even if one fails. Raises the last error."""
        async with self._write_lock:
            owing = sorted(self._owing.values(), key=_row_key)  # every process writes the rows in the same order
            last_error = None
            for start in range(0, len(owing), BATCH_SIZE):
                try:
                    await self._write_owed_batch(owing[start : start + BATCH_SIZE])
                except Exception as error:
                    last_error = error
            if last_error is not None:
                raise last_error

    async def _write_owed_batch(self, ledgers: Sequence[Ledger]) -> None:
        owed: Counter[tuple[int, int]] = Counter()
        for ledger in ledgers:
            del self._owing[id(ledger)]
            ledger.being_written, ledger.owed = ledger.owed, 0
            owed[_row_key(ledger)] += ledger.being_written
        changes = {key: calls for key, calls in owed.items() if calls}
        counts_as_written = True
        try:
            if changes:
                await self._database.write(lambda tx: usage.lease(tx, changes))
        except BaseException as error:
            counts_as_written = isinstance(error, Uncertain)  # it may have been: rather count too few than twice
            raise
        finally:
            for ledger in ledgers:
                calls, ledger.being_written = ledger.being_written, 0
                if counts_as_written:
                    ledger.leased += calls
                    ledger.epoch = None  # a read under way may have seen the store before or after this write
                elif calls:
                    self._owe(ledger, calls)


@asynccontextmanager
async def _lease_turn(ledger: Ledger) -> AsyncIterator[None]:
    """Hold the ledger's `lease_lock`; `waiting` counts those who hold it or wait for it."""
    ledger.waiting += 1
    try:
        async with ledger.lease_lock:
            yield
    finally:
        ledger.waiting -= 1


def _row_key(ledger: Ledger) -> tuple[int, int]:
    return ledger.workspace, ledger.month


def _slice(limit: int, leased: int, waiting: int) -> int:
    """A hundredth of the remaining calls, at least one for each waiting caller, and no more than remain."""
    left = max(0, limit - leased)
    return min(left, max(left // SLICE, waiting))
