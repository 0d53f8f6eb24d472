"""How many rows of what only grows match? Counted once; from then on, only those that have come since are."""

from collections.abc import Hashable
from threading import Lock

MOST = 1_024
"""Questions whose answers are remembered; the one that was counted longest ago goes first."""


class Grown:
    """Totals of rows that are never changed and never go, each up to a serial.

    Where a database is put back to an earlier moment under a running process, they are wrong until its next start.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[int, int]] = {}
        self._changing = Lock()  # long reads count in threads

    def get(self, question: Hashable) -> tuple[int, int]:
        """Up to which serial it was counted last, and the total then; zeros where it wasn't."""
        return self._known.get(question, (0, 0))

    def put(self, question: Hashable, serial: int, total: int) -> None:
        """Keep what was counted in a snapshot whose newest row is of that serial."""
        with self._changing:
            self._known.pop(question, None)
            self._known[question] = serial, total
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
