"""The engine for many nodes: PostgreSQL through asyncpg, the same transactions on pooled connections.

A verb first locks its workspace's row, so writes inside one workspace queue up here as they do in SQLite.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, TypeVar

import asyncpg

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.database import Body, Change, Listener, announce, totals_listener
from maquette.store.postgres_transaction import PostgresTransaction
from maquette.store.postgres_upgrade import upgrade
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
SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",  # a frozen node's locks are released
    "synchronous_commit": "on",  # what was answered survives a power loss
    "application_name": "maquette",
}

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
                return await upgrade(connection, now_ms)
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
                    outcome = await body(PostgresTransaction(connection, changes, claims=claims))
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
            transaction = PostgresTransaction(connection, [], self._totals, self._single_flight)
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
