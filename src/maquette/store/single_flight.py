"""Deduplicates slow reads: one body computes a value, the others wait for it and then find it cached."""

import asyncio
from collections.abc import Hashable

from maquette.model.errors import Unavailable


class SlowRead(Exception):
    """Aborts a body so that it is rerun: in a reader thread, or after the body that already computes its `key`."""

    def __init__(self, key: Hashable = None) -> None:
        super().__init__()
        self.key = key


class SingleFlight:
    """The keys being computed, each by one body. Belongs to one event loop."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Future[Unavailable | None]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._running

    def begin(self, key: Hashable) -> None:
        """Register the key as being computed; `wait_until_done` waits for it from now on."""
        self._running[key] = asyncio.get_running_loop().create_future()

    def end(self, key: Hashable, error: BaseException | None = None) -> None:
        """Wake the waiters, who look the result up themselves. An `Unavailable` is raised in them, too."""
        self._running.pop(key).set_result(error if isinstance(error, Unavailable) else None)

    async def wait_until_done(self, key: Hashable) -> bool:
        """Wait if the key is being computed; returns whether it was. Raises `Unavailable` if that failed with it."""
        done = self._running.get(key)
        if done is None:
            return False
        error = await asyncio.shield(done)  # other waiters share it: cancelling one must not cancel it
        if error is not None:
            raise Unavailable(*error.args) from error
        return True
