"""Which long work is under way? Whoever wants the same result waits for it, and then finds it remembered."""

import asyncio
from collections.abc import Hashable

from maquette.model.errors import Unavailable


class SlowRead(Exception):
    """Raised to have a body run again: where it holds nobody up, or after one that finds out the same (`key`)."""

    def __init__(self, key: Hashable = None) -> None:
        super().__init__()
        self.key = key


class SingleFlight:
    """What is being found out at the moment, each thing by one body only; for one event loop."""

    def __init__(self) -> None:
        self._ends: dict[Hashable, asyncio.Future[Unavailable | None]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._ends

    def begin(self, key: Hashable) -> None:
        """From now on, others who want the same wait for it."""
        self._ends[key] = asyncio.get_running_loop().create_future()

    def end(self, key: Hashable, error: BaseException | None = None) -> None:
        """Let those who wait go on: they look the result up themselves. An `Unavailable` is raised for them, too."""
        self._ends.pop(key).set_result(error if isinstance(error, Unavailable) else None)

    async def wait_until_done(self, key: Hashable) -> bool:
        """Wait for it, if it is under way, and tell whether it was. Raises `Unavailable` if it ended with that."""
        end = self._ends.get(key)
        if end is None:
            return False
        error = await asyncio.shield(end)  # a caller who goes away ends nothing
        if error is not None:
            raise Unavailable(*error.args) from error
        return True
