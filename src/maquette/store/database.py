"""The interface that both engines implement. The domain writes transactions against it and never sees an engine."""

import logging
from collections.abc import Callable, Coroutine, Hashable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from maquette.store.migrations import Engine
from maquette.store.totals import RowChange, Totals

T = TypeVar("T")

Row = Sequence[Any]
Value = str | int | bytes | None

log = logging.getLogger("maquette.store")


class Transaction(Protocol):
    """One transaction's statements, with `$1`-style placeholders. A body must await nothing but these."""

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        """All rows."""
        ...

    async def row(self, sql: str, *args: Value) -> Row | None:
        """The first row, or None. Raises `Unavailable` if a row's lock isn't granted in time."""
        ...

    async def value(self, sql: str, *args: Value) -> Any:
        """The first row's first column, or None."""
        ...

    async def run(self, sql: str, *args: Value) -> None:
        """Execute a statement and discard its rows."""
        ...

    async def insert(self, sql: str, *args: Value) -> int | None:
        """Execute a single-row INSERT; returns the new serial, or None if ON CONFLICT skipped it (decision 27)."""
        ...

    @property
    def engine(self) -> Engine:
        """The engine, for the few statements that differ between the two."""
        ...

    @property
    def totals(self) -> Totals | None:
        """Cached totals; None in a write transaction, whose new workspace version may be rolled back."""
        ...

    def offload(self, key: Hashable = None) -> None:
        """Declare the rest of this body slow: on SQLite's event-loop connection it is aborted and rerun in a thread.

        With a key, bodies that compute the same cached value run once: the others wait, rerun, and find it cached.
        """
        ...

    def claim(self, workspace: int) -> None:
        """Call before locking the workspace's row. If too many writes wait for it, the body is rerun later."""
        ...

    def notify(self, change: "Change") -> None:
        """Queue a change for the database's listeners, who get it after the commit is durable, or never."""
        ...


class Change(Struct, frozen=True):
    """What a committed transaction changed, for the caches in memory.

    `workspace` None means that anything may have changed.
    """

    workspace: int | None
    version: int | None = None
    """The workspace's new version; None if this change doesn't affect it."""
    access: bool = False
    """Whether somebody's permissions may have changed, through a role, a credential or a plan."""
    dropped: tuple[str, ...] = ()
    """Object store keys that no row refers to any more."""
    row_changes: tuple[RowChange, ...] | None = None
    """The changed projects, before and after; None if they aren't known."""
    due: bool = False
    """Whether webhook deliveries may have become due."""


Body = Callable[[Transaction], Coroutine[Any, Any, T]]
Listener = Callable[[Sequence[Change]], None]


class Database(Protocol):
    """Runs transaction bodies. A body may be rerun from its start, so it must not act outside its transaction."""

    @property
    def sees_all_writes(self) -> bool:
        """Whether `epoch` and the listeners report every write at once, so that caches may answer without the store."""
        ...

    async def read(self, body: Body[T]) -> T:
        """Run the body on one consistent snapshot. Raises `Unavailable`."""
        ...

    async def write(self, body: Body[T]) -> T:
        """Run the body and return only when its outcome is durable.

        Raises `Unavailable` if it can't be, `Uncertain` if nobody can tell.
        """
        ...

    def epoch(self) -> int:
        """A number that changes whenever another process may have written since the last call."""
        ...

    def listen(self, listener: Listener) -> None:
        """Call the listener after each of this process's own commits, with all its changes."""
        ...

    async def migrate(self, now_ms: int) -> list[str]:
        """Apply pending migrations, after a backup if the engine can make one; returns the names of those applied.

        Raises `Unavailable`.
        """
        ...

    async def close(self) -> None:
        """Finish the transactions under way and close the connections."""
        ...


def announce(changes: Sequence[Change], listeners: Sequence[Listener]) -> None:
    """Call every listener with a commit's changes. Their exceptions are only logged, since the commit is durable."""
    if not changes:
        return
    for listener in listeners:
        try:
            listener(changes)
        except Exception:
            log.exception("a listener failed at a commit of %d changes", len(changes))


def totals_listener(totals: Totals) -> Listener:
    """A listener that brings the cached totals up to date after each commit."""

    def follow(changes: Sequence[Change]) -> None:
        if totals.has_entries():
            for change in changes:
                totals.follow(change.workspace, change.version, change.row_changes)

    return follow


def embedded_file(data: Path) -> Path:
    """The SQLite file in the data folder."""
    return data / "maquette.db"


def open_database(*, url: str | None, data: Path) -> Database:
    """PostgreSQL when a URL is given, else the embedded store in the data folder. Raises `Unavailable`."""
    if url:
        from maquette.store.postgres import PostgresDatabase

        return PostgresDatabase(url)
    from maquette.store.sqlite import SqliteDatabase

    return SqliteDatabase(embedded_file(data))
