"""How is SQLite configured, the store's file opened, and reopened after a failure? How is a failure explained?"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import apsw

from maquette.model.errors import Unavailable

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # what was answered survives a power loss
    "fullfsync = ON",  # … on macOS too, where a plain fsync may stop at the drive's cache
    "foreign_keys = ON",
    "cache_size = -16384",
    "journal_size_limit = 67108864",  # truncates the log after a backup's long read has let it grow
)
STATEMENTS = 512
"""Size of a connection's cache of prepared statements (LRU), which apsw searches linearly at each use."""

LOOKASIDE = (4_400, 100)
"""SQLite's lookaside memory of each connection, for short-lived allocations: bytes in a slot, and number of slots.

A slot holds one page, since most of these allocations are pages.
"""

STATEMENT_JOURNAL_BYTES = 120 * 1024
"""The statement journal, which undoes a single statement, is kept in memory up to this size, and in a file beyond it.

It must be less than 128 KiB: SQLite couldn't write more to the file at once, and would report a full disk.
"""

OPENING_S = 2.0

OUR_MISTAKES = (
    apsw.SQLError,
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.RangeError,
    apsw.BindingsError,
    apsw.TooBigError,
)
"""Statements that are wrong. Trying again doesn't help, so they are not passed off as `Unavailable`."""

SURELY_NOT_COMMITTED = (*OUR_MISTAKES, apsw.BusyError, apsw.FullError, apsw.InterruptError)
"""Failures after which a connection can still be used; after any other it is safer to open a new one.

A COMMIT that fails with one of these was certainly not made: on a full disk the end of what it writes is missing.
"""


class ReconnectingConnection:
    """A connection that repairs itself: a broken one is dropped, and opened again when it is next asked for."""

    def __init__(
        self, path: Path, vfs: str | None, prepare: Callable[[apsw.Connection], None], statements: int = STATEMENTS
    ) -> None:
        self._path = path
        self._vfs = vfs
        self._statements = statements
        self._prepare = prepare
        self._connection: apsw.Connection | None = connect(path, vfs, statements)
        self._closed = False
        prepare(self._connection)

    def get(self) -> apsw.Connection:
        """The connection. Raises `apsw.Error` where it can't be opened again, `Unavailable` after `close`."""
        if self._connection is None:
            if self._closed:
                raise Unavailable("the store is closed")
            self._connection = connect(self._path, self._vfs, self._statements)
            self._prepare(self._connection)
        return self._connection

    def rollback(self) -> None:
        """Roll back the transaction under way, if there is one."""
        connection = self._connection
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            self._drop()

    def recover(self, error: BaseException) -> None:
        """Roll back after this error; where the file or the disk failed, drop the connection too."""
        self.rollback()
        if isinstance(error, apsw.Error) and not isinstance(error, SURELY_NOT_COMMITTED):
            self._drop()

    def close(self) -> None:
        """Close the connection for good."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(apsw.Error):  # it is discarded either way
                connection.close(force=True)


def connect(path: Path, vfs: str | None = None, statements: int = STATEMENTS) -> apsw.Connection:
    """Open a connection with all settings made. Raises `apsw.Error`."""
    os.environ.setdefault("SQLITE_TMPDIR", str(path.parent.resolve()))  # the one disk that is sure to be writable
    _set_up()
    deadline = monotonic() + OPENING_S
    while True:
        try:
            return _connect(path, vfs, statements)
        except apsw.BusyError:  # another process is creating the file, for which SQLite doesn't wait
            if monotonic() > deadline:
                raise
            sleep(0.005)


@cache
def _set_up() -> None:
    """Configure SQLite's use of memory, once in a process and before its first connection (decision 27)."""
    if apsw.connections() or not apsw.using_amalgamation:
        return  # SQLite is shared with others in this process: the defaults work too, only slower
    apsw.shutdown()
    apsw.config(apsw.SQLITE_CONFIG_MEMSTATUS, False)  # counting it costs locks
    apsw.config(apsw.SQLITE_CONFIG_LOOKASIDE, *LOOKASIDE)
    apsw.config(apsw.SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_BYTES)
    apsw.initialize()


def reason(path: Path, error: Exception) -> str:
    """Why the file can't be used, worded for the operator."""
    if isinstance(error, OSError):
        return f"{error.filename or path}: {error.strerror}."
    if isinstance(error, apsw.FullError):
        return f"the disk that holds {path} is full."
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return f"another process holds {path}; try again when it's done."
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return f"{path} is damaged, or no database of Maquette's ({error})."
    if isinstance(error, apsw.CantOpenError | apsw.ReadOnlyError | apsw.PermissionsError):
        return f"{path} can't be opened for writing: is {path.parent} a folder that this user may write to? ({error})"
    return f"{path}: {type(error).__name__}: {error}"


def _connect(path: Path, vfs: str | None, statements: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), statementcachesize=statements, vfs=vfs)
    try:
        connection.create_scalar_function("holds", _holds, 2, deterministic=True)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # else STAT4 replans a statement at each binding
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if connection.readonly("main"):
            raise apsw.ReadOnlyError("it may only be read")
        if connection.pragma("journal_mode") != "wal":
            raise apsw.CantOpenError("its file system can't hold a write-ahead log")
    except BaseException:
        connection.close(force=True)
        raise
    return connection


def _holds(*values: Any) -> bool:
    """The SQL function `holds(text, part)`, for long parts: `instr` compares them at each place of the text."""
    text, part = values
    return text is not None and part in text
