"""Many teams at once, or many processes in turn: limits come and go, calls go back, a month ends. All is counted."""

import asyncio
from collections import Counter
from random import Random
from typing import TypeVar

import pytest

from maquette.domain.months import IDLE_MS, SLICE, MonthlyQuotas
from maquette.model.clock import month_end
from maquette.model.errors import QuotaSpent
from maquette.store import usage
from maquette.store.database import Body
from tests.domain.doubles import Watched
from tests.office import Office, StillClock

T = TypeVar("T")

CALLS = 400
LIMITS = (None, 300, 500, 5_000)


class Slow(Watched):
    """The real store, which takes its time before and after."""

    def __init__(self, office: Office, random: Random) -> None:
        super().__init__(office.database)
        self._random = random

    async def read(self, body: Body[T]) -> T:
        """What was read arrives late."""
        found = await super().read(body)
        await self._pause()
        return found

    async def write(self, body: Body[T]) -> T:
        """Late to begin, and late to tell."""
        await self._pause()
        outcome = await super().write(body)
        await self._pause()
        return outcome

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.choice((0, 0, 0.001, 0.003)))


class Town:
    """Some teams that call, and what they called for in each month."""

    def __init__(self, office: Office, clock: StillClock, random: Random, teams: list[int]) -> None:
        self.clock = clock
        self.random = random
        self.store = Slow(office, random)
        self.months = MonthlyQuotas(self.store, clock)
        self.limits = {workspace: random.choice(LIMITS) for workspace in teams}
        self.called: Counter[tuple[int, int]] = Counter()

    async def call(self, workspace: int) -> None:
        """Call, as far as the limit lets it, and sometimes give the call back."""
        limit = self.limits[workspace]
        try:
            ledger = await self.months.spend(workspace, limit)
        except QuotaSpent:
            return
        self.called[workspace, ledger.month] += 1
        if self.random.random() < 0.2:
            await asyncio.sleep(self.random.choice((0, 0.002, 0.006)))
            self.months.give_back(ledger, limit)
            self.called[workspace, ledger.month] -= 1

    async def keep_settling(self) -> None:
        """As the housekeeping does, at any pace; now and then it's cut off."""
        while True:
            settling = asyncio.create_task(self.months.settle())
            await asyncio.sleep(self.random.choice((0.001, 0.005)))
            if self.random.random() < 0.2:
                settling.cancel()
            await asyncio.wait([settling])
            self.clock.at_ms += self.random.choice((1_000, 1_000, IDLE_MS))

    async def live(self) -> None:
        """Until all have called."""
        keeping = asyncio.create_task(self.keep_settling())
        calls = []
        for number in range(CALLS):
            workspace = self.random.choice([*self.limits])
            if self.random.random() < 0.03:
                self.limits[workspace] = self.random.choice(LIMITS)
            if number == CALLS // 2:
                self.clock.at_ms = month_end(self.clock.at_ms) + 5
            calls.append(asyncio.create_task(self.call(workspace)))
            if self.random.random() < 0.03:
                await self.months.refreshed(workspace)
            if self.random.random() < 0.3:
                await asyncio.sleep(self.random.choice((0, 0.001)))
        await asyncio.gather(*calls)
        keeping.cancel()
        await asyncio.wait([keeping])
        await self.months.return_leases()


@pytest.mark.parametrize("seed", range(4))
async def test_every_call_is_counted_once(
    engine_office: Office, clock: StillClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The store has as many as were called; of the month that ended no fewer, for its slices lapse."""
    monkeypatch.setattr("maquette.domain.months.BATCH_SIZE", 2)
    teams = [(await engine_office.team()).workspace.serial for _ in range(5)]
    town = Town(engine_office, clock, Random(seed), teams)
    last = month_end(clock.at_ms)
    await asyncio.wait_for(town.live(), 60)
    for (workspace, month), called in town.called.items():
        written = await engine_office.read(lambda tx, at=(workspace, month): usage.leased(tx, *at))  # type: ignore[misc]
        assert written == called if month == last else written >= called


@pytest.mark.parametrize("seed", range(6))
async def test_over_restarts_no_more_than_the_limit_is_let_in(
    engine_office: Office, clock: StillClock, seed: int
) -> None:
    """A stop gives back what it held, a kill loses at most a slice, and neither lets a call in twice."""
    random, workspace = Random(seed), (await engine_office.team()).workspace.serial
    limit, called, lost = random.choice((7, 300, 5_000)), 0, 0
    for _ in range(14):
        months = MonthlyQuotas(engine_office.database, clock)
        for _ in range(random.randrange(1, max(2, limit // 8))):
            called += await _is_let_in(months, workspace, limit)
            if random.random() < 0.02:
                await months.settle()
        is_killed, month = random.random() < 0.5, (await months.refreshed(workspace)).month
        if not is_killed:
            await months.return_leases()
        written = await engine_office.read(lambda tx, at=month: usage.leased(tx, workspace, at))  # type: ignore[misc]
        assert called + lost <= written <= limit
        assert written - called - lost <= (max(1, limit // SLICE) if is_killed else 0)
        lost = written - called
    last = MonthlyQuotas(engine_office.database, clock)
    while await _is_let_in(last, workspace, limit):
        called += 1
    assert limit == called + lost


async def _is_let_in(months: MonthlyQuotas, workspace: int, limit: int) -> bool:
    try:
        await months.spend(workspace, limit)
    except QuotaSpent:
        return False
    return True
