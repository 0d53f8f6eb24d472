"""How many rows of what only grows match? Counted once; from then on, only those that have come since are."""

from collections.abc import Hashable
from threading import Lock

MAX_ENTRIES = 1_024
"""Keys whose totals are remembered; the one that was counted longest ago goes first."""


class AppendOnlyTotals:
    """Totals of rows that are never changed and never go, each up to a serial.

    Where a database is put back to an earlier moment under a running process, they are wrong until its next start.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[int, int]] = {}
        self._lock = Lock()  # long reads count in threads

    def get(self, key: Hashable) -> tuple[int, int]:
        """Up to which serial it was counted last, and the total then; zeros where it wasn't."""
        return self._known.get(key, (0, 0))

    def put(self, key: Hashable, serial: int, total: int) -> None:
        """Keep what was counted in a snapshot whose newest row is of that serial."""
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = serial, total
            if len(self._known) > MAX_ENTRIES:
                del self._known[next(iter(self._known))]
