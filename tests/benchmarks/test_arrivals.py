"""Is the open loop's arithmetic right? Schedules and percentiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.arrivals import Schedule, percentile, summary

RATES = st.floats(0.5, 50_000)


class TestSchedule:
    def test_requests_are_spaced_evenly_from_the_start(self) -> None:
        """At four a second, every quarter of a second."""
        schedule = Schedule.of(10.0, 4, 2)
        assert [10.0, 10.25, 10.5, 10.75] == [schedule.due_s(number) for number in range(4)]

    def test_it_holds_as_many_as_rate_and_seconds_make(self) -> None:
        """Eight at four a second for two seconds."""
        assert 8 == Schedule.of(10.0, 4, 2).total

    def test_a_very_slow_one_holds_one(self) -> None:
        """A schedule without a request would measure nothing."""
        assert 1 == Schedule.of(0.0, 0.1, 1).total

    @pytest.mark.parametrize(
        ("now_s", "expected"),
        [
            pytest.param(9.9, 0, id="before-the-start"),
            pytest.param(10.0, 1, id="at-the-start"),
            pytest.param(10.24, 1, id="just-before-the-second"),
            pytest.param(10.25, 2, id="at-the-second"),
            pytest.param(11.8, 8, id="after-the-last"),
            pytest.param(99.0, 8, id="long-after-the-last"),
        ],
    )
    def test_what_is_due_by_now(self, now_s: float, expected: int) -> None:
        """Those whose time has come, the very first at once, and never more than there are."""
        assert expected == Schedule.of(10.0, 4, 2).are_due(now_s)

    @given(rate=RATES, number=st.integers(0, 100_000))
    def test_a_request_is_due_between_its_times(self, rate: float, number: int) -> None:
        """Between its own time and the next one's, exactly it and those before it are due."""
        schedule = Schedule(0.0, rate, 1_000_000)
        assert number + 1 == schedule.are_due((schedule.due_s(number) + schedule.due_s(number + 1)) / 2)


class TestPercentile:
    @pytest.mark.parametrize(
        ("percent", "expected"),
        [(0, 1), (0.1, 1), (50, 500), (99, 990), (99.9, 999), (99.95, 1000), (100, 1000)],
    )
    def test_it_is_the_nearest_rank(self, percent: float, expected: int) -> None:
        """Of 1 to 1,000, the 99.9th percentile is 999: no binary fraction pushes it to the next rank."""
        assert expected == percentile(range(1, 1001), percent)

    def test_one_value_is_every_percentile(self) -> None:
        """There is no other to choose."""
        assert [7, 7, 7] == [percentile([7], percent) for percent in (0, 50, 100)]

    def test_no_values_have_none(self) -> None:
        """An empty round is an error, not a zero."""
        with pytest.raises(ValueError, match="no values"):
            percentile([], 50)

    @given(values=st.lists(st.floats(0, 100), min_size=1, max_size=50), percent=st.integers(1, 100))
    def test_it_is_the_least_that_so_many_do_not_exceed(self, values: list[float], percent: int) -> None:
        """By its very definition, counted."""
        ordered = sorted(values)
        found = percentile(ordered, percent)
        assert 100 * sum(value <= found for value in ordered) >= percent * len(ordered)
        assert 100 * sum(value < found for value in ordered) < percent * len(ordered)


class TestSummary:
    def test_it_sorts_and_tells_milliseconds(self) -> None:
        """The latencies come in the order of the answers, in seconds."""
        expected = {"p50_ms": 2000, "p90_ms": 3000, "p99_ms": 3000, "p999_ms": 3000, "most_ms": 3000}
        assert expected == summary([3.0, 1.0, 2.0])
