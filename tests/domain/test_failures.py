"""Who keeps guessing has to wait; who doesn't, hasn't."""

import pytest

from maquette.domain.failures import NAMED_BY, RULE, Failures
from maquette.model.errors import TooManyFailures
from tests.office import StillClock


@pytest.fixture
def failures(clock: StillClock) -> Failures:
    """Counts on the still clock."""
    return Failures(clock)


class TestFailures:
    def test_twenty_in_a_minute_pass_and_then_none(self, failures: Failures, clock: StillClock) -> None:
        """Even a right answer has to wait then, as long as is said and no longer."""
        for _ in range(RULE.limit):
            failures.require_few("address a")
            failures.count("address a")
        clock.advance(seconds=20)
        with pytest.raises(TooManyFailures) as caught:
            failures.require_few("address a")
        assert caught.value.retry_after_s == 40
        clock.advance(seconds=40)
        failures.require_few("address a")

    def test_each_source_counts_by_itself(self, failures: Failures) -> None:
        """One address with many ids, or one id from many addresses: either is enough."""
        for guess in range(RULE.limit):
            failures.count("address a", f"client {guess}")
        failures.require_few("address b", "client 1")
        for sources in (("address a",), ("address a", "client 1"), ("client 1", "address a")):
            with pytest.raises(TooManyFailures):
                failures.require_few(*sources)

    def test_asking_costs_nothing(self, failures: Failures) -> None:
        """Only failures are counted."""
        for _ in range(3 * RULE.limit):
            failures.require_few("address a")

    def test_a_very_long_source_takes_no_more_room_than_a_short_one(self, failures: Failures) -> None:
        """What is guessed with comes from strangers; it counts all the same."""
        source = "client " + "x" * 1_000_000
        for _ in range(RULE.limit):
            failures.count(source)
        assert {len(name) for _, name in failures._bursts._windows} == {NAMED_BY}
        with pytest.raises(TooManyFailures):
            failures.require_few(source)
