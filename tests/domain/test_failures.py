"""Who keeps guessing has to wait; who doesn't, hasn't."""

import pytest

from maquette.domain.failures import ADDRESS_RULE, NAMED_BY, RULE, Failures
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
            failures.require_few("a", "client")
            failures.count("a", "client")
        clock.advance(seconds=20)
        with pytest.raises(TooManyFailures) as caught:
            failures.require_few("a", "client")
        assert caught.value.retry_after_s == 40
        clock.advance(seconds=40)
        failures.require_few("a", "client")

    def test_who_knows_a_name_keeps_nobody_out(self, failures: Failures) -> None:
        """From another address its owner comes in, however many have guessed."""
        for guess in range(3 * RULE.limit):
            failures.count("a", "client")
            failures.count(f"b {guess}", "client")
        failures.require_few("the owner's", "client")

    def test_an_address_has_a_bound_of_its_own(self, failures: Failures) -> None:
        """With ever other names, it isn't endless; another address is not it."""
        for guess in range(ADDRESS_RULE.limit):
            failures.require_few("a", f"client {guess}")
            failures.count("a", f"client {guess}")
        failures.require_few("b", "client 1")
        with pytest.raises(TooManyFailures):
            failures.require_few("a", "another")

    def test_asking_costs_nothing(self, failures: Failures) -> None:
        """Only failures are counted."""
        for _ in range(2 * ADDRESS_RULE.limit):
            failures.require_few("a", "client")

    def test_a_very_long_source_takes_no_more_room_than_a_short_one(self, failures: Failures) -> None:
        """What is guessed with comes from strangers; it counts all the same."""
        name = "x" * 1_000_000
        for _ in range(RULE.limit):
            failures.count("a", name)
        assert {1, NAMED_BY} == {len(kept) for _, kept in failures._bursts._windows}
        with pytest.raises(TooManyFailures):
            failures.require_few("a", name)
