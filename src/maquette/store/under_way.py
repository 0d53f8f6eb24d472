"""What takes long and is under way just now? Who wants the same waits for it, and finds it remembered."""

import asyncio
from collections.abc import Hashable

from maquette.model.errors import Unavailable


class TakesLong(Exception):
    """The body has to be run again: where nobody waits for it, or after the one about the same thing has ended."""

    def __init__(self, about: Hashable = None) -> None:
        super().__init__()
        self.about = about


class UnderWay:
    """Things that are being found out, each by one body; of one event loop."""

    def __init__(self) -> None:
        self._ends: dict[Hashable, asyncio.Future[Unavailable | None]] = {}

    def __contains__(self, about: Hashable) -> bool:
        return about in self._ends

    def begin(self, about: Hashable) -> None:
        """From here on others wait."""
        self._ends[about] = asyncio.get_running_loop().create_future()

    def end(self, about: Hashable, error: BaseException | None = None) -> None:
        """They have waited, and look for themselves; what the store couldn't do for one it can't do for them either."""
        self._ends.pop(about).set_result(error if isinstance(error, Unavailable) else None)

    async def waited_for(self, about: Hashable) -> bool:
        """Whether it was under way, and now has ended. Raises `Unavailable` where it ended so."""
        end = self._ends.get(about)
        if end is None:
            return False
        error = await asyncio.shield(end)  # a caller who goes away ends nothing
        if error is not None:
            raise Unavailable(*error.args) from error
        return True
