"""The embedded engine: short reads run on the event loop, slow ones in threads; one writer, with group commit.

While one batch's COMMIT syncs in a thread, further writes queue up. They then run back to back in a single transaction,
in savepoints once one has failed, and are answered after its fsync. Only apsw may open the file in this process: the
standard library's module would undo its file locks.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar

import apsw

from maquette.model.errors import Unavailable
from maquette.store.atomic_files import make_file, make_folder
from maquette.store.database import Body, Listener, announce, totals_listener
from maquette.store.single_flight import SlowRead
from maquette.store.sqlite_batch import QueuedWrite, failure_type, refuse, run_batch, run_in_savepoint
from maquette.store.sqlite_copy import copy
from maquette.store.sqlite_file import ReconnectingConnection, reason
from maquette.store.sqlite_reader import LOOP_STEPS, Reader
from maquette.store.sqlite_reader_pool import ReaderPool
from maquette.store.sqlite_upgrade import BUSY_MS, upgrade
from maquette.store.totals import Totals

T = TypeVar("T")

MAX_BATCH = 256
"""Writes in one transaction, at most."""

WRITER_STATEMENTS = 128
"""Size of the writer's cache of prepared statements: fewer statements write than read, and it is searched linearly."""

READ_SECONDS = 5.0
"""How long a read may take in a thread."""

LOOP_SECONDS = 0.02
"""How long a read may take on the event loop before it is rerun in a thread."""

WRITE_BUSY_S = 10.0
WRITE_POLL_S = 0.005

log = logging.getLogger("maquette.store")


class SqliteDatabase:
    """One file, many readers of it, one writer at a time; safe beside other processes on the same file."""

    sees_all_writes = True

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        """Open the file. Raises `Unavailable` with the reason why that can't be done."""
        self.path = path
        self._vfs = vfs
        try:
            make_folder(path.parent)
            with suppress(PermissionError):  # SQLite's own error says more
                make_file(path)  # SQLite's files beside it get the same permissions
            self._writer = ReconnectingConnection(path, vfs, _prepare_to_write, WRITER_STATEMENTS)
            self._reader = Reader(path, vfs, LOOP_STEPS)
        except (apsw.Error, OSError) as error:
            raise Unavailable(reason(path, error)) from error
        self._threads = ThreadPoolExecutor(1, "maquette-commit")
        self._reader_pool = ReaderPool(path, vfs)
        self._queue: list[QueuedWrite] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_open = True
        self._is_committing = False
        self._epoch = 0
        self._polled_this_iteration = False
        self._data_version: int | None = None
        self._watch: tuple[apsw.Connection, apsw.Cursor] | None = None
        self._totals = Totals()
        self._listeners: list[Listener] = [totals_listener(self._totals)]

    async def read(self, body: Body[T]) -> T:
        """Run the body on one snapshot, on the event loop or, if it is slow, in a thread; interrupted after 5 s."""
        while True:
            try:
                return self._reader.run(body, LOOP_SECONDS, self._totals, on_event_loop=True)
            except SlowRead as slow:
                key = slow.key
            with suppress(SlowRead):  # another body has computed its key: back to the event loop
                return await self._reader_pool.run(body, READ_SECONDS, self._totals, key)

    async def write(self, body: Body[T]) -> T:
        """Queue the body for the next batch and return once that batch is durable."""
        if not self._is_open:
            raise Unavailable("the store is closed")
        queued = QueuedWrite(body, asyncio.get_running_loop().create_future())
        self._queue.append(queued)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_batches())
        outcome: T = await queued.future  # cancelling the caller doesn't cancel the write
        return outcome

    def epoch(self) -> int:
        """Increases when another connection has committed (PRAGMA data_version).

        Not polled while the writer commits in its thread, since nobody else can commit then. Polled at most once in an
        iteration of the event loop, which is safe: every call answered in that iteration arrived before the poll.
        """
        if not self._is_committing and not self._polled_this_iteration:
            # Scheduled before the poll, so that it runs before any call that arrives after the poll.
            asyncio.get_running_loop().call_soon(self._end_iteration)
            self._polled_this_iteration = True
            self._poll_epoch()
        return self._epoch

    def listen(self, listener: Listener) -> None:
        """Call the listener after each of this process's own commits, with all its changes."""
        self._listeners.append(listener)

    async def migrate(self, now_ms: int) -> list[str]:
        """Apply pending migrations, each in its own transaction; a database that holds data is backed up first."""
        return await self._in_thread(lambda: self._upgrade(now_ms))

    async def backup(self, target: Path) -> None:
        """Copy a snapshot of the database to another file; writes go on meanwhile. Raises `Unavailable`."""
        try:
            await asyncio.to_thread(copy, self.path, target, vfs=self._vfs)
        except (apsw.Error, OSError) as error:
            raise Unavailable(reason(target, error)) from error

    async def close(self) -> None:
        """Wait for the queued writes, then close the connections, which checkpoints the log into the file."""
        self._is_open = False
        while self._writing is not None:
            await asyncio.wait([self._writing])
        self._reader.close()
        await asyncio.to_thread(self._reader_pool.close)
        self._writer.close()
        self._threads.shutdown()

    async def _write_batches(self) -> None:
        """Write batches until the queue is empty. Every caller gets an answer, even if this task is cancelled."""
        try:
            while self._queue:
                batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
                await self._write_batch(batch)
        finally:
            self._writing = None
            left, self._queue = self._queue, []
            refuse(left, Unavailable("the store is closing"))

    async def _write_batch(self, batch: list[QueuedWrite]) -> None:
        committing = None
        try:
            connection = await self._begin()
            if not run_batch(connection, batch):
                connection.execute("ROLLBACK")
                connection = await self._begin()
                for queued in batch:
                    run_in_savepoint(connection, queued)
            committing = connection
            await self._in_thread(lambda: connection.execute("COMMIT"))
        except BaseException as error:
            self._give_up(batch, error, failure_type(error, committing))
            if not isinstance(error, Exception):
                raise
        else:
            self._answer(batch)

    async def _begin(self) -> apsw.Connection:
        """Begin a transaction on the writer; while another process has the write lock, polls without blocking the loop.

        Raises `apsw.BusyError` after `WRITE_BUSY_S`.
        """
        deadline = monotonic() + WRITE_BUSY_S
        while True:
            try:
                connection = self._writer.get()
                connection.execute("BEGIN IMMEDIATE")
                self._update_epoch(connection)
                return connection
            except apsw.BusyError:
                if monotonic() > deadline:
                    raise
            await asyncio.sleep(WRITE_POLL_S)

    def _give_up(self, batch: list[QueuedWrite], error: BaseException, kind: type[Unavailable]) -> None:
        """Roll the batch back, drop the connection if it may be broken, and refuse the callers."""
        log.error("a batch of %d writes was given up: %s: %s", len(batch), type(error).__name__, error)
        self._writer.recover(error)
        self._data_version = None  # each connection counts for itself
        refuse(batch, kind(f"{type(error).__name__}: {error}"))

    def _answer(self, batch: list[QueuedWrite]) -> None:
        announce([change for queued in batch for change in queued.changes], self._listeners)
        for queued in batch:
            if queued.future.done():
                continue
            if queued.refusal is not None:
                queued.future.set_exception(queued.refusal)
            else:
                queued.future.set_result(queued.outcome)

    def _end_iteration(self) -> None:
        self._polled_this_iteration = False

    def _poll_epoch(self) -> None:
        """Look whether others have written; if that fails, assume that they have."""
        try:
            self._update_epoch(self._writer.get())
        except (apsw.Error, Unavailable) as error:
            if self._data_version is not None:
                log.warning("the database can't be watched right now: %s", error)
            self._writer.recover(error)
            self._data_version = None
            self._epoch += 1

    def _update_epoch(self, connection: apsw.Connection) -> None:
        if self._watch is None or self._watch[0] is not connection:
            self._watch = connection, connection.cursor()
        version = self._watch[1].execute("PRAGMA data_version").get
        if version != self._data_version:
            self._epoch += 1
            self._data_version = version

    def _upgrade(self, now_ms: int) -> list[str]:
        try:
            connection = self._writer.get()
            connection.set_busy_timeout(BUSY_MS)
            try:
                return upgrade(connection, self.path, now_ms, vfs=self._vfs)
            finally:
                _prepare_to_write(connection)
        except (apsw.Error, OSError) as error:
            raise Unavailable(reason(self.path, error)) from error

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in the writer's thread. Cancellation is deferred until it ends, since it uses the writer."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._is_committing, was_cancelled = True, False
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError:
                was_cancelled = True
        self._is_committing = False
        if was_cancelled and (task := asyncio.current_task()):
            task.cancel()  # delivered at the next await
        return running.result()


def _prepare_to_write(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(0)  # `_begin` does the waiting
