"""Runs slow reads in threads beside the event loop, one at a time for each key."""

import asyncio
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from maquette.model.errors import Unavailable
from maquette.store.database import Body
from maquette.store.single_flight import SingleFlight, SlowRead
from maquette.store.sqlite_file import reason
from maquette.store.sqlite_reader import Reader
from maquette.store.totals import Totals

T = TypeVar("T")

THREADS = 2
"""More than one, so that a slow read doesn't hold up all others."""


class ReaderPool:
    """Threads, and connections that are opened on first use and then reused."""

    def __init__(self, path: Path, vfs: str | None) -> None:
        self._path = path
        self._vfs = vfs
        self._threads = ThreadPoolExecutor(THREADS, "maquette-read")
        self._idle: list[Reader] = []
        self._single_flight = SingleFlight()

    async def run(self, body: Body[T], seconds: float, totals: Totals, key: Hashable) -> T:
        """Run the body in a thread. Raises `Unavailable`.

        If another body is computing `key`, waits for that one and raises `SlowRead`: rerun, the value may be cached.
        """
        if await self._single_flight.wait_until_done(key):
            raise SlowRead(key)
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._run, body, seconds, totals)
        if key is None:
            return await running
        self._single_flight.begin(key)
        running.add_done_callback(lambda running: self._end(key, running))
        return await asyncio.shield(running)  # others may wait for it when this caller is cancelled

    def close(self) -> None:
        """Wait for the reads under way and close the connections."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _end(self, key: Hashable, running: "asyncio.Future[T]") -> None:
        self._single_flight.end(key, None if running.cancelled() else running.exception())

    def _run(self, body: Body[T], seconds: float, totals: Totals) -> T:
        reader = self._reader()
        try:
            return reader.run(body, seconds, totals)
        finally:
            self._idle.append(reader)

    def _reader(self) -> Reader:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return Reader(self._path, self._vfs)
        except apsw.Error as error:
            raise Unavailable(reason(self._path, error)) from error
