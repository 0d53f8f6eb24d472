"""Bounds the memory that request bodies hold in this process. Larger ones are counted until their calls are answered.

Without it, a hundred uploads of 10 MiB that never end would hold a gigabyte.
"""

from maquette.model.errors import Overloaded

UNBUDGETED_BYTES = 16 * 1024
"""Bodies up to this size are not counted: the limit on connections bounds them, and most bodies are this small."""

MAX_TOTAL_BYTES = 256 * 1024 * 1024
MAX_WORKSPACE_BYTES = 64 * 1024 * 1024
"""Per workspace. All unauthenticated calls share one such limit."""


class BodyBudget:
    """The bytes reserved for bodies, in total and by workspace."""

    def __init__(self, limit: int = MAX_TOTAL_BYTES, workspace_limit: int = MAX_WORKSPACE_BYTES) -> None:
        self._limit, self._workspace_limit = limit, workspace_limit
        self._reserved = 0
        self._by_workspace: dict[int, int] = {}

    def reserve(self, workspace: int, size: int) -> None:
        """Reserve this many more bytes. Raises `Overloaded` over either limit, with nothing reserved."""
        of_workspace = self._by_workspace.get(workspace, 0) + size
        if of_workspace > self._workspace_limit or self._reserved + size > self._limit:
            raise Overloaded
        self._reserved += size
        self._by_workspace[workspace] = of_workspace

    def release(self, workspace: int, size: int) -> None:
        """Return bytes that were reserved."""
        self._reserved -= size
        self._by_workspace[workspace] -= size
        if not self._by_workspace[workspace]:
            del self._by_workspace[workspace]
