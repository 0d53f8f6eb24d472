"""How is the embedded store's file copied while it is in use, without holding up its users (decision 25)?"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import sleep, thread_time

import apsw

from maquette.store.atomic_files import atomic_write, make_file
from maquette.store.sqlite_file import connect

STEP_PAGES = 64
STEPS_BETWEEN_SYNCS = 16
"""The copy is synced every 4 MB, not once at the end, since a commit that syncs meanwhile has to wait for that much."""

REST = 2.0
"""How long to sleep after a step, as a multiple of its processor time: the copy takes a third of a core.

A lower priority wouldn't do: between sessions it has no effect.
"""


def copy(source: Path, target: Path, *, vfs: str | None = None, rest: float = REST) -> None:
    """Copy a snapshot of the database, in use or not, to a file that appears only once it is complete and synced.

    After each step it sleeps for `rest` times the step's processor time. Only this user may read the file.
    Raises `apsw.Error`, `OSError`.
    """
    with atomic_write(target) as partial:
        with suppress(FileNotFoundError, PermissionError):  # SQLite's own error says more
            make_file(partial)
        with (
            closing(_unlogged(partial)) as into,
            closing(connect(source, vfs)) as out_of,
            _opened(partial) as written,
        ):
            with _snapshot(out_of), into.backup("main", out_of, "main") as backup:
                _copy_in_steps(backup, written, rest)
            os.fsync(written)


def _unlogged(partial: Path) -> apsw.Connection:
    """A connection without journal or syncs: an unfinished copy is deleted, and a finished one is synced by `copy`."""
    connection = apsw.Connection(str(partial))
    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


@contextmanager
def _snapshot(connection: apsw.Connection) -> Iterator[None]:
    """Hold one read transaction, since the copy would otherwise start over whenever somebody writes.

    Then checkpoint the log that has grown meanwhile, which the server's next commit would otherwise have to do.
    """
    connection.execute("BEGIN")
    connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    yield
    connection.execute("COMMIT")
    with suppress(apsw.Error):  # another connection is checkpointing, or will
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def _copy_in_steps(backup: apsw.Backup, written: int, rest: float) -> None:
    steps, began = 0, thread_time()
    while not backup.step(STEP_PAGES):
        steps += 1
        if steps % STEPS_BETWEEN_SYNCS == 0:
            os.fsync(written)
        sleep(rest * (thread_time() - began))
        began = thread_time()


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
