"""The door: burst first, then the month; what a refusal costs, what a replay costs, what is unmetered."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from maquette.domain import usage
from maquette.domain.admission import Admission, AdmissionRequest, Ticket
from maquette.domain.bursts import BurstRule, Bursts
from maquette.domain.calls import CallCounter
from maquette.domain.months import MonthlyQuotas
from maquette.model.actor import Role
from maquette.model.clock import DAY_MS, month_end
from maquette.model.errors import BurstSpent, QuotaSpent, Unavailable
from maquette.model.records import Plan
from tests.domain.doubles import Watched
from tests.office import Office, StillClock, Team


class Door:
    """An admission of its own for one team, with everything it counts in."""

    def __init__(self, office: Office, team: Team, credential: int) -> None:
        self.office = office
        self.team = team
        self.credential = credential
        self.store = Watched(office.database)
        self.bursts = Bursts(office.clock)
        self.months = MonthlyQuotas(self.store, office.clock)
        self.calls = CallCounter(self.store)
        self.admission = Admission(bursts=self.bursts, months=self.months, calls=self.calls, clock=office.clock)

    def request(self, *, month: int | None = 100, burst: int | None = None) -> AdmissionRequest:
        """A call under these limits."""
        plan = Plan("test", month, burst, None)
        rule = None if burst is None else BurstRule(burst, 60)
        return AdmissionRequest(self.team.workspace.serial, self.credential, "craftdesk", plan, rule)

    async def admit(self, request: AdmissionRequest) -> Ticket:
        """One call, let in as the gate does it."""
        ticket = self.admission.try_admit(request, self.office.now_ms)
        return ticket or await self.admission.admit(request)

    async def admitted(self, request: AdmissionRequest, times: int = 1) -> int:
        """How many of so many simultaneous calls come in."""
        found = await asyncio.gather(*(self.admit(request) for _ in range(times)), return_exceptions=True)
        return sum(not isinstance(one, BaseException) for one in found)

    async def counts(self, request: AdmissionRequest) -> tuple[int, int]:
        """The month's calls and the window's, as they are shown."""
        ticket = await self.admission.peek(request)
        assert ticket
        return ticket.ledger.used(), ticket.burst.count if ticket.burst else 0

    async def usage(self) -> usage.Usage:
        """The month, as the usage page shows it."""
        actor = self.team.actor(self.team.owner, Role.OWNER)
        now_ms = self.office.now_ms
        return await usage.of_month(self.store, actor, months=self.months, calls=self.calls, now_ms=now_ms)


@pytest.fixture
async def door(engine_office: Office) -> Door:
    """A new team at a new door."""
    team = await engine_office.team()
    credential, _ = await team.key()
    return Door(engine_office, team, credential.serial)


class TestAdmit:
    async def test_a_call_is_counted_everywhere(self, door: Door) -> None:
        """In the month, in the window, and for the credential that came."""
        ticket = await door.admit(door.request(burst=10))
        assert ticket.burst
        assert (99, 9) == (ticket.ledger.remaining(100), ticket.burst.remaining())
        shown = await door.usage()
        assert (1, [1]) == (shown.used, [part.calls for part in shown.spent])

    async def test_a_call_that_memory_lets_in_is_counted_everywhere_too(self, door: Door) -> None:
        """Whoever has leased calls asks nobody for the next one."""
        request = door.request(month=1_000, burst=10)
        await door.admit(request)
        ticket = door.admission.try_admit(request, door.office.now_ms)
        assert ticket
        assert ticket.burst
        assert (998, 8) == (ticket.ledger.remaining(1_000), ticket.burst.remaining())
        shown = await door.usage()
        assert (2, [2]) == (shown.used, [part.calls for part in shown.spent])

    async def test_the_burst_is_exact_under_load(self, door: Door) -> None:
        """Three times the burst at once: the burst comes in, and that's what the month has."""
        request = door.request(month=1_000, burst=20)
        assert await door.admitted(request, 60) == 20
        assert await door.counts(request) == (20, 20)

    async def test_the_month_is_exact_under_load(self, door: Door) -> None:
        """Three times the month at once: the month comes in, and that's what the window has."""
        request = door.request(month=20, burst=1_000)
        assert await door.admitted(request, 60) == 20
        assert await door.counts(request) == (20, 20)

    async def test_without_limits_everybody_comes_in_and_is_counted(self, door: Door) -> None:
        """An unlimited plan has no window, and a month that counts."""
        request = door.request(month=None, burst=None)
        assert await door.admitted(request, 300) == 300
        assert ((await door.admit(request)).burst, (await door.usage()).used) == (None, 301)


class TestRefusals:
    async def test_the_burst_is_asked_first(self, door: Door) -> None:
        """With both used up, it's the burst that refuses: it will soon be over."""
        request = door.request(month=2, burst=2)
        assert await door.admitted(request, 2) == 2
        with pytest.raises(BurstSpent):
            await door.admit(request)

    async def test_a_burst_refusal_costs_nothing(self, door: Door) -> None:
        """Neither the month nor the window nor the credential's count moves."""
        request = door.request(burst=2)
        assert await door.admitted(request, 12) == 2
        assert await door.counts(request) == (2, 2)
        assert [part.calls for part in (await door.usage()).spent] == [2]

    async def test_a_month_refusal_costs_nothing(self, door: Door) -> None:
        """The place in the window is given back."""
        request = door.request(month=2, burst=50)
        assert await door.admitted(request, 12) == 2
        assert await door.counts(request) == (2, 2)
        with pytest.raises(QuotaSpent) as caught:
            await door.admit(request)
        left_s = (month_end(door.office.now_ms) - door.office.now_ms) // 1000
        assert (2, left_s) == (caught.value.limit, caught.value.retry_after_s)

    async def test_a_failing_store_costs_nothing(self, door: Door) -> None:
        """A call that couldn't be counted was not let in, and has no place in the window."""
        request = door.request(burst=5)
        await door.admission.peek(request)
        door.store.is_failing = True
        with pytest.raises(Unavailable):
            await door.admit(request)
        door.store.is_failing = False
        assert await door.counts(request) == (0, 0)

    async def test_where_the_store_can_t_tell_nothing_is_shown(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A refusal's answer goes out without numbers rather than not at all."""

        async def lost(_: object) -> None:
            raise Unavailable("no connection")

        monkeypatch.setattr(door.store, "read", lost)
        assert await door.admission.peek(door.request()) is None


class TestUnmetered:
    async def test_an_unmetered_call_costs_the_burst_alone(self, door: Door) -> None:
        """Usage is answered when the month is spent, but not in any number."""
        request = door.request(month=1, burst=3)
        assert await door.admitted(request) == 1
        unmetered = replace(request, unmetered=True)
        assert await door.admitted(unmetered, 5) == 2
        assert await door.counts(request) == (1, 3)
        assert [part.calls for part in (await door.usage()).spent] == [1]

    async def test_an_unmetered_call_shows_the_whole_month(self, door: Door) -> None:
        """As the first of a month it leaves everything."""
        ticket = await door.admit(replace(door.request(), unmetered=True))
        assert ticket.ledger.remaining(100) == 100


class TestReplay:
    async def test_a_replay_is_given_back(self, door: Door) -> None:
        """It cost the burst, and nothing of the month."""
        request = replace(door.request(month=3, burst=10), may_be_replay=True)
        ticket = await door.admit(request)
        door.admission.refund(ticket, request)
        door.admission.refund(ticket, request)
        assert await door.counts(request) == (0, 1)
        assert (await door.usage()).spent == []
        assert await door.admitted(door.request(month=3, burst=10), 5) == 3

    async def test_with_the_month_spent_it_comes_in_for_a_replay_alone(self, door: Door) -> None:
        """It's charged nothing, and carries the refusal it gets if there is nothing to replay."""
        request = door.request(month=1, burst=10)
        assert await door.admitted(request) == 1
        ticket = await door.admit(replace(request, may_be_replay=True))
        assert isinstance(ticket.replay_only, QuotaSpent)
        assert await door.counts(request) == (1, 2)
        door.admission.refund(ticket, request)
        assert await door.counts(request) == (1, 2)

    async def test_with_nothing_to_replay_it_cost_nothing(self, door: Door) -> None:
        """The refusal gives its place in the window back."""
        request = door.request(month=1, burst=10)
        assert await door.admitted(request) == 1
        ticket = await door.admit(replace(request, may_be_replay=True))
        await door.admission.refund_burst(ticket, request)
        assert await door.counts(request) == (1, 1)

    async def test_it_s_taken_off_the_day_it_was_counted_on(self, door: Door, clock: StillClock) -> None:
        """A call before midnight that turns out a replay after it leaves both days as they were."""
        clock.at_ms += DAY_MS - clock.at_ms % DAY_MS - 1
        request = replace(door.request(), may_be_replay=True)
        ticket = await door.admit(request)
        clock.at_ms += 1
        await door.admit(request)
        door.admission.refund(ticket, request)
        assert [(part.day, part.calls) for part in (await door.usage()).spent] == [(clock.at_ms, 1)]


class TestPlan:
    async def test_a_changed_plan_is_in_force_at_the_next_call(self, engine_office: Office) -> None:
        """Lowered and raised again, for a key that was already known."""
        small, large = await engine_office.plan(month=3), await engine_office.plan(month=50_000)
        team = await engine_office.team(plan=large)
        caller = await team.craftdesk()
        assert [(await caller.get("/projects")).status_code for _ in range(3)] == [200] * 3
        await team.on_plan(small)
        refused = await caller.get("/projects")
        assert (429, "3", "0") == (refused.status_code, *told(refused.headers))
        await team.on_plan(large)
        allowed = await caller.get("/projects")
        assert (200, "50000", "49996") == (allowed.status_code, *told(allowed.headers))

    async def test_another_process_follows_within_a_second(
        self, engine_office: Office, next_door: Office, within_a_second: Callable[[], None]
    ) -> None:
        """A plan changed in one process is in force in the other."""
        team = await engine_office.team(plan=await engine_office.plan(month=50_000))
        _, key = await team.key()
        within_a_second()
        caller = next_door.http("/craftdesk/v1", key)
        assert told((await caller.get("/projects")).headers) == ("50000", "49999")
        await team.on_plan(await engine_office.plan(month=3))
        within_a_second()
        assert told((await caller.get("/projects")).headers) == ("3", "1")


def told(headers: object) -> tuple[str, str]:
    """The month's limit and what is left of it."""
    return headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]  # type: ignore[index]
