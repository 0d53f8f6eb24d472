"""The embedded engine: short reads on the event loop, long ones beside it; one writer, answering after its fsync.

While one batch's COMMIT syncs in a thread, the next one's bodies wait; they then run back to back in a single
transaction, as savepoints once one has failed. Only apsw may open the file: the standard library's module would undo
its locks.
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

BATCH = 256
WRITER_STATEMENTS = 128
"""Kept prepared of those that write, of which there are fewer than of those that read."""

READ_SECONDS = 5.0
LOOP_SECONDS = 0.02
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
            with suppress(PermissionError):  # SQLite says it in more words
                make_file(path)  # what it lays beside the file gets the same rights
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
        self._polled_this_turn = False
        self._data_version: int | None = None
        self._watch: tuple[apsw.Connection, apsw.Cursor] | None = None
        self._totals = Totals()
        self._listeners: list[Listener] = [totals_listener(self._totals)]

    async def read(self, body: Body[T]) -> T:
        """Run the body on one snapshot: here and now, or in a thread if it takes long; it's stopped after 5 s."""
        while True:
            try:
                return self._reader.run(body, LOOP_SECONDS, self._totals, on_event_loop=True)
            except SlowRead as slow:
                key = slow.key
            with suppress(SlowRead):  # somebody found out the same: perhaps it's quickly answered now
                return await self._reader_pool.run(body, READ_SECONDS, self._totals, key)

    async def write(self, body: Body[T]) -> T:
        """Queue the body for the next batch and wait until that batch is on the disk."""
        if not self._is_open:
            raise Unavailable("the store is closed")
        queued = QueuedWrite(body, asyncio.get_running_loop().create_future())
        self._queue.append(queued)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_batches())
        outcome: T = await queued.future  # a caller who goes away stops nothing
        return outcome

    def epoch(self) -> int:
        """Goes up with other connections' commits, by SQLite's own count; while we write, nobody else can have.

        One look serves a whole turn of the event loop: what is answered in it was asked before the look.
        """
        if not self._is_committing and not self._polled_this_turn:
            asyncio.get_running_loop().call_soon(self._end_turn)  # before the look: what is asked later comes after it
            self._polled_this_turn = True
            self._poll_epoch()
        return self._epoch

    def listen(self, listener: Listener) -> None:
        """Call the listener after each of this process's own commits, with all that it changed."""
        self._listeners.append(listener)

    async def migrate(self, now_ms: int) -> list[str]:
        """Apply what is pending, each step in its own transaction; a database that holds data is copied first."""
        return await self._in_thread(lambda: self._upgrade(now_ms))

    async def backup(self, target: Path) -> None:
        """Copy the database as it stands, while it is in use, to another file; writes go on meanwhile."""
        try:
            await asyncio.to_thread(copy, self.path, target, vfs=self._vfs)
        except (apsw.Error, OSError) as error:
            raise Unavailable(reason(target, error)) from error

    async def close(self) -> None:
        """Wait for the batches under way, fold the log into the file, and close it."""
        self._is_open = False
        while self._writing is not None:
            await asyncio.wait([self._writing])
        self._reader.close()
        await asyncio.to_thread(self._reader_pool.close)
        self._writer.close()
        self._threads.shutdown()

    async def _write_batches(self) -> None:
        """Batch after batch until nobody waits. Not even a cancelled task leaves anybody without an answer."""
        try:
            while self._queue:
                batch, self._queue = self._queue[:BATCH], self._queue[BATCH:]
                await self._write_batch(batch)
        finally:
            self._writing = None
            left, self._queue = self._queue, []
            refuse(left, Unavailable("the store is closing"))

    async def _write_batch(self, batch: list[QueuedWrite]) -> None:
        ending = None
        try:
            connection = await self._begin()
            if not run_batch(connection, batch):
                connection.execute("ROLLBACK")
                connection = await self._begin()
                for queued in batch:
                    run_in_savepoint(connection, queued)
            ending = connection
            await self._in_thread(lambda: connection.execute("COMMIT"))
        except BaseException as error:
            self._give_up(batch, error, failure_type(error, ending))
            if not isinstance(error, Exception):
                raise
        else:
            self._answer(batch)

    async def _begin(self) -> apsw.Connection:
        """The writer, with the file's write lock; while another process has that, the event loop goes on."""
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
        """Leave no trace of the batch that anybody can see, and make sure that the next one can begin."""
        log.error("a batch of %d writes was given up: %s: %s", len(batch), type(error).__name__, error)
        self._writer.recover(error)
        self._data_version = None  # a new connection counts from anew
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

    def _end_turn(self) -> None:
        self._polled_this_turn = False

    def _poll_epoch(self) -> None:
        """Note whether others have written; where that can't be seen, they may have."""
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
        """Do it beside the event loop. The writer is in use until it's done, so a cancellation waits for that too."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._is_committing, was_cancelled = True, False
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError:
                was_cancelled = True
        self._is_committing = False
        if was_cancelled and (task := asyncio.current_task()):
            task.cancel()  # comes through at the next wait
        return running.result()


def _prepare_to_write(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(0)  # `_begin` waits by itself
