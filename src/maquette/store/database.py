"""The seam: what every engine promises. The domain writes transactions against this and never sees an engine."""

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
    """One transaction's statements, with `$1`-style placeholders; awaiting anything else inside one is a bug."""

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        """All rows."""
        ...

    async def row(self, sql: str, *args: Value) -> Row | None:
        """The first row, or None. Raises `Unavailable` where somebody else holds it for too long."""
        ...

    async def value(self, sql: str, *args: Value) -> Any:
        """The first row's first column, or None."""
        ...

    async def run(self, sql: str, *args: Value) -> None:
        """Carry out a statement whose rows don't matter."""
        ...

    async def insert(self, sql: str, *args: Value) -> int | None:
        """Carry out an INSERT of one row; its serial, or None where ON CONFLICT let it be (decision 27)."""
        ...

    @property
    def engine(self) -> Engine:
        """Which engine it is, for the few statements that are not the same in both."""
        ...

    @property
    def totals(self) -> Totals | None:
        """What was counted before; None in a transaction that writes, whose version may never come to be."""
        ...

    def offload(self, key: Hashable = None) -> None:
        """Say that what follows takes long: where it would hold up others, the body is run again off the event loop.

        Where another body is at work on the same `key`, which will be remembered, it is run again after that one.
        """
        ...

    def claim(self, workspace: int) -> None:
        """Call before the workspace's row is locked. Where too many writes wait for it, the body is run again later."""
        ...

    def notify(self, change: "Change") -> None:
        """Tell the database's listeners of this change once, and only if, the transaction is durable."""
        ...


class Change(Struct, frozen=True):
    """What a committed transaction touched, for those who keep copies in memory.

    `workspace` None means: anything may have changed.
    """

    workspace: int | None
    version: int | None = None
    """The workspace's new version; None where this doesn't tell one."""
    access: bool = False
    """Whether what anybody may do may have changed: a role, a credential, a plan."""
    dropped: tuple[str, ...] = ()
    """Keys of the object store that no row names any more."""
    row_changes: tuple[RowChange, ...] | None = None
    """The projects that it changed, before and after; None where that isn't known."""
    due: bool = False
    """Whether something waits to be sent to an endpoint."""


Body = Callable[[Transaction], Coroutine[Any, Any, T]]
Listener = Callable[[Sequence[Change]], None]


class Database(Protocol):
    """A store that runs whole transactions: a body may be run again from its start, so it must not act outside."""

    @property
    def sees_all_writes(self) -> bool:
        """Whether `epoch` and the listeners tell of every write at once, so that memory may answer for the store."""
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
        """A number that differs when somebody else may have written since the last call."""
        ...

    def listen(self, listener: Listener) -> None:
        """Call the listener after each of this process's own commits, with all that it changed."""
        ...

    async def migrate(self, now_ms: int) -> list[str]:
        """Bring the schema up to this release, after taking a copy where the engine can; returns what was applied.

        Raises `Unavailable`.
        """
        ...

    async def close(self) -> None:
        """Finish what was promised and let go of the engine."""
        ...


def announce(changes: Sequence[Change], listeners: Sequence[Listener]) -> None:
    """Tell every listener of a commit; what is durable must not look failed because one of them fails."""
    if not changes:
        return
    for listener in listeners:
        try:
            listener(changes)
        except Exception:
            log.exception("a listener failed at a commit of %d changes", len(changes))


def totals_listener(totals: Totals) -> Listener:
    """A listener that takes the remembered totals along with each commit."""

    def follow(changes: Sequence[Change]) -> None:
        if totals.has_entries():
            for change in changes:
                totals.follow(change.workspace, change.version, change.row_changes)

    return follow


def embedded_file(data: Path) -> Path:
    """Where the embedded store is in its folder."""
    return data / "maquette.db"


def open_database(*, url: str | None, data: Path) -> Database:
    """PostgreSQL when a URL is given, else the embedded store in the data folder. Raises `Unavailable`."""
    if url:
        from maquette.store.postgres import PostgresDatabase

        return PostgresDatabase(url)
    from maquette.store.sqlite import SqliteDatabase

    return SqliteDatabase(embedded_file(data))
