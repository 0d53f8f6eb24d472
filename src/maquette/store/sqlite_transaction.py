"""How is a transaction's body run on a connection? To completion, in one step."""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import apsw

from maquette.model.errors import Unavailable
from maquette.store.database import Body, Change, Row, Value
from maquette.store.migrations import Engine
from maquette.store.single_flight import SlowRead
from maquette.store.sqlite_file import OUR_MISTAKES
from maquette.store.totals import Totals

T = TypeVar("T")


class SqliteTransaction:
    """Statements of one body. Nothing here suspends, so a body runs to completion in one step."""

    __slots__ = ("_changes", "_connection", "_execute", "_on_event_loop", "totals")
    engine: Engine = "sqlite"

    def __init__(
        self,
        cursor: apsw.Cursor,
        changes: list[Change],
        totals: Totals | None = None,
        *,
        on_event_loop: bool = False,
    ) -> None:
        self._connection = cursor.connection
        self._execute = cursor.execute  # one cursor will do: each statement is read to its end
        self._changes = changes
        self._on_event_loop = on_event_loop
        self.totals = totals

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        return self._execute(_to_sqlite(sql), args).fetchall()

    async def row(self, sql: str, *args: Value) -> Row | None:
        rows = self._execute(_to_sqlite(sql), args).fetchall()
        return rows[0] if rows else None

    async def value(self, sql: str, *args: Value) -> Any:
        rows = self._execute(_to_sqlite(sql), args).fetchall()
        return rows[0][0] if rows else None

    async def run(self, sql: str, *args: Value) -> None:
        self._execute(_to_sqlite(sql), args).fetchall()

    async def insert(self, sql: str, *args: Value) -> int | None:
        self._execute(_to_sqlite(sql), args)  # runs to completion, since it returns no rows
        return self._connection.last_insert_rowid() if self._connection.changes() else None

    def offload(self, key: Hashable = None) -> None:
        """Raises `SlowRead` on the event loop, where other calls would wait."""
        if self._on_event_loop:
            raise SlowRead(key)

    def claim(self, workspace: int) -> None:
        """Does nothing: there is one writer, which needs no row locks."""

    def notify(self, change: Change) -> None:
        self._changes.append(change)


def run_to_completion(body: Body[T], transaction: SqliteTransaction) -> T:
    """Drive the coroutine with a single step. Raises `RuntimeError` if it awaits anything but its transaction."""
    coroutine = body(transaction)
    try:
        coroutine.send(None)
    except StopIteration as end:
        outcome: T = end.value
        return outcome
    coroutine.close()
    raise RuntimeError("a transaction's body awaited something outside its transaction")


def refusal(error: Exception) -> Exception:
    """The error for a failed body's caller: `Unavailable` where the engine failed, otherwise the error itself."""
    if isinstance(error, apsw.Error) and not isinstance(error, OUR_MISTAKES):
        return Unavailable(f"{type(error).__name__}: {error}")
    return error


@lru_cache(4096)
def _to_sqlite(sql: str) -> str:
    """A statement rewritten for SQLite, wherever in it these stand, literals included:

    - `$` becomes `?`: the placeholder `$1` is `?1`.
    - ` FOR UPDATE` and ` SKIP LOCKED` go: a SQLite transaction that writes locks the whole file.
    """
    return sql.replace("$", "?").replace(" FOR UPDATE", "").replace(" SKIP LOCKED", "")
