"""The month's ledger: never overdrawn by any number of processes, exactly reached without faults."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import pytest

from maquette.domain.months import IDLE_MS, MonthlyQuotas
from maquette.model.clock import month_end
from maquette.model.errors import QuotaSpent, Unavailable, Uncertain
from maquette.settings import Settings
from maquette.store import usage
from maquette.store.database import Body, Transaction, open_database
from tests.domain.doubles import Watched
from tests.office import Office, StillClock, Team

T = TypeVar("T")


class Book:
    """One process's ledger of one team, asked as a call asks it."""

    def __init__(self, store: Watched, clock: StillClock, team: Team) -> None:
        self.store = store
        self.clock = clock
        self.months = MonthlyQuotas(store, clock)
        self.workspace = team.workspace.serial

    async def spend(self, limit: int | None) -> bool:
        """Whether one call was let in."""
        if self.months.try_spend(self.workspace, limit, self.clock.now_ms()) is not None:
            return True
        try:
            await self.months.spend(self.workspace, limit)
        except QuotaSpent:
            return False
        return True

    async def spend_many(self, limit: int | None, times: int) -> int:
        """How many of so many simultaneous calls were let in."""
        return sum(await asyncio.gather(*(self.spend(limit) for _ in range(times))))

    async def used(self) -> int:
        """What is known as spent."""
        return (await self.months.refreshed(self.workspace)).used()

    async def written(self) -> int:
        """What the store knows as leased, in the present month."""
        month = (await self.months.refreshed(self.workspace)).month
        return await self.store.inner.read(lambda tx: usage.leased(tx, self.workspace, month))


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team whose calls are counted here alone."""
    return await engine_office.team()


@pytest.fixture
async def book(engine_office: Office, clock: StillClock, team: Team) -> Book:
    """This process's ledger."""
    return Book(Watched(engine_office.database), clock, team)


@pytest.fixture
async def next_book(
    engine_office: Office, engine_settings: Settings, clock: StillClock, team: Team
) -> AsyncIterator[Book]:
    """Another process's ledger of the same team, on connections of its own."""
    store = open_database(url=engine_settings.database_url, data=engine_settings.data)
    yield Book(Watched(store), clock, team)
    await store.close()


class TestSpend:
    async def test_the_limit_is_reached_and_never_passed(self, book: Book) -> None:
        """Three times the quota at once: exactly the quota is let in."""
        assert await book.spend_many(120, 360) == 120
        assert (await book.used(), await book.written()) == (120, 120)

    async def test_two_processes_share_one_quota(self, book: Book, next_book: Book) -> None:
        """Three times the quota at once through both: together exactly the quota."""
        here, there = await asyncio.gather(book.spend_many(80, 120), next_book.spend_many(80, 120))
        assert here + there == 80
        assert await book.written() == 80

    async def test_two_that_look_at_the_same_moment_don_t_take_the_same_calls(
        self, book: Book, next_book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long one takes between looking and taking, the other waits."""
        look = usage.leased

        async def slow_look(tx: Transaction, workspace: int, month: int) -> int:
            found = await look(tx, workspace, month)
            if not book.store.sees_all_writes:  # SQLite's bodies never wait
                await asyncio.sleep(0.05)
            return found

        monkeypatch.setattr(usage, "leased", slow_look)
        here, there = await asyncio.gather(book.spend_many(10, 15), next_book.spend_many(10, 15))
        assert here + there == 10

    async def test_processes_that_take_turns_share_it_too(self, book: Book, next_book: Book) -> None:
        """One call here, two there, until neither gets one: together exactly the quota."""
        let_in = 0
        while got := [await book.spend(50), await next_book.spend(50), await next_book.spend(50)]:
            let_in += sum(got)
            if not any(got):
                break
        assert let_in == 50

    async def test_the_first_call_leaves_one_less(self, book: Book) -> None:
        """What a process holds in advance is not shown as spent."""
        await book.spend(50_000)
        ledger = await book.months.ledger(book.workspace, 50_000)
        assert (1, 49_999) == (ledger.used(), ledger.remaining(50_000))

    async def test_a_limit_of_nothing_lets_nobody_in(self, book: Book) -> None:
        """Zero is a limit."""
        assert await book.spend_many(0, 3) == 0

    async def test_refusals_ask_nobody(self, book: Book) -> None:
        """With the month spent, and nobody else writing, a refused call costs the store nothing."""
        await book.spend_many(5, 6)
        before = book.store.writes
        assert await book.spend_many(5, 50) == 0
        assert book.store.writes == before

    async def test_most_calls_ask_nobody(self, book: Book) -> None:
        """A call in the middle of a slice is counted in memory alone."""
        await book.spend(50_000)
        before = (book.store.reads, book.store.writes)
        assert await book.spend_many(50_000, 499) == 499
        assert (book.store.reads, book.store.writes) == before

    async def test_a_call_that_is_cancelled_loses_nothing_of_the_others(self, book: Book) -> None:
        """What was leased for a caller who went away is there for the next."""
        book.store.gate.clear()
        leaving = asyncio.create_task(book.spend(200))
        await asyncio.sleep(0.05)
        leaving.cancel()
        book.store.gate.set()
        await asyncio.wait([leaving])
        assert await book.spend_many(200, 250) == 199
        assert await book.written() == 200


class TestFaults:
    async def test_a_killed_process_costs_at_most_a_hundredth(self, book: Book, next_book: Book) -> None:
        """It took a slice, spent one call of it, and was never heard of again."""
        assert await book.spend(2_000)
        let_in = 1 + await next_book.spend_many(2_000, 2_100)
        assert 1_980 <= let_in < 2_000

    async def test_a_clean_stop_costs_nothing(self, book: Book, next_book: Book) -> None:
        """What it held is there for the others."""
        assert await book.spend(300)
        await book.months.return_leases()
        assert await next_book.spend_many(300, 350) == 299

    async def test_what_an_idle_process_holds_comes_back(
        self, book: Book, next_book: Book, clock: StillClock, within_a_second: Callable[[], None]
    ) -> None:
        """A minute after its last call its slice is for the others, and it still counts what it spent."""
        assert await book.spend(400)
        assert await next_book.spend_many(400, 450) == 396
        clock.at_ms += IDLE_MS - 1
        await book.months.settle()
        within_a_second()
        assert await next_book.spend_many(400, 20) == 0
        clock.at_ms += 1
        await book.months.settle()
        within_a_second()
        assert await next_book.spend_many(400, 20) == 3
        assert not await book.spend(400)

    async def test_a_stop_waits_for_what_is_going_back(self, book: Book, clock: StillClock) -> None:
        """Whoever was sent away while giving it back has not given it back yet."""
        assert await book.spend(1_000)
        clock.at_ms += IDLE_MS
        book.store.gate.clear()
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.02)
        settling.cancel()
        await asyncio.wait([settling])
        stopping = asyncio.create_task(book.months.return_leases())
        await asyncio.sleep(0.02)
        assert not stopping.done()
        book.store.gate.set()
        await stopping

    async def test_who_calls_again_just_before_it_goes_back_keeps_it(self, book: Book, clock: StillClock) -> None:
        """A slice isn't taken away under a team's hands."""
        assert await book.spend(1_000)
        clock.at_ms += IDLE_MS
        async with (await book.months.ledger(book.workspace, 1_000)).lease_lock:
            settling = asyncio.create_task(book.months.settle())
            await asyncio.sleep(0.02)
            assert await book.spend(1_000)
        await settling
        assert (await book.used(), await book.written()) == (2, 10)

    async def test_a_failing_store_lets_nobody_in_past_what_is_leased(self, book: Book) -> None:
        """The call is refused for now, and once the store is well again the quota is still whole."""
        await book.spend(300)
        book.store.is_failing = True
        assert await book.spend_many(300, 2) == 2
        with pytest.raises(Unavailable):
            await book.spend(300)
        book.store.is_failing = False
        assert await book.spend_many(300, 350) == 297

    async def test_a_failing_store_keeps_nobody_out_where_there_is_no_limit(self, book: Book) -> None:
        """Calls without a limit go on, and are written down when the store is well again."""
        book.store.is_failing = True
        assert await book.spend_many(None, 7) == 7
        assert await book.used() == 7
        book.store.is_failing = False
        await book.spend(None)
        await book.months.return_leases()
        assert await book.written() == 8

    async def test_what_may_have_gone_back_is_not_spent(
        self, book: Book, next_book: Book, clock: StillClock, within_a_second: Callable[[], None]
    ) -> None:
        """A return whose answer is lost may have been written, and somebody else may have it now."""
        await book.spend(300)
        clock.at_ms += IDLE_MS
        book.store.is_losing_answers = True
        with pytest.raises(Unavailable):
            await book.months.settle()
        book.store.is_losing_answers = False
        assert await next_book.spend_many(300, 350) == 299
        within_a_second()
        assert await book.spend_many(300, 5) == 0

    async def test_a_settlement_whose_answer_is_lost_is_no_second_month(
        self, book: Book, next_book: Book, within_a_second: Callable[[], None]
    ) -> None:
        """The same where a lower limit sends back what was held under the old one."""
        await book.spend(10_000)
        book.store.is_losing_answers = True
        with pytest.raises(Unavailable):
            await book.spend(50)
        book.store.is_losing_answers = False
        let_in = 1 + await next_book.spend_many(50, 60)
        within_a_second()
        let_in += await book.spend_many(50, 60)
        assert let_in in (49, 50)


class TestMonthEnd:
    async def test_the_month_s_last_millisecond_belongs_to_it(self, book: Book, clock: StillClock) -> None:
        """At 23:59:59.999 the spent month still refuses, for one second; a millisecond later all is there again."""
        clock.at_ms = month_end(clock.at_ms) - 1
        assert await book.spend_many(5, 6) == 5
        with pytest.raises(QuotaSpent) as caught:
            await book.months.spend(book.workspace, 5)
        assert (5, 1) == (caught.value.limit, caught.value.retry_after_s)
        clock.at_ms += 1
        assert await book.spend_many(5, 6) == 5

    @pytest.mark.parametrize("limit", [100, None])
    async def test_a_clock_that_is_set_back_is_in_the_month_before(
        self, book: Book, clock: StillClock, limit: int | None
    ) -> None:
        """A call in what seemed to be the next month is that month's; those that follow are not."""
        now_ms = clock.now_ms()
        clock.at_ms = month_end(now_ms)
        assert await book.spend(limit)
        clock.at_ms = now_ms
        assert [True] * 3 == [await book.spend(limit) for _ in range(3)]
        assert (3, month_end(now_ms)) == (await book.used(), (await book.months.refreshed(book.workspace)).ends_at)

    async def test_what_was_held_doesn_t_pass_into_the_next_month(self, book: Book, clock: StillClock) -> None:
        """A slice of March can't be spent in April."""
        await book.spend(300)
        clock.at_ms = month_end(clock.at_ms)
        assert await book.spend_many(300, 350) == 300

    async def test_a_call_that_waited_past_the_edge_is_the_next_month_s(self, book: Book, clock: StillClock) -> None:
        """It isn't refused for a month that is over."""
        clock.at_ms = month_end(clock.at_ms) - 1
        assert await book.spend_many(3, 4) == 3
        march = await book.months.ledger(book.workspace, 3)
        async with march.lease_lock:
            waiting = asyncio.create_task(book.spend(3))
            await asyncio.sleep(0.01)
            clock.at_ms += 1
        assert await waiting
        assert (march.used(), await book.used()) == (3, 1)

    async def test_two_processes_on_either_side_of_it(self, book: Book, next_book: Book, clock: StillClock) -> None:
        """With clocks apart each spends its own month, and neither passes a limit."""
        ahead = StillClock(month_end(clock.at_ms) + 2_500)
        next_book.months = MonthlyQuotas(next_book.store, ahead)
        clock.at_ms = month_end(clock.at_ms) - 2_500
        assert list(await asyncio.gather(book.spend_many(30, 60), next_book.spend_many(30, 60))) == [30, 30]


class TestChangedLimit:
    async def test_a_lower_limit_is_in_force_at_once(self, book: Book) -> None:
        """What is held under the old limit can't be spent under the new one."""
        assert await book.spend_many(1_000, 30) == 30
        assert await book.spend_many(35, 100) == 5
        assert await book.written() == 35

    async def test_a_limit_below_what_is_used_refuses(self, book: Book) -> None:
        """Nothing is left, rather than less than nothing."""
        await book.spend_many(1_000, 30)
        assert not await book.spend(20)
        assert (await book.months.ledger(book.workspace, 20)).remaining(20) == 0

    async def test_a_higher_limit_is_in_force_at_once(self, book: Book) -> None:
        """A team that was refused is let in again."""
        assert await book.spend_many(10, 11) == 10
        assert await book.spend_many(25, 100) == 15

    async def test_two_processes_share_a_lowered_limit(
        self, book: Book, next_book: Book, within_a_second: Callable[[], None]
    ) -> None:
        """Both held calls of the old limit: together they still reach exactly the new one."""
        assert (await book.spend_many(10_000, 40), await next_book.spend_many(10_000, 40)) == (40, 40)
        let_in = 80
        for _ in range(3):
            within_a_second()
            let_in += await book.spend_many(100, 20) + await next_book.spend_many(100, 20)
        assert let_in == 100

    async def test_a_process_killed_after_a_change_costs_a_hundredth_of_the_new_month(
        self, book: Book, next_book: Book
    ) -> None:
        """A slice of a large month is not kept in a small one."""
        await book.spend(500_000)
        await book.spend(300)
        assert 2 + await next_book.spend_many(300, 350) >= 297

    async def test_another_process_raises_nobody_s_limit_twice(
        self, book: Book, next_book: Book, within_a_second: Callable[[], None]
    ) -> None:
        """What another process spends after a raise is seen here within a second."""
        await book.spend_many(10, 11)
        assert await next_book.spend_many(30, 100) == 20
        within_a_second()
        assert await book.spend_many(30, 100) == 0


class TestUnlimited:
    async def test_calls_are_counted_and_none_refused(self, book: Book) -> None:
        """2,500 calls are 2,500 calls."""
        assert await book.spend_many(None, 2_500) == 2_500
        assert await book.used() == 2_500
        await book.months.return_leases()
        assert await book.written() == 2_500

    async def test_no_call_asks_the_store(self, book: Book) -> None:
        """Not the first either; all of them take one write together."""
        await book.spend_many(None, 500)
        assert (book.store.reads, book.store.writes) == (0, 0)
        await book.months.settle()
        assert book.store.writes == 1
        assert await book.written() == 500

    async def test_what_is_written_is_owed_no_longer(self, book: Book) -> None:
        """Settling again and again counts nothing twice, and calls go on meanwhile."""
        for _ in range(3):
            await book.spend_many(None, 10)
            book.store.gate.clear()
            settling = asyncio.create_task(book.months.settle())
            await asyncio.sleep(0.05)
            await book.spend_many(None, 5)
            book.store.gate.set()
            await settling
        await book.months.settle()
        await book.months.settle()
        assert (await book.used(), await book.written()) == (45, 45)

    async def test_what_a_failing_store_didn_t_take_is_owed_on(self, book: Book) -> None:
        """The next turn writes it."""
        await book.spend_many(None, 10)
        book.store.is_failing = True
        with pytest.raises(Unavailable):
            await book.months.settle()
        book.store.is_failing = False
        await book.spend_many(None, 5)
        await book.months.settle()
        assert (await book.used(), await book.written()) == (15, 15)

    async def test_a_settlement_goes_on_where_its_caller_is_cancelled(self, book: Book) -> None:
        """Else what was written would be owed once more, and a stop cancels the housekeeping."""
        await book.spend_many(None, 10)
        book.store.gate.clear()
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.05)
        settling.cancel()
        await asyncio.wait([settling])
        book.store.gate.set()
        await book.months.return_leases()
        assert await book.written() == 10

    async def test_what_is_owed_in_a_month_that_ends_is_written_into_it(self, book: Book, clock: StillClock) -> None:
        """The next month begins with nothing."""
        march = (await book.months.ledger(book.workspace, None)).month
        await book.spend_many(None, 10)
        clock.at_ms = month_end(clock.at_ms)
        await book.spend_many(None, 3)
        await book.months.settle()
        in_march = await book.store.inner.read(lambda tx: usage.leased(tx, book.workspace, march))
        assert (in_march, await book.written()) == (10, 3)

    async def test_what_is_being_written_as_the_month_ends_isn_t_forgotten(self, book: Book, clock: StillClock) -> None:
        """Where that fails, it's still owed."""
        march = (await book.months.ledger(book.workspace, None)).month
        await book.spend_many(None, 10)
        clock.at_ms = month_end(clock.at_ms) - 1
        book.store.is_failing = True
        book.store.gate.clear()
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.02)
        clock.at_ms += 1
        await book.spend_many(None, 1)
        book.store.gate.set()
        with pytest.raises(Unavailable):
            await settling
        book.store.is_failing = False
        await book.months.settle()
        in_march = await book.store.inner.read(lambda tx: usage.leased(tx, book.workspace, march))
        assert (in_march, await book.written()) == (10, 1)

    async def test_a_stop_waits_for_what_is_being_written(self, book: Book) -> None:
        """And writes it once more where it failed."""
        await book.spend_many(None, 10)
        book.store.is_failing = True
        book.store.gate.clear()
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.02)
        settling.cancel()
        await asyncio.wait([settling])
        stopping = asyncio.create_task(book.months.return_leases())
        await asyncio.sleep(0.02)
        assert not stopping.done()
        book.store.gate.set()
        await asyncio.sleep(0)
        book.store.is_failing = False
        await asyncio.wait([stopping])
        assert await book.written() == 10

    async def test_what_may_have_been_written_is_not_owed_any_more(self, book: Book) -> None:
        """Rather too few than too many: a limit that comes later counts them."""
        await book.spend_many(None, 10)
        book.store.is_losing_answers = True
        for _ in range(3):
            with suppress(Uncertain):
                await book.months.settle()
        book.store.is_losing_answers = False
        assert await book.spend_many(100, 200) == 90

    async def test_what_is_given_back_can_t_be_spent_under_a_limit(self, book: Book) -> None:
        """It is owed no longer, and leased by nobody."""
        assert await book.spend_many(100, 1) == 1
        await book.spend_many(None, 500)
        ledgers = [await book.months.spend(book.workspace, None) for _ in range(20)]
        await book.months.settle()
        for ledger in ledgers:
            book.months.give_back(ledger, None)
        assert await book.spend_many(100, 50) == 0
        assert (await book.used(), await book.written()) == (501, 501)

    async def test_what_was_held_before_it_had_none_isn_t_spent_after(self, book: Book, next_book: Book) -> None:
        """Others may have spent far more meanwhile."""
        await book.spend_many(10_000, 1)
        await book.spend_many(None, 1)
        await next_book.spend_many(None, 20_000)
        await next_book.months.settle()
        assert await book.spend_many(10_000, 200) == 0

    async def test_a_limit_that_comes_while_calls_are_written_counts_them(self, book: Book) -> None:
        """However long that takes."""
        await book.spend_many(None, 20)
        settled, write = asyncio.Event(), book.store.write

        async def late(body: Body[T]) -> T:
            book.store.write = write  # type: ignore[method-assign]
            await settled.wait()
            return await write(body)

        book.store.write = late  # type: ignore[method-assign]
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.02)
        calling = asyncio.create_task(book.spend(20))
        await asyncio.sleep(0.05)
        settled.set()
        await settling
        assert not await calling

    async def test_what_is_asked_while_calls_are_written_is_not_believed_after(self, book: Book) -> None:
        """They may have been in it already."""
        await book.spend_many(None, 10)
        told, write = asyncio.Event(), book.store.write

        async def late(body: Body[T]) -> T:
            outcome = await write(body)
            await told.wait()
            return outcome

        book.store.write = late  # type: ignore[method-assign]
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.05)
        await book.months.ledger(book.workspace, 100)
        told.set()
        await settling
        assert 90 == (await book.months.ledger(book.workspace, 100)).remaining(100)

    async def test_a_slice_that_was_just_taken_stays(self, book: Book) -> None:
        """A settlement that was to write what the team owed before it had a limit takes nothing of it."""
        await book.spend_many(None, 10)
        book.store.gate.clear()
        calling = asyncio.create_task(book.spend(10_000))
        await asyncio.sleep(0.02)
        settling = asyncio.create_task(book.months.settle())
        await asyncio.sleep(0.02)
        book.store.gate.set()
        await asyncio.gather(calling, settling)
        writes = book.store.writes
        assert await book.spend(10_000)
        assert (book.store.writes, await book.used()) == (writes, 12)

    @pytest.mark.parametrize("trouble", [Unavailable("its row is held"), RuntimeError("a mistake of ours")])
    @pytest.mark.parametrize("end", ["settle", "return_leases"])
    async def test_where_one_write_fails_the_others_are_made(
        self,
        engine_office: Office,
        book: Book,
        clock: StillClock,
        monkeypatch: pytest.MonkeyPatch,
        end: str,
        trouble: Exception,
    ) -> None:
        """Nobody's slice is lost, nor what anybody else owes."""
        monkeypatch.setattr("maquette.domain.months.BATCH_SIZE", 1)
        later, idle = [(await engine_office.team()).workspace.serial for _ in range(2)]
        await book.months.spend(idle, 100_000)
        clock.at_ms += IDLE_MS
        await book.months.spend(book.workspace, None)
        await book.months.spend(later, None)
        lease = usage.lease

        async def one_fails(tx: Transaction, calls: Mapping[tuple[int, int], int]) -> None:
            if any(workspace == book.workspace for workspace, _ in calls):
                raise trouble
            await lease(tx, calls)

        monkeypatch.setattr(usage, "lease", one_fails)
        with pytest.raises(type(trouble)):
            await getattr(book.months, end)()
        written = [(await book.months.refreshed(workspace)).leased for workspace in (book.workspace, later, idle)]
        assert [0, 1, 1] == written

    async def test_many_teams_are_settled_in_few_writes(
        self, engine_office: Office, book: Book, clock: StillClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As many in each as nobody has to wait for."""
        monkeypatch.setattr("maquette.domain.months.BATCH_SIZE", 2)
        teams = [book.workspace, *[(await engine_office.team()).workspace.serial for _ in range(4)]]
        for times, workspace in enumerate(teams, 1):
            for _ in range(times):
                book.months.try_spend(workspace, None, clock.now_ms())
        await book.months.settle()
        assert book.store.writes == 3
        assert [1, 2, 3, 4, 5] == [(await book.months.refreshed(workspace)).used() for workspace in teams]

    async def test_what_is_held_of_a_limit_goes_back(self, book: Book) -> None:
        """A team that moves to a plan without one leases no more, and owes what it spends."""
        await book.spend_many(1_000, 3)
        await book.spend_many(None, 27)
        await book.months.settle()
        assert (await book.used(), await book.written()) == (30, 30)

    async def test_what_was_used_without_a_limit_counts_under_one(self, book: Book) -> None:
        """A team that moves to a smaller plan has used what it has used."""
        await book.spend_many(None, 30)
        assert await book.spend_many(40, 100) == 10


class TestGiveBack:
    async def test_a_call_given_back_can_be_spent_again(self, book: Book) -> None:
        """A replay leaves the ledger as it was."""
        await book.spend_many(3, 2)
        ledger = await book.months.spend(book.workspace, 3)
        assert ledger.remaining(3) == 0
        book.months.give_back(ledger, 3)
        assert ledger.remaining(3) == 1
        assert await book.spend_many(3, 5) == 1


class TestPresent:
    async def test_it_knows_what_others_have_leased(
        self, book: Book, next_book: Book, within_a_second: Callable[[], None]
    ) -> None:
        """Usage is told of all processes together, at most a slice too high."""
        await book.spend(1_000)
        await next_book.spend_many(1_000, 100)
        within_a_second()
        assert 101 <= (await book.months.refreshed(book.workspace)).used() <= 111
