"""How many writes of one workspace may have a connection at a time? A few; the others wait without one.

PostgreSQL lets the writes of a workspace wait for its row, each with a connection in hand. Without a limit, one busy
workspace would take all connections that writes may have.
"""

import asyncio
from collections import deque

from msgspec import Struct

from maquette.model.errors import Unavailable

MAX_PER_WORKSPACE = 3
"""One that writes, and two that can go on at once when it has ended."""

WAIT_S = 10


class WorkspaceBusy(Exception):
    """Raised to have a body run again, once a slot of the workspace is free."""

    def __init__(self, workspace: int) -> None:
        super().__init__(workspace)
        self.workspace = workspace


class _Slots(Struct, eq=False):
    """One workspace's: how many are taken, and who waits for one."""

    taken: int
    waiting: "deque[tuple[Claims, asyncio.Future[None]]]"


class WorkspaceSlots:
    """The slots of all workspaces that are being written to; for one event loop."""

    def __init__(self, limit: int = MAX_PER_WORKSPACE) -> None:
        self.limit = limit
        self.of: dict[int, _Slots] = {}


class Claims:
    """The slots that one write has taken, over all of its attempts."""

    def __init__(self, slots: WorkspaceSlots) -> None:
        self._slots = slots
        self._workspaces: set[int] = set()

    def take(self, workspace: int) -> None:
        """Take a slot of the workspace, once. Raises `WorkspaceBusy`."""
        if workspace in self._workspaces:
            return
        slots = self._slots.of.setdefault(workspace, _Slots(0, deque()))
        if slots.taken >= self._slots.limit:
            raise WorkspaceBusy(workspace)
        slots.taken += 1
        self._workspaces.add(workspace)

    async def wait_for(self, workspace: int) -> None:
        """Give back all slots, then wait for one of this workspace, first come, first served. Raises `Unavailable`."""
        self.give_back()
        slots = self._slots.of.get(workspace)
        if slots is None or slots.taken < self._slots.limit:
            return  # the next attempt takes it
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        slots.waiting.append((self, granted))
        try:
            async with asyncio.timeout(WAIT_S):
                await granted
        except TimeoutError as error:
            raise Unavailable("too many writes wait for this workspace") from error

    def give_back(self) -> None:
        """Give back all slots, each to whoever has waited for it longest."""
        for workspace in self._workspaces:
            slots = self._slots.of[workspace]
            if not _pass_on(workspace, slots):
                slots.taken -= 1
                if not slots.taken:
                    del self._slots.of[workspace]
        self._workspaces.clear()

    def grant(self, workspace: int) -> None:
        """Note a slot that somebody else has passed on."""
        self._workspaces.add(workspace)


def _pass_on(workspace: int, slots: _Slots) -> bool:
    """Give a slot to the first who still waits for one; False where nobody does."""
    while slots.waiting:
        claims, granted = slots.waiting.popleft()
        if not granted.done():  # else its caller went away
            claims.grant(workspace)
            granted.set_result(None)
            return True
    return False
