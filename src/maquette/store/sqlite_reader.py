"""How long may a read take? One connection that only reads, and stops what overruns its time."""

from math import inf
from pathlib import Path
from time import monotonic
from typing import TypeVar

import apsw

from maquette.store.database import Body
from maquette.store.sqlite_bodies import SqliteTransaction, carried_out, refusal
from maquette.store.sqlite_file import Handle
from maquette.store.totals import Totals
from maquette.store.under_way import TakesLong

T = TypeVar("T")

BUSY_MS = 500
STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's machine, about a millisecond, unless it searches long texts: nobody waits for what is aside."""

HURRIED_STEPS = 500
"""Where others wait: some 50 rows that are searched, or 200 blocks that the index reads before it has a row to give."""


class Reader:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, vfs: str | None, steps: int = STEPS_BETWEEN_LOOKS) -> None:
        """Open it; `steps` are those between two looks at the clock. Raises `apsw.Error`."""
        self._steps = steps
        self._deadline = 0.0
        self._handle = Handle(path, vfs, self._prepare)

    def run(self, body: Body[T], seconds: float, totals: Totals, *, hurried: bool = False) -> T:
        """Run the body on one snapshot. Raises `TakesLong` when hurried and out of time, else `Unavailable`."""
        try:
            return self._within(seconds, body, totals, hurried=hurried)
        except apsw.Error as error:
            self._handle.recover(error)
            if hurried and isinstance(error, apsw.InterruptError):
                raise TakesLong from error
            raise refusal(error) from error
        finally:
            self._handle.leave()

    def _within(self, seconds: float, body: Body[T], totals: Totals, *, hurried: bool) -> T:
        self._deadline = monotonic() + seconds
        try:
            connection = self._handle.get()
            connection.execute("BEGIN")
            return carried_out(body, SqliteTransaction(connection.cursor(), [], totals, hurried=hurried))
        finally:
            self._deadline = inf  # a ROLLBACK that is stopped costs the connection

    def close(self) -> None:
        """Let go of the connection for good."""
        self._handle.close()

    def _prepare(self, connection: apsw.Connection) -> None:
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("query_only", True)
        connection.set_progress_handler(lambda: monotonic() > self._deadline, self._steps)
