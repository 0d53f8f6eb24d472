"""What is done once a second: counts are written, idle leases returned, old answers purged."""

import asyncio
from contextlib import suppress

import pytest

from maquette.domain import housekeeping
from maquette.domain.months import IDLE_MS
from maquette.model.clock import DAY_MS, month_start
from maquette.model.errors import Unavailable
from maquette.store import idempotency, usage
from maquette.store.database import Transaction
from maquette.store.idempotency import Claim, StoredResponse
from tests.office import Office, StillClock


class TestCounts:
    async def test_counts_are_written(self, engine_office: Office) -> None:
        """Nobody has to ask for the usage page first."""
        team = await engine_office.team()
        await (await team.craftdesk()).get("/projects")
        await housekeeping.write_counts(engine_office.runtime.services)
        month = month_start(engine_office.now_ms)
        found = await engine_office.read(
            lambda tx: usage.spent(tx, team.workspace.serial, since=month, before=month + 31 * DAY_MS)
        )
        assert [part.calls for part in found] == [1]

    async def test_idle_leases_are_returned(self, engine_office: Office, clock: StillClock) -> None:
        """What a team holds in vain is written back."""
        team = await engine_office.team(plan=await engine_office.plan(month=1_000))
        await (await team.craftdesk()).get("/projects")
        month = month_start(clock.at_ms)
        written = []
        for passed in (0, IDLE_MS):
            clock.at_ms += passed
            await housekeeping.write_counts(engine_office.runtime.services)
            written.append(await engine_office.read(lambda tx: usage.leased(tx, team.workspace.serial, month)))
        assert written == [10, 1]

    async def test_a_runtime_writes_them_by_itself(self, office: Office) -> None:
        """Each second."""
        team = await office.team()
        await (await team.craftdesk()).get("/projects")
        month, written = month_start(office.now_ms), 0
        async with asyncio.timeout(10):
            while not written:
                await asyncio.sleep(0.05)
                written = await office.read(lambda tx: usage.leased(tx, team.workspace.serial, month))
        assert 1 == written

    @pytest.mark.parametrize("trouble", [Unavailable("the disk is full"), RuntimeError("a mistake of ours")])
    async def test_one_that_fails_keeps_nobody_back(
        self, engine_office: Office, monkeypatch: pytest.MonkeyPatch, trouble: Exception
    ) -> None:
        """What a team without a limit owes is written though the counts by credential can't be."""
        team = await engine_office.team()
        await (await team.craftdesk()).get("/projects")
        services = engine_office.runtime.services

        async def failing() -> None:
            raise trouble

        monkeypatch.setattr(services.calls, "flush", failing)
        await housekeeping.write_counts(services)
        month = month_start(engine_office.now_ms)
        assert 1 == await engine_office.read(lambda tx: usage.leased(tx, team.workspace.serial, month))


class TestTidy:
    async def test_outlived_answers_are_purged(
        self, engine_office: Office, clock: StillClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All of them, however many; those of the last day stay."""
        monkeypatch.setattr(housekeeping, "PURGE_BATCH_SIZE", 3)
        team = await engine_office.team()

        async def keep(tx: Transaction) -> None:
            for number in range(10):
                claim = Claim(team.workspace.serial, 1, f"key {number}", "POST /", b"")
                await idempotency.put(tx, claim, StoredResponse(201, {}, b""), clock.at_ms + (number > 6))

        async def kept(tx: Transaction) -> int:
            count: int = await tx.value("SELECT COUNT(*) FROM idempotency WHERE workspace = $1", team.workspace.serial)
            return count

        await engine_office.write(keep)
        clock.at_ms += DAY_MS
        await housekeeping.tidy(engine_office.runtime.services)
        assert await engine_office.read(kept) == 3


class TestKeepHouse:
    @pytest.mark.parametrize("trouble", [Unavailable("the disk is full"), RuntimeError("a mistake of ours")])
    async def test_it_outlives_what_fails(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, trouble: Exception
    ) -> None:
        """One bad turn is not the last."""
        turns = 0
        third = asyncio.Event()

        async def tidy(_: object) -> None:
            nonlocal turns
            turns += 1
            if turns == 3:
                third.set()
            raise trouble

        monkeypatch.setattr(housekeeping, "EVERY_S", 0.001)
        monkeypatch.setattr(housekeeping, "tidy", tidy)
        keeping = asyncio.create_task(housekeeping.keep_house(office.runtime.services))
        await asyncio.wait_for(third.wait(), 5)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
