"""Would a body be refused? A dry run executes it up to its first change, on a transaction that only reads."""

from collections.abc import Hashable, Sequence
from typing import Any

from maquette.store.database import Change, Row, Transaction, Value
from maquette.store.migrations import Engine
from maquette.store.totals import Totals


class WouldWrite(Exception):
    """Raised at a body's first change: it was not refused before that."""


class DryRun:
    """A transaction that changes nothing: every statement but a SELECT raises `WouldWrite`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        return await self._tx.rows(_select_only(sql), *args)

    async def row(self, sql: str, *args: Value) -> Row | None:
        return await self._tx.row(_select_only(sql), *args)

    async def value(self, sql: str, *args: Value) -> Any:
        return await self._tx.value(_select_only(sql), *args)

    async def run(self, sql: str, *args: Value) -> None:
        await self._tx.run(_select_only(sql), *args)

    async def insert(self, sql: str, *args: Value) -> int | None:
        return await self._tx.insert(_select_only(sql), *args)

    @property
    def engine(self) -> Engine:
        return self._tx.engine

    @property
    def totals(self) -> Totals | None:
        return self._tx.totals

    def offload(self, key: Hashable = None) -> None:
        self._tx.offload(key)

    def claim(self, workspace: int) -> None:
        self._tx.claim(workspace)

    def notify(self, change: Change) -> None:
        """Nothing has changed."""


def _select_only(sql: str) -> str:
    if not sql.lstrip().startswith("SELECT"):
        raise WouldWrite
    return sql
