"""A transaction's statements on one of PostgreSQL's connections."""

from collections.abc import Hashable, Sequence
from typing import Any

import asyncpg

from maquette.model.errors import Unavailable
from maquette.store.database import Change, Row, Value
from maquette.store.migrations import Engine
from maquette.store.single_flight import SingleFlight, SlowRead
from maquette.store.totals import Totals
from maquette.store.workspace_slots import Claims


class PostgresTransaction:
    """Statements of one body on one connection."""

    __slots__ = ("_changes", "_claims", "_connection", "_keys", "_single_flight", "totals")
    engine: Engine = "postgres"

    def __init__(
        self,
        connection: Any,
        changes: list[Change],
        totals: Totals | None = None,
        single_flight: SingleFlight | None = None,
        claims: Claims | None = None,
    ) -> None:
        self._connection = connection
        self._changes = changes
        self._single_flight = single_flight
        self._claims = claims
        self._keys: list[Hashable] = []
        self.totals = totals

    async def rows(self, sql: str, *args: Value) -> Sequence[Row]:
        rows: Sequence[Row] = await self._connection.fetch(sql, *args)
        return rows

    async def row(self, sql: str, *args: Value) -> Row | None:
        try:
            row: Row | None = await self._connection.fetchrow(sql, *args)
        except asyncpg.LockNotAvailableError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        return row

    async def value(self, sql: str, *args: Value) -> Any:
        return await self._connection.fetchval(sql, *args)

    async def run(self, sql: str, *args: Value) -> None:
        await self._connection.execute(sql, *args)

    async def insert(self, sql: str, *args: Value) -> int | None:
        serial: int | None = await self._connection.fetchval(f"{sql} RETURNING serial", *args)
        return serial

    def offload(self, key: Hashable = None) -> None:
        """Raises `SlowRead` if another body computes `key`. Else it continues: the work is the server's."""
        if key is None or self._single_flight is None:
            return
        if key in self._single_flight:
            raise SlowRead(key)
        self._single_flight.begin(key)
        self._keys.append(key)

    def end(self, failure: Exception | None) -> None:
        """End the keys that `offload` has begun: this body has computed them, or failed."""
        while self._single_flight is not None and self._keys:
            self._single_flight.end(self._keys.pop(), failure)

    def claim(self, workspace: int) -> None:
        """Raises `WorkspaceBusy` where as many writes of this process wait for the workspace as may."""
        if self._claims is not None:
            self._claims.take(workspace)

    def notify(self, change: Change) -> None:
        self._changes.append(change)
