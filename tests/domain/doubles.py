"""A store between the domain and the real one: it counts what passes, and can hold it back, fail it or lose it."""

import asyncio
from typing import TypeVar

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.database import Body, Database, Listener

T = TypeVar("T")


class Watched:
    """The real store, watched."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.reads = 0
        self.writes = 0
        self.is_failing = False
        self.is_losing_answers = False
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def sees_all_writes(self) -> bool:
        """As the real one."""
        return self.inner.sees_all_writes

    async def read(self, body: Body[T]) -> T:
        """Read at once; what was read arrives when the gate is open."""
        self.reads += 1
        found = await self.inner.read(body)
        await self.gate.wait()
        return found

    async def write(self, body: Body[T]) -> T:
        """Write, or fail; the answer arrives when the gate is open."""
        self.writes += 1
        if self.is_failing:
            await self.gate.wait()
            raise Unavailable("the disk is full")
        outcome = await self.inner.write(body)
        if self.is_losing_answers:
            raise Uncertain("the connection was lost after the commit")
        await self.gate.wait()
        return outcome

    def epoch(self) -> int:
        """As the real one."""
        return self.inner.epoch()

    def listen(self, listener: Listener) -> None:
        """As the real one."""
        self.inner.listen(listener)

    async def migrate(self, now_ms: int) -> list[str]:
        """As the real one."""
        return await self.inner.migrate(now_ms)

    async def close(self) -> None:
        """As the real one."""
        await self.inner.close()
