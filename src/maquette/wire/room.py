"""How much of this process's memory may bodies hold at once? Larger ones are counted, until their calls are answered.

Otherwise a hundred uploads of 10 MiB that never end would be a gigabyte.
"""

from maquette.model.errors import Crowded

SMALL_BYTES = 16 * 1024
"""A body is not counted up to here: connections are bounded, and most bodies cost nothing then."""

MOST_BYTES = 256 * 1024 * 1024
MOST_OF_ONE = 64 * 1024 * 1024
"""Of one workspace; of all calls together that nobody has to be known for, too."""


class Room:
    """What bodies hold, in all and by workspace."""

    def __init__(self, most: int = MOST_BYTES, most_of_one: int = MOST_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken = 0
        self._by_workspace: dict[int, int] = {}

    def take(self, workspace: int, size: int) -> None:
        """Note that so many bytes more are held. Raises `Crowded`, and has noted nothing then."""
        of_one = self._by_workspace.get(workspace, 0) + size
        if of_one > self._most_of_one or self._taken + size > self._most:
            raise Crowded
        self._taken += size
        self._by_workspace[workspace] = of_one

    def give_back(self, workspace: int, size: int) -> None:
        """They are held no more."""
        self._taken -= size
        self._by_workspace[workspace] -= size
        if not self._by_workspace[workspace]:
            del self._by_workspace[workspace]
