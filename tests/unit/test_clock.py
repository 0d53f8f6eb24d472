"""Where does a month begin and end? In UTC, to the millisecond."""

from datetime import UTC, datetime

import pytest

from maquette.model.clock import SystemClock, month_end, month_start


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """Milliseconds of a moment in UTC."""
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000


class TestMonth:
    @pytest.mark.parametrize(
        ("at_ms", "start", "end"),
        [
            (ms(2026, 3, 10, 12), ms(2026, 3, 1), ms(2026, 4, 1)),
            (ms(2026, 4, 1) - 1, ms(2026, 3, 1), ms(2026, 4, 1)),  # 23:59:59.999
            (ms(2026, 4, 1), ms(2026, 4, 1), ms(2026, 5, 1)),
            (ms(2027, 1, 1) - 1, ms(2026, 12, 1), ms(2027, 1, 1)),
            (ms(2024, 2, 29, 23, 59, 59), ms(2024, 2, 1), ms(2024, 3, 1)),
            (ms(2100, 2, 28), ms(2100, 2, 1), ms(2100, 3, 1)),
        ],
    )
    def test_each_moment_is_in_one_month(self, at_ms: int, start: int, end: int) -> None:
        """The month's last millisecond belongs to it, and the next one to the next."""
        assert (start, end) == (month_start(at_ms), month_end(at_ms))

    def test_months_follow_without_a_gap(self) -> None:
        """Each month begins where the one before ended, over ten years."""
        at = ms(2024, 1, 1)
        for _ in range(120):
            assert month_start(month_end(at)) == month_end(at)
            assert month_start(month_end(at) - 1) == month_start(at)
            at = month_end(at)


class TestSystemClock:
    def test_it_goes_forward_in_milliseconds(self) -> None:
        """Two looks are in order, and in the unit that records are kept in."""
        first, second = SystemClock().now_ms(), SystemClock().now_ms()
        assert 0 <= second - first < 60_000
        assert datetime.fromtimestamp(first / 1000, UTC).year >= 2026
