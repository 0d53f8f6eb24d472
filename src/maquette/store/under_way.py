"""Which long work is under way? Whoever wants the same result waits for it, and then finds it remembered."""

import asyncio
from collections.abc import Hashable

from maquette.model.errors import Unavailable


class TakesLong(Exception):
    """Raised to have a body run again: where it holds nobody up, or after one that finds out the same (`about`)."""

    def __init__(self, about: Hashable = None) -> None:
        super().__init__()
        self.about = about


class UnderWay:
    """What is being found out at the moment, each thing by one body only; for one event loop."""

    def __init__(self) -> None:
        self._ends: dict[Hashable, asyncio.Future[Unavailable | None]] = {}

    def __contains__(self, about: Hashable) -> bool:
        return about in self._ends

    def begin(self, about: Hashable) -> None:
        """From now on, others who want the same wait for it."""
        self._ends[about] = asyncio.get_running_loop().create_future()

    def end(self, about: Hashable, error: BaseException | None = None) -> None:
        """Let those who wait go on: they look the result up themselves. An `Unavailable` is raised for them, too."""
        self._ends.pop(about).set_result(error if isinstance(error, Unavailable) else None)

    async def waited_for(self, about: Hashable) -> bool:
        """Wait for it, if it is under way, and tell whether it was. Raises `Unavailable` if it ended with that."""
        end = self._ends.get(about)
        if end is None:
            return False
        error = await asyncio.shield(end)  # a caller who goes away ends nothing
        if error is not None:
            raise Unavailable(*error.args) from error
        return True
