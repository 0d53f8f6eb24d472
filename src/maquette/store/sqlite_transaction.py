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
    """Statements of one body; nothing here ever waits, so a body runs to its end in one go."""

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
        self._execute = cursor.execute  # one for all statements, each of which is read to its end
        self._changes = changes
        self._on_event_loop = on_event_loop
        self.totals = totals

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        return self._execute(_numbered(sql), args).fetchall()

    async def row(self, sql: str, *args: Value) -> Row | None:
        found = self._execute(_numbered(sql), args).fetchall()
        return found[0] if found else None

    async def value(self, sql: str, *args: Value) -> Any:
        found = self._execute(_numbered(sql), args).fetchall()
        return found[0][0] if found else None

    async def run(self, sql: str, *args: Value) -> None:
        self._execute(_numbered(sql), args).fetchall()

    async def insert(self, sql: str, *args: Value) -> int | None:
        self._execute(_numbered(sql), args)  # to its end: it gives no rows
        return self._connection.last_insert_rowid() if self._connection.changes() else None

    def offload(self, key: Hashable = None) -> None:
        """Raises `SlowRead` where others wait."""
        if self._on_event_loop:
            raise SlowRead(key)

    def claim(self, workspace: int) -> None:
        """There is one writer, and it waits for nobody."""

    def notify(self, change: Change) -> None:
        self._changes.append(change)


def run_to_completion(body: Body[T], transaction: SqliteTransaction) -> T:
    """Drive a body that never has to wait; one that awaits anything but its transaction is a bug."""
    steps = body(transaction)
    try:
        steps.send(None)
    except StopIteration as end:
        outcome: T = end.value
        return outcome
    steps.close()
    raise RuntimeError("a transaction's body awaited something outside its transaction")


def refusal(error: Exception) -> Exception:
    """What a body's failure is for its caller: a failing engine is `Unavailable`, all else is what it is."""
    if isinstance(error, apsw.Error) and not isinstance(error, OUR_MISTAKES):
        return Unavailable(f"{type(error).__name__}: {error}")
    return error


@lru_cache(4096)
def _numbered(sql: str) -> str:
    return sql.replace("$", "?").replace(" FOR UPDATE", "").replace(" SKIP LOCKED", "")
