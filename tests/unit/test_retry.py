"""When is a message tried again, and how long is an endpoint left in peace?"""

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.domain import retry
from maquette.model.clock import DAY_MS, MINUTE_MS
from maquette.store.leases import Health

NOW_MS = 1_773_144_000_000
WELL = Health(0, None, 0)

chances = st.floats(0, 1, exclude_max=True)
moments = st.integers(NOW_MS, NOW_MS + DAY_MS)


class TestNextAt:
    def test_the_steps_are_those_that_are_promised(self) -> None:
        """5 s, 5 min, 30 min, 2 h, 5 h, 10 h, each from the end of the attempt before; then no more."""
        due, found = NOW_MS, []
        for tries in range(1, 7):
            next_due = retry.next_at(tries, due, NOW_MS, retry_after_ms=None, chance=0)
            assert next_due
            found.append((next_due - due) / 1000)
            due = next_due
        assert [5, 300, 1800, 7200, 18_000, 36_000] == found
        assert None is retry.next_at(7, due, NOW_MS, retry_after_ms=None, chance=0)

    @settings(max_examples=60)
    @given(st.integers(1, 6), moments, chances, st.none() | st.integers(0, DAY_MS))
    def test_it_is_never_early_and_at_most_a_tenth_late(
        self, tries: int, ended_at: int, chance: float, wait_ms: int | None
    ) -> None:
        """Whatever the jitter, between one and 1.1 steps, where a step is as long as the endpoint asks, if longer."""
        due = retry.next_at(tries, ended_at, ended_at, retry_after_ms=wait_ms, chance=chance)
        step = max(retry.STEPS_MS[tries - 1], wait_ms or 0)
        assert due is None or step <= due - ended_at <= step * 1.1

    @settings(max_examples=60)
    @given(st.integers(1, 9), moments, chances, st.none() | st.integers(0, 2 * DAY_MS))
    def test_nothing_is_due_after_a_day(self, tries: int, ended_at: int, chance: float, wait_ms: int | None) -> None:
        """Counted from the event, whatever the endpoint asks for."""
        due = retry.next_at(tries, ended_at, NOW_MS, retry_after_ms=wait_ms, chance=chance)
        assert due is None or due <= NOW_MS + DAY_MS

    def test_all_steps_fit_into_a_day(self) -> None:
        """Even with all the jitter and 15 s for each attempt."""
        assert max(accumulate(step * 1.1 + 15_000 for step in retry.STEPS_MS)) < DAY_MS


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("120", 120_000),
            (" 0 ", 0),
            (format_datetime(datetime.fromtimestamp(NOW_MS / 1000 + 90, UTC), usegmt=True), 90_000),
            (format_datetime(datetime.fromtimestamp(NOW_MS / 1000 - 90, UTC), usegmt=True), 0),
            ("9" * 40, DAY_MS),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("", None),
            ("٣", None),
            ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
            ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
        ],
        ids=[
            "seconds",
            "zero",
            "date",
            "past",
            "huge",
            "word",
            "negative",
            "fraction",
            "empty",
            "arabic",
            "far year",
            "far zone",
        ],
    )
    def test_seconds_and_dates_are_read(self, text: str, expected: int | None) -> None:
        """And what is neither is as if it were not there."""
        assert expected == retry.retry_after_ms(429, {"Retry-After": text}, NOW_MS)

    @pytest.mark.parametrize("status", [200, 301, 500, 502])
    def test_it_is_believed_of_429_and_503_alone(self, status: int) -> None:
        """Other answers that carry it change nothing."""
        assert None is retry.retry_after_ms(status, {"retry-after": "60"}, NOW_MS)

    @settings(max_examples=60)
    @given(st.text(max_size=40))
    def test_no_text_breaks_it(self, text: str) -> None:
        """Whatever an endpoint says, there is a number of milliseconds or nothing."""
        found = retry.retry_after_ms(503, {"retry-after": text}, NOW_MS)
        assert found is None or found >= 0


class TestAfterFailure:
    def test_one_failure_pauses_nobody(self) -> None:
        """The message waits for its step, the endpoint's other messages don't."""
        assert Health(1, NOW_MS, 0) == retry.after_failure(WELL, 500, NOW_MS, retry_after_ms=None, at_claim=0)

    def test_it_began_with_the_first(self) -> None:
        """Later failures don't move the beginning."""
        before = Health(1, NOW_MS - 7, 0)
        assert NOW_MS - 7 == retry.after_failure(before, None, NOW_MS, retry_after_ms=None, at_claim=1).failing_since

    def test_retry_after_pauses_the_endpoint(self) -> None:
        """Its other messages wait too."""
        assert NOW_MS + 60_000 == retry.after_failure(WELL, 503, NOW_MS, retry_after_ms=60_000, at_claim=0).paused_until

    @pytest.mark.parametrize("status", [429, 502, 504])
    def test_an_overloaded_endpoint_is_slowed_down(self, status: int) -> None:
        """More with each failure, up to ten minutes."""
        found, health = [], WELL
        for _ in range(9):
            health = retry.after_failure(health, status, NOW_MS, retry_after_ms=None, at_claim=health.failures)
            found.append((health.paused_until - NOW_MS) / 1000)
        assert [10, 20, 40, 80, 160, 320, 600, 600, 600] == found

    def test_the_breaker_opens_at_the_fifth_failure(self) -> None:
        """30 s, then twice as long with each failure, up to five minutes."""
        found, health = [], WELL
        for _ in range(9):
            health = retry.after_failure(health, None, NOW_MS, retry_after_ms=None, at_claim=health.failures)
            found.append(max(0, health.paused_until - NOW_MS) / 1000)
        assert [0, 0, 0, 0, 30, 60, 120, 240, 300] == found

    def test_those_that_fail_together_count_as_one(self) -> None:
        """Eight on their way to an endpoint that restarts don't open the breaker."""
        health = WELL
        for _ in range(8):
            health = retry.after_failure(health, None, NOW_MS, retry_after_ms=None, at_claim=0)
        assert Health(1, NOW_MS, 0) == health

    def test_no_failure_shortens_a_pause(self) -> None:
        """A message that was on its way when another was asked to wait changes nothing of that."""
        before = Health(1, NOW_MS, NOW_MS + 60_000)
        assert (
            NOW_MS + 60_000 == retry.after_failure(before, 429, NOW_MS, retry_after_ms=1_000, at_claim=1).paused_until
        )


class TestDisabling:
    def test_gone_is_gone(self) -> None:
        """A 410 disables at once."""
        assert "It answered 410 Gone." == retry.disabling(410, Health(1, NOW_MS, 0), NOW_MS)

    def test_five_days_of_failing_are_enough(self) -> None:
        """To the millisecond."""
        health = Health(9, NOW_MS, 0)
        assert None is retry.disabling(500, health, NOW_MS + 5 * DAY_MS - 1)
        assert "It failed for 5 days." == retry.disabling(500, health, NOW_MS + 5 * DAY_MS)

    def test_the_last_step_is_ten_hours(self) -> None:
        """The table is in milliseconds."""
        assert 600 * MINUTE_MS == retry.STEPS_MS[-1]
