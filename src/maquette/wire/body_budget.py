"""How much of this process's memory may bodies hold at once? Larger ones are counted, until their calls are answered.

Otherwise a hundred uploads of 10 MiB that never end would be a gigabyte.
"""

from maquette.model.errors import Overloaded

SMALL_BYTES = 16 * 1024
"""A body is not counted up to here: connections are bounded, and most bodies cost nothing then."""

MAX_TOTAL_BYTES = 256 * 1024 * 1024
MAX_WORKSPACE_BYTES = 64 * 1024 * 1024
"""Of one workspace; of all calls together that nobody has to be known for, too."""


class BodyBudget:
    """What bodies hold, in all and by workspace."""

    def __init__(self, limit: int = MAX_TOTAL_BYTES, workspace_limit: int = MAX_WORKSPACE_BYTES) -> None:
        self._limit, self._workspace_limit = limit, workspace_limit
        self._reserved = 0
        self._by_workspace: dict[int, int] = {}

    def reserve(self, workspace: int, size: int) -> None:
        """Take so many bytes more. Raises `Overloaded`, and has taken nothing then."""
        of_workspace = self._by_workspace.get(workspace, 0) + size
        if of_workspace > self._workspace_limit or self._reserved + size > self._limit:
            raise Overloaded
        self._reserved += size
        self._by_workspace[workspace] = of_workspace

    def release(self, workspace: int, size: int) -> None:
        """Give them back."""
        self._reserved -= size
        self._by_workspace[workspace] -= size
        if not self._by_workspace[workspace]:
            del self._by_workspace[workspace]
