"""How long may a read take? One connection that only reads, and stops what overruns its time."""

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
STEPS_BETWEEN_CHECKS = 20_000
"""Of SQLite's machine, about a millisecond."""


class Reader:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, vfs: str | None) -> None:
        """Open it. Raises `apsw.Error`."""
        self._deadline = 0.0
        self._handle = Handle(path, vfs, self._prepare)

    def run(self, body: Body[T], seconds: float, totals: Totals, *, hurried: bool = False) -> T:
        """Run the body on one snapshot. Raises `TakesLong` when hurried and out of time, else `Unavailable`."""
        self._deadline = monotonic() + seconds
        try:
            connection = self._handle.get()
            connection.execute("BEGIN")
            return carried_out(body, SqliteTransaction(connection.cursor(), [], totals, hurried=hurried))
        except apsw.Error as error:
            self._handle.recover(error)
            if hurried and isinstance(error, apsw.InterruptError):
                raise TakesLong from error
            raise refusal(error) from error
        finally:
            self._handle.leave()

    def close(self) -> None:
        """Let go of the connection for good."""
        self._handle.close()

    def _prepare(self, connection: apsw.Connection) -> None:
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("query_only", True)
        connection.set_progress_handler(lambda: monotonic() > self._deadline, STEPS_BETWEEN_CHECKS)
