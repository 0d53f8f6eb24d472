"""Cached totals of append-only rows: a total is brought up to date by counting only the rows added since."""

from collections.abc import Hashable
from threading import Lock

MAX_ENTRIES = 1_024
"""Cached keys; the least recently counted is evicted first."""


class AppendOnlyTotals:
    """Totals of rows that are never changed or deleted, each up to a serial.

    If the database is restored to an earlier state under a running process, they are wrong until it restarts.
    """

    def __init__(self) -> None:
        self._cached: dict[Hashable, tuple[int, int]] = {}
        self._lock = Lock()  # slow reads count in threads

    def get(self, key: Hashable) -> tuple[int, int]:
        """The serial up to which it was last counted, and the total then; zeros if it wasn't counted."""
        return self._cached.get(key, (0, 0))

    def put(self, key: Hashable, serial: int, total: int) -> None:
        """Cache a total that was counted in a snapshot whose newest row has that serial."""
        with self._lock:
            self._cached.pop(key, None)
            self._cached[key] = serial, total
            if len(self._cached) > MAX_ENTRIES:
                del self._cached[next(iter(self._cached))]
