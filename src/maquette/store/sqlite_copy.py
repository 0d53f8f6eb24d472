"""How is the embedded store's file copied while it is in use, so that nobody who uses it has to wait for that?"""

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
"""Four megabytes go to the disk at once, and not all at the end: who syncs meanwhile waits for no more than that."""

REST = 2.0
"""Of a core that it shares with the server, the copy takes a third; a lower priority means nothing between sessions."""


def copy(source: Path, target: Path, *, vfs: str | None = None, rest: float = REST) -> None:
    """Copy one moment of the database, in use or not, into a file that appears only when it's whole and on the disk.

    After each step it rests `rest` times as long as that took of the processor. This user alone may read the file.
    Raises `apsw.Error`, `OSError`.
    """
    with atomic_write(target) as partial:
        with suppress(FileNotFoundError, PermissionError):  # SQLite says it in more words
            make_file(partial)
        with (
            closing(_unlogged(partial)) as into,
            closing(connect(source, vfs)) as out_of,
            _opened(partial) as written,
        ):
            with _snapshot(out_of), into.backup("main", out_of, "main") as backup:
                _step(backup, written, rest)
            os.fsync(written)


def _unlogged(partial: Path) -> apsw.Connection:
    """A connection that keeps no journal and syncs nothing: what breaks off leaves no file, and the end is synced."""
    connection = apsw.Connection(str(partial))
    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


@contextmanager
def _snapshot(connection: apsw.Connection) -> Iterator[None]:
    """Read the database as it is now until the end; else the copy starts over whenever somebody writes.

    The log that grew meanwhile is then carried over from here: else the server's next commit would wait for that.
    """
    connection.execute("BEGIN")
    connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    yield
    connection.execute("COMMIT")
    with suppress(apsw.Error):  # somebody else is at it, or will be
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def _step(backup: apsw.Backup, written: int, rest: float) -> None:
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
