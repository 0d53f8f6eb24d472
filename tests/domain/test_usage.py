"""What a team has used: all of it, whoever counted it, and no call twice."""

import asyncio
from collections.abc import Callable

import pytest

from maquette.domain import usage
from maquette.domain.calls import CallCounter
from maquette.model.actor import Actor, Role
from maquette.model.clock import DAY_MS, month_end, month_start
from maquette.model.errors import Unavailable, Uncertain
from maquette.store.usage import Spent
from tests.domain.doubles import Watched
from tests.office import Office, StillClock, Team


async def of(
    office: Office, team: Team, *, store: Watched | None = None, calls: CallCounter | None = None
) -> usage.Usage:
    """The team's month, as a member reads it."""
    services = office.runtime.services
    return await usage.of_month(
        store or office.database,
        Actor(team.workspace.serial, team.owner.serial, Role.MEMBER),
        months=services.admission.months,
        calls=calls or services.calls,
        now_ms=office.now_ms,
    )


class TestOfMonth:
    async def test_calls_are_told_by_day_credential_and_dialect(self, engine_office: Office, clock: StillClock) -> None:
        """Everything counted so far is in it, in order of day."""
        team = await engine_office.team()
        craftdesk, creatopy = await team.craftdesk(), await team.creatopy()
        await craftdesk.get("/projects")
        await creatopy.get("/projects")
        clock.advance(days=1)
        await craftdesk.get("/projects/nothing-here")
        await craftdesk.get("/projects")
        found = await of(engine_office, team)
        today = clock.at_ms - clock.at_ms % DAY_MS
        told = [(part.day, part.dialect, part.calls) for part in found.spent]
        assert told == [(today - DAY_MS, "craftdesk", 1), (today - DAY_MS, "creatopy", 1), (today, "craftdesk", 2)]
        assert (4, month_start(clock.at_ms), month_end(clock.at_ms)) == (found.used, found.starts_at, found.ends_at)

    async def test_another_team_s_calls_are_not_in_it(self, engine_office: Office) -> None:
        """Each team sees its own."""
        team, other = await engine_office.team(), await engine_office.team()
        await (await other.craftdesk()).get("/projects")
        found = await of(engine_office, team)
        assert (0, []) == (found.used, found.spent)

    async def test_another_process_s_calls_are_in_it(
        self, engine_office: Office, next_door: Office, within_a_second: Callable[[], None]
    ) -> None:
        """What was spent next door, and written, is told here."""
        team = await engine_office.team(plan=await engine_office.plan(month=50))
        credential, key = await team.key()
        within_a_second()
        await engine_office.http("/craftdesk/v1", key).get("/projects")
        await next_door.http("/craftdesk/v1", key).get("/projects")
        await next_door.runtime.services.calls.flush()
        within_a_second()
        found = await of(engine_office, team)
        today = engine_office.now_ms - engine_office.now_ms % DAY_MS
        assert found.spent == [Spent(today, credential.serial, credential.id, credential.name, "craftdesk", 2)]
        assert found.used == 2

    async def test_last_month_s_calls_are_not_in_it(self, engine_office: Office, clock: StillClock) -> None:
        """A month begins with nothing."""
        team = await engine_office.team()
        await (await team.craftdesk()).get("/projects")
        clock.at_ms = month_end(clock.at_ms)
        found = await of(engine_office, team)
        assert (0, []) == (found.used, found.spent)

    async def test_it_waits_for_counts_that_are_being_written(self, engine_office: Office) -> None:
        """What the housekeeper has just taken away to write is not missing."""
        team = await engine_office.team()
        credential, _ = await team.key()
        store = Watched(engine_office.database)
        calls = CallCounter(store)
        calls.count(team.workspace.serial, credential.serial, "craftdesk", engine_office.now_ms)
        store.gate.clear()
        writing = asyncio.create_task(calls.flush())
        await asyncio.sleep(0)
        asked = asyncio.create_task(of(engine_office, team, store=store, calls=calls))
        await asyncio.sleep(0.05)
        store.gate.set()
        await writing
        assert [part.calls for part in (await asked).spent] == [1]

    async def test_a_full_disk_doesn_t_keep_it_back(self, engine_office: Office) -> None:
        """What is known is told."""
        team = await engine_office.team()
        store = Watched(engine_office.database)
        calls = CallCounter(store)
        calls.count(team.workspace.serial, 1, "craftdesk", engine_office.now_ms)
        store.is_failing = True
        assert (await of(engine_office, team, store=store, calls=calls)).spent == []


class TestFlush:
    @pytest.fixture
    async def counted(self, engine_office: Office) -> tuple[Team, Watched, CallCounter]:
        """One call that is counted and not written."""
        team = await engine_office.team()
        credential, _ = await team.key()
        store = Watched(engine_office.database)
        calls = CallCounter(store)
        calls.count(team.workspace.serial, credential.serial, "craftdesk", engine_office.now_ms)
        return team, store, calls

    async def test_a_failure_loses_nothing(
        self, engine_office: Office, counted: tuple[Team, Watched, CallCounter]
    ) -> None:
        """It's written the next time, once."""
        team, store, calls = counted
        store.is_failing = True
        with pytest.raises(Unavailable):
            await calls.flush()
        store.is_failing = False
        await calls.flush()
        await calls.flush()
        assert [part.calls for part in (await of(engine_office, team)).spent] == [1]

    async def test_what_may_have_been_written_is_not_written_again(
        self, engine_office: Office, counted: tuple[Team, Watched, CallCounter], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rather too few than too many; what wasn't tried any more still is."""
        team, store, calls = counted
        monkeypatch.setattr("maquette.domain.calls.BATCH_SIZE", 1)
        credential, _ = await team.key()
        for _ in range(2):
            calls.count(team.workspace.serial, credential.serial, "craftdesk", engine_office.now_ms)
        store.is_losing_answers = True
        with pytest.raises(Uncertain):
            await calls.flush()
        store.is_losing_answers = False
        await calls.flush()
        assert [part.calls for part in (await of(engine_office, team)).spent] == [1, 2]

    async def test_many_are_written_in_parts_and_a_failure_keeps_the_rest(
        self, engine_office: Office, counted: tuple[Team, Watched, CallCounter], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What one part has written isn't written again with the others."""
        team, store, calls = counted
        monkeypatch.setattr("maquette.domain.calls.BATCH_SIZE", 1)
        for times in (2, 3):
            credential, _ = await team.key()
            for _ in range(times):
                calls.count(team.workspace.serial, credential.serial, "craftdesk", engine_office.now_ms)
        store.gate.clear()
        writing = asyncio.create_task(calls.flush())
        await asyncio.sleep(0.05)
        store.is_failing = True
        store.gate.set()
        with pytest.raises(Unavailable):
            await writing
        assert [part.calls for part in (await of(engine_office, team)).spent] == [1]
        store.is_failing = False
        await calls.flush()
        assert [part.calls for part in (await of(engine_office, team)).spent] == [1, 2, 3]
        assert store.writes == 4

    async def test_a_cancelled_one_counts_nothing_twice(
        self, engine_office: Office, counted: tuple[Team, Watched, CallCounter]
    ) -> None:
        """A housekeeper who is sent away while writing has written."""
        team, store, calls = counted
        store.gate.clear()
        leaving = asyncio.create_task(calls.flush())
        await asyncio.sleep(0.05)
        leaving.cancel()
        store.gate.set()
        await asyncio.wait([leaving])
        await calls.flush()
        assert [part.calls for part in (await of(engine_office, team)).spent] == [1]

    async def test_nothing_is_written_where_nothing_was_counted(self, engine_office: Office) -> None:
        """An idle runtime leaves its disk alone."""
        store = Watched(engine_office.database)
        await CallCounter(store).flush()
        assert store.writes == 0

    async def test_the_last_use_is_noted(self, engine_office: Office, clock: StillClock) -> None:
        """Of several calls the latest, and an older one that comes in late changes nothing."""
        team = await engine_office.team()
        credential, _ = await team.key()
        calls = CallCounter(engine_office.database)
        for passed in (0, 5_000, 2_000):
            calls.count(team.workspace.serial, credential.serial, "craftdesk", clock.at_ms + passed)
            await calls.flush()
        noted = await engine_office.read(
            lambda tx: tx.value("SELECT last_used_at FROM credentials WHERE serial = $1", credential.serial)
        )
        assert noted == clock.at_ms + 5_000
