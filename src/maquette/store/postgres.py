"""The engine for many nodes: PostgreSQL through asyncpg, the same transactions on pooled connections.

A verb first locks its workspace's row, so writes inside one workspace queue up here as they do in SQLite.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, TypeVar

import asyncpg

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.database import Body, Change, Listener, Row, Value, announce, totals_listener
from maquette.store.migrations import Engine, Migration, pending
from maquette.store.single_flight import SingleFlight, SlowRead
from maquette.store.totals import Totals
from maquette.store.workspace_slots import Claims, WorkspaceBusy, WorkspaceSlots

T = TypeVar("T")

CONNECTIONS = 16
MAX_READS_OR_WRITES = 12
"""Connections that reads may use at once, and that writes may: neither kind can take all of them from the other.

A write that waits for its workspace's row holds a connection; `workspace_slots` limits how many of one workspace do.
"""

CONNECT_S = 5
ACQUIRE_S = 10
COMMAND_S = 15
CLOSE_S = 10
EPOCH_S = 0.9
ATTEMPTS = 5
MIGRATION_LOCK = 7_274_103
MIGRATION_S = 3600
SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",  # a frozen node's locks are released
    "synchronous_commit": "on",  # what was answered survives a power loss
    "application_name": "maquette",
}
SEARCH_INDEX = "SELECT to_regclass('projects_search_name') IS NOT NULL"
NO_SEARCH_INDEX = (
    "searches read every row: PostgreSQL's extension pg_trgm was missing, or not ours to create, when this database was"
    " brought up to date (docs/performance.md says how to add the index)"
)

_RETRYABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,  # another node has just inserted the same slug, user …: rerun, and see it
    asyncpg.InvalidCachedStatementError,  # another node has brought the schema up to date
)
_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # a full disk among them
    asyncpg.OperatorInterventionError,  # shut down, terminated, out of time
    asyncpg.PostgresSystemError,
    asyncpg.InternalServerError,
    asyncpg.InvalidTransactionStateError,  # idle for too long, or a server that has become a read-only replica
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""The server can't do it right now; every other error is a bug in one of our statements."""

log = logging.getLogger("maquette.store")


class PostgresDatabase:
    """One pool of connections to one database that other nodes share."""

    sees_all_writes = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._pool_lock = asyncio.Lock()
        self._read_slots, self._write_slots = (
            asyncio.Semaphore(MAX_READS_OR_WRITES),
            asyncio.Semaphore(MAX_READS_OR_WRITES),
        )
        self._workspace_slots = WorkspaceSlots()
        self._totals = Totals()
        self._single_flight = SingleFlight()
        self._listeners: list[Listener] = [totals_listener(self._totals)]

    async def read(self, body: Body[T]) -> T:
        """Run the body on one snapshot; rerun it if it has to wait for another one that computes the same key."""
        while True:
            try:
                return await self._read(body)
            except SlowRead as slow:
                key = slow.key
            except _UNAVAILABLE as error:
                raise _refusal(error) from error
            await self._single_flight.wait_until_done(key)

    async def write(self, body: Body[T]) -> T:
        """Run the body in a transaction, again after a conflict. Raises `Uncertain` if the COMMIT got no answer."""
        claims = Claims(self._workspace_slots)
        try:
            return await self._write(body, claims)
        finally:
            claims.give_back()

    def epoch(self) -> int:
        """Changes every 0.9 s: other nodes may write at any time, so no cache is trusted for longer."""
        return int(monotonic() / EPOCH_S)

    def listen(self, listener: Listener) -> None:
        """Call the listener after each of this process's own commits, with all its changes."""
        self._listeners.append(listener)

    async def migrate(self, now_ms: int) -> list[str]:
        """Apply all pending migrations in one transaction, under an advisory lock."""
        try:
            async with self._connection() as connection, connection.transaction():
                await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK, timeout=MIGRATION_S)
                steps = await _pending(connection)
                for step in steps:
                    await _apply(connection, step, now_ms)
                if not await connection.fetchval(SEARCH_INDEX):
                    log.warning(NO_SEARCH_INDEX)
                return [step.name for step in steps]
        except (asyncpg.PostgresError, *_UNAVAILABLE) as error:
            raise Unavailable(f"PostgreSQL can't be brought up to date: {error}") from error

    async def close(self) -> None:
        """Let transactions under way end, then close the connections."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), CLOSE_S)
            except _UNAVAILABLE as error:
                log.warning("connections to PostgreSQL were cut off: %s", error)

    async def _write(self, body: Body[T], claims: Claims) -> T:
        attempts = ATTEMPTS
        while True:
            changes: list[Change] = []
            is_committing = False
            try:
                async with self._limited_connection(self._write_slots) as connection, connection.transaction():
                    outcome = await body(_PostgresTransaction(connection, changes, claims=claims))
                    is_committing = True  # a connection lost from here on may have committed
            except WorkspaceBusy as busy:
                await claims.wait_for(busy.workspace)
            except _RETRYABLE as error:
                attempts -= 1
                if not attempts:
                    raise Unavailable(f"{type(error).__name__}: {error}") from error
            except _UNAVAILABLE as error:
                raise _uncertain(error) if is_committing else _refusal(error) from error
            else:
                announce(changes, self._listeners)
                return outcome

    async def _read(self, body: Body[T]) -> T:
        async with (
            self._limited_connection(self._read_slots) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            transaction = _PostgresTransaction(connection, [], self._totals, self._single_flight)
            failure = None
            try:
                return await body(transaction)
            except _UNAVAILABLE as error:
                failure = _refusal(error)
                raise
            finally:
                transaction.end(failure)

    @asynccontextmanager
    async def _limited_connection(self, slots: asyncio.Semaphore) -> AsyncIterator[Any]:
        """A connection, once one of these slots is free. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(ACQUIRE_S):
                await slots.acquire()
        except TimeoutError as error:
            raise Unavailable("all connections to PostgreSQL that it could have are in use") from error
        try:
            async with self._connection() as connection:
                yield connection
        finally:
            slots.release()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """One of the pool's connections. Raises `Unavailable` where the server can't be reached."""
        try:
            pool = self._pool or await self._open_pool()
            async with asyncio.timeout(ACQUIRE_S):
                connection = await pool.acquire()
        except (asyncpg.PostgresError, ValueError, *_UNAVAILABLE) as error:
            raise Unavailable(f"PostgreSQL can't be reached: {str(error) or type(error).__name__}") from error
        try:
            yield connection
        finally:
            with suppress(*_UNAVAILABLE):  # what is committed stays committed
                await pool.release(connection)

    async def _open_pool(self) -> asyncpg.Pool:
        async with self._pool_lock:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    init_size=1,
                    min_size=0,
                    max_size=CONNECTIONS,
                    reset=_skip_reset,
                    timeout=CONNECT_S,
                    command_timeout=COMMAND_S,
                    server_settings=SETTINGS,
                )
            return self._pool


class _PostgresTransaction:
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


def _refusal(error: Exception) -> Exception:
    """The error for the caller. A ValueError, for a value that asyncpg can't encode, is our bug and passed through."""
    if isinstance(error, ValueError):
        return error
    return Unavailable(f"{type(error).__name__}: {error}")


def _uncertain(error: Exception) -> Uncertain:
    """The COMMIT got no answer: the server may have carried it out before the connection was lost."""
    return Uncertain(f"{type(error).__name__}: {error}")


async def _skip_reset(_: Any) -> None:
    """A transaction leaves nothing behind on its connection that would have to be reset."""


async def _apply(connection: Any, step: Migration, now_ms: int) -> None:
    await connection.execute(step.sql, timeout=MIGRATION_S)
    await connection.execute(
        "INSERT INTO migrations (number, name, applied_at) VALUES ($1, $2, $3)", step.number, step.name, now_ms
    )


async def _pending(connection: Any) -> list[Migration]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
    )
    return pending("postgres", {row[0] for row in await connection.fetch("SELECT number FROM migrations")})
