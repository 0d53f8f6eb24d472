"""When is each request due, and how long did it take since then? The arithmetic of an open loop, and nothing else.

Requests arrive at a constant rate whatever the server does. One that could not be sent in time, for all connections
were waiting, counts from when it was due: a server that stalls for a second is charged with all that had to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Schedule:
    """`total` requests, evenly spaced from `start_s` on, at `rate` a second."""

    start_s: float
    rate: float
    total: int

    @classmethod
    def of(cls, start_s: float, rate: float, seconds: float) -> "Schedule":
        return cls(start_s, rate, max(1, round(rate * seconds)))

    def due_s(self, number: int) -> float:
        """When the request of that number is to be sent; counted from the start, so that no error adds up."""
        return self.start_s + number / self.rate

    def are_due(self, now_s: float) -> int:
        """How many should have been sent by now."""
        if now_s < self.start_s:
            return 0
        return min(self.total, int((now_s - self.start_s) * self.rate) + 1)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least value that `percent` per cent of all do not exceed (nearest rank). Takes them in ascending order."""
    if not ordered:
        raise ValueError("no values")
    # Rounded first: 99.9 per cent of 1,000 is the 999th, and not the 1,000th for the sake of a binary fraction.
    rank = ceil(round(len(ordered) * percent / 100, 6))
    return ordered[max(0, rank - 1)]


def summary(latencies_s: Sequence[float]) -> dict[str, float]:
    """The percentiles that are reported, in milliseconds."""
    ordered = sorted(latencies_s)
    named = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "p999_ms": 99.9, "most_ms": 100}
    return {name: percentile(ordered, percent) * 1000 for name, percent in named.items()}
