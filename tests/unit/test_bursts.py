"""The burst window: it opens with a call, counts to its limit, and shows what is then true."""

import pytest

from maquette.domain.bursts import MIN_PURGE_SIZE, BurstRule, Bursts, BurstWindow
from maquette.model.errors import BurstSpent
from tests.office import StillClock

RULE = BurstRule(3, 60)


@pytest.fixture
def bursts(clock: StillClock) -> Bursts:
    """Windows on the still clock."""
    return Bursts(clock)


class TestCount:
    def test_it_lets_in_as_many_as_the_rule_says(self, bursts: Bursts) -> None:
        """The numbers left go down to nothing, and the next call is refused."""
        assert [2, 1, 0] == [bursts.count(1, "a", RULE).remaining() for _ in range(3)]
        with pytest.raises(BurstSpent):
            bursts.count(1, "a", RULE)

    def test_a_refusal_says_when_to_come_back_and_then_it_s_true(self, bursts: Bursts, clock: StillClock) -> None:
        """After `Retry-After` seconds the call is let in; a second earlier it isn't."""
        clock.advance(seconds=0.4)
        for _ in range(3):
            bursts.count(1, "a", RULE)
        clock.advance(seconds=10.7)
        with pytest.raises(BurstSpent) as caught:
            bursts.count(1, "a", RULE)
        assert (3, 60, 50) == (caught.value.limit, caught.value.window_s, caught.value.retry_after_s)
        clock.advance(seconds=49)
        with pytest.raises(BurstSpent) as caught:
            bursts.count(1, "a", RULE)
        assert caught.value.retry_after_s == 1
        clock.advance(seconds=1)
        assert bursts.count(1, "a", RULE).remaining() == 2

    def test_refusals_cost_nothing(self, bursts: Bursts, clock: StillClock) -> None:
        """However often somebody knocks, the next window is whole and comes no later."""
        ends_at = [bursts.count(1, "a", RULE) for _ in range(3)][-1].ends_at
        for _ in range(50):
            with pytest.raises(BurstSpent):
                bursts.count(1, "a", RULE)
        clock.at_ms = ends_at
        assert bursts.count(1, "a", RULE).remaining() == 2

    def test_the_window_s_last_millisecond_belongs_to_it(self, bursts: Bursts, clock: StillClock) -> None:
        """At its end a new one opens, not before."""
        window = [bursts.count(1, "a", RULE) for _ in range(3)][-1]
        clock.at_ms = window.ends_at - 1
        with pytest.raises(BurstSpent) as caught:
            bursts.count(1, "a", RULE)
        assert caught.value.retry_after_s == 1
        clock.at_ms = window.ends_at
        assert bursts.count(1, "a", RULE).ends_at == window.ends_at + 60_000

    def test_a_clock_that_is_set_back_keeps_nobody_out(self, bursts: Bursts, clock: StillClock) -> None:
        """A window that would begin in an hour is none; within its own length it stays."""
        for _ in range(3):
            bursts.count(1, "a", RULE)
        clock.advance(seconds=30)
        with pytest.raises(BurstSpent):
            bursts.count(1, "a", RULE)
        clock.advance(seconds=-3_600)
        assert 3 == bursts.current(1, "a", RULE).remaining()
        assert 2 == bursts.count(1, "a", RULE).remaining()

    def test_teams_and_dialects_count_by_themselves(self, bursts: Bursts) -> None:
        """What one has used up is no other's loss."""
        for _ in range(3):
            bursts.count(1, "a", RULE)
        assert [2, 2] == [bursts.count(1, "b", RULE).remaining(), bursts.count(2, "a", RULE).remaining()]

    def test_a_limit_of_nothing_lets_nobody_in(self, bursts: Bursts) -> None:
        """Zero is a limit."""
        with pytest.raises(BurstSpent):
            bursts.count(1, "a", BurstRule(0, 60))


class TestChangedRule:
    def test_a_higher_limit_is_in_force_at_once(self, bursts: Bursts) -> None:
        """What was called stays called."""
        for _ in range(3):
            bursts.count(1, "a", RULE)
        assert bursts.count(1, "a", BurstRule(5, 60)).remaining() == 1

    def test_a_lower_limit_is_in_force_at_once(self, bursts: Bursts) -> None:
        """Less than nothing is never left."""
        window = [bursts.count(1, "a", RULE) for _ in range(3)][-1]
        with pytest.raises(BurstSpent):
            bursts.count(1, "a", BurstRule(2, 60))
        assert window.remaining() == 0
        assert bursts.current(1, "a", BurstRule(2, 60)).rule.limit == 2

    def test_what_is_shown_follows_the_present_rule(self, bursts: Bursts) -> None:
        """A window that is only looked at is shown under the rule that is asked for."""
        bursts.count(1, "a", RULE)
        shown = bursts.current(1, "a", BurstRule(10, 60))
        assert (10, 9) == (shown.rule.limit, shown.remaining())


class TestCurrent:
    def test_looking_costs_nothing(self, bursts: Bursts) -> None:
        """A look opens no window and counts no call."""
        assert [3, 3] == [bursts.current(1, "a", RULE).remaining() for _ in range(2)]
        bursts.count(1, "a", RULE)
        assert [2, 2] == [bursts.current(1, "a", RULE).remaining() for _ in range(2)]

    def test_a_closed_window_is_not_shown(self, bursts: Bursts, clock: StillClock) -> None:
        """After its end everything is left again."""
        window = bursts.count(1, "a", RULE)
        clock.at_ms = window.ends_at
        assert bursts.current(1, "a", RULE).remaining() == 3


class TestSecondsLeft:
    @pytest.mark.parametrize(
        ("left_ms", "seconds"), [(60_000, 60), (59_001, 60), (59_000, 59), (1, 1), (0, 1), (-5, 1)]
    )
    def test_they_are_rounded_up(self, left_ms: int, seconds: int) -> None:
        """Who waits that long is never too early; nobody is told to wait 0 seconds."""
        assert BurstWindow(RULE, ends_at=100_000).seconds_left(100_000 - left_ms) == seconds


class TestMemory:
    def test_closed_windows_are_let_go(self, bursts: Bursts, clock: StillClock) -> None:
        """A stream of ever new callers takes no more memory than those of one window do."""
        for caller in range(10 * MIN_PURGE_SIZE):
            clock.advance(seconds=1)
            bursts.count(caller, "a", RULE)
        assert len(bursts._windows) <= MIN_PURGE_SIZE

    def test_open_windows_are_kept_however_many(self, bursts: Bursts) -> None:
        """Nobody gets a new window because others came."""
        for _ in range(3):
            bursts.count(0, "a", RULE)
        for caller in range(1, 3 * MIN_PURGE_SIZE):
            bursts.count(caller, "a", RULE)
        with pytest.raises(BurstSpent):
            bursts.count(0, "a", RULE)
