"""How is something made that takes long? Once for all who ask, in a thread, so that calls are answered meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Makes it when it's first asked for, and keeps it; what couldn't be made is tried again for the next who asks."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """It; raises what making it raised. Whoever goes away leaves the others waiting for the same."""
        if self._made is None:
            making = self._making
            if making is None or making.done() or making.get_loop() is not asyncio.get_running_loop():
                making = self._making = asyncio.create_task(asyncio.to_thread(self._make))
            self._made = await asyncio.shield(making)
        return self._made
