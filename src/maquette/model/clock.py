"""What time is it? Passed in everywhere, so that month ends and expiries are tested without sleeping."""

import time
from datetime import UTC, datetime
from typing import Protocol

MINUTE_MS = 60_000
DAY_MS = 86_400_000
LATEST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999: later times can't be shown."""


class Clock(Protocol):
    """A source of the present moment."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000


def month_start(at_ms: int) -> int:
    """The first instant of the UTC month that holds `at_ms`, in milliseconds."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return _ms(datetime(moment.year, moment.month, 1, tzinfo=UTC))


def month_end(at_ms: int) -> int:
    """The first instant of the UTC month after the one that holds `at_ms`, in milliseconds."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return _ms(datetime(year, month, 1, tzinfo=UTC))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
