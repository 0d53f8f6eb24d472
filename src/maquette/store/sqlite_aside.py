"""Where do reads that take long go? Into threads beside the event loop; of those about the same thing one at a time."""

import asyncio
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from maquette.model.errors import Unavailable
from maquette.store.database import Body
from maquette.store.sqlite_file import reason
from maquette.store.sqlite_reader import Reader
from maquette.store.totals import Totals
from maquette.store.under_way import TakesLong, UnderWay

T = TypeVar("T")

THREADS = 2
"""A long one doesn't hold up all others."""


class Aside:
    """Threads, each with a connection of its own, which the first read that takes long opens."""

    def __init__(self, path: Path, vfs: str | None) -> None:
        self._path = path
        self._vfs = vfs
        self._threads = ThreadPoolExecutor(THREADS, "maquette-read")
        self._idle: list[Reader] = []
        self._under_way = UnderWay()

    async def run(self, body: Body[T], seconds: float, totals: Totals, about: Hashable) -> T:
        """Run the body in a thread. Raises `TakesLong` after another body about the same thing, and `Unavailable`."""
        if await self._under_way.waited_for(about):
            raise TakesLong(about)
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._run, body, seconds, totals)
        if about is None:
            return await running
        self._under_way.begin(about)
        running.add_done_callback(lambda running: self._end(about, running))
        return await asyncio.shield(running)  # who goes away leaves others waiting for it

    def close(self) -> None:
        """Wait for those under way, and let go of the connections."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _end(self, about: Hashable, running: "asyncio.Future[T]") -> None:
        self._under_way.end(about, None if running.cancelled() else running.exception())

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
