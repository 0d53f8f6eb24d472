"""Who keeps guessing has to wait; who doesn't, hasn't."""

import pytest

from maquette.domain.login_throttle import MAX_SOURCE_LENGTH, RULE, LoginThrottle
from maquette.model.errors import TooManyFailures
from tests.office import StillClock


@pytest.fixture
def throttle(clock: StillClock) -> LoginThrottle:
    """Counts on the still clock."""
    return LoginThrottle(clock)


class TestFailures:
    def test_twenty_in_a_minute_pass_and_then_none(self, throttle: LoginThrottle, clock: StillClock) -> None:
        """Even a right answer has to wait then, as long as is said and no longer."""
        for _ in range(RULE.limit):
            throttle.require_allowed("address a")
            throttle.record_failure("address a")
        clock.advance(seconds=20)
        with pytest.raises(TooManyFailures) as caught:
            throttle.require_allowed("address a")
        assert caught.value.retry_after_s == 40
        clock.advance(seconds=40)
        throttle.require_allowed("address a")

    def test_each_source_counts_by_itself(self, throttle: LoginThrottle) -> None:
        """One address with many ids, or one id from many addresses: either is enough."""
        for guess in range(RULE.limit):
            throttle.record_failure("address a", f"client {guess}")
        throttle.require_allowed("address b", "client 1")
        for sources in (("address a",), ("address a", "client 1"), ("client 1", "address a")):
            with pytest.raises(TooManyFailures):
                throttle.require_allowed(*sources)

    def test_asking_costs_nothing(self, throttle: LoginThrottle) -> None:
        """Only failures are counted."""
        for _ in range(3 * RULE.limit):
            throttle.require_allowed("address a")

    def test_a_very_long_source_takes_no_more_room_than_a_short_one(self, throttle: LoginThrottle) -> None:
        """What is guessed with comes from strangers; it counts all the same."""
        source = "client " + "x" * 1_000_000
        for _ in range(RULE.limit):
            throttle.record_failure(source)
        assert {len(name) for _, name in throttle._bursts._windows} == {MAX_SOURCE_LENGTH}
        with pytest.raises(TooManyFailures):
            throttle.require_allowed(source)
