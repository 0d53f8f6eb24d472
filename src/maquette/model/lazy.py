"""How is something made that takes long? When it is first asked for, once, in a thread, while calls are answered."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """A value that is made when it is first asked for, and kept; a failure is tried again for the next who asks."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The thing itself. Raises what making it raised. A caller who is cancelled doesn't stop it for the others."""
        if self._made is None:
            making = self._making
            if making is None or making.done() or making.get_loop() is not asyncio.get_running_loop():
                making = self._making = asyncio.create_task(asyncio.to_thread(self._make))
            self._made = await asyncio.shield(making)
        return self._made
