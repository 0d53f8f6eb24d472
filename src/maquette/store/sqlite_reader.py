"""A read-only connection that interrupts a body whose time is up."""

from math import inf
from pathlib import Path
from time import monotonic
from typing import TypeVar

import apsw

from maquette.store.database import Body
from maquette.store.single_flight import SlowRead
from maquette.store.sqlite_file import ReconnectingConnection
from maquette.store.sqlite_transaction import SqliteTransaction, refusal, run_to_completion
from maquette.store.totals import Totals

T = TypeVar("T")

BUSY_MS = 500
STEPS_BETWEEN_CHECKS = 20_000
"""SQLite's steps between two looks at the clock: about a millisecond, unless it searches long texts. Nobody waits for a
reader in a thread.
"""

LOOP_STEPS = 500
"""The same on the event loop, where others wait: some 50 searched rows, or 200 index blocks read before a row."""


class Reader:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, vfs: str | None, steps: int = STEPS_BETWEEN_CHECKS) -> None:
        """Open the connection, which looks at the clock every `steps` steps. Raises `apsw.Error`."""
        self._steps = steps
        self._deadline = 0.0
        self._connection = ReconnectingConnection(path, vfs, self._prepare)

    def run(self, body: Body[T], seconds: float, totals: Totals, *, on_event_loop: bool = False) -> T:
        """Run the body on one snapshot. Raises `SlowRead` when on_event_loop and out of time, else `Unavailable`."""
        try:
            return self._run_within(seconds, body, totals, on_event_loop=on_event_loop)
        except apsw.Error as error:
            self._connection.recover(error)
            if on_event_loop and isinstance(error, apsw.InterruptError):
                raise SlowRead from error
            raise refusal(error) from error
        finally:
            self._connection.rollback()

    def _run_within(self, seconds: float, body: Body[T], totals: Totals, *, on_event_loop: bool) -> T:
        self._deadline = monotonic() + seconds
        try:
            connection = self._connection.get()
            connection.execute("BEGIN")
            return run_to_completion(
                body, SqliteTransaction(connection.cursor(), [], totals, on_event_loop=on_event_loop)
            )
        finally:
            self._deadline = inf  # else the ROLLBACK could be interrupted, which costs the connection

    def close(self) -> None:
        """Close the connection for good."""
        self._connection.close()

    def _prepare(self, connection: apsw.Connection) -> None:
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("query_only", True)
        connection.set_progress_handler(lambda: monotonic() > self._deadline, self._steps)
