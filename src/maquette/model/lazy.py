"""A slow value, computed once, in a thread, when it is first needed."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """A value that is computed at the first `get` and kept; after a failure, the next `get` tries again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._value: T | None = None
        self._task: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The value. Raises what computing it raised. Cancelling one caller doesn't cancel it for the others."""
        if self._value is None:
            task = self._task
            if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
                task = self._task = asyncio.create_task(asyncio.to_thread(self._make))
            self._value = await asyncio.shield(task)
        return self._value
