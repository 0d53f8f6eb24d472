"""Limits how many writes of one workspace have a PostgreSQL connection at a time; the others wait without one.

A write holds its connection while it waits for its workspace's row. Without a limit, the writes of one busy workspace
could take all the connections that writes may have (decision 31).
"""

import asyncio
from collections import deque

from msgspec import Struct

from maquette.model.errors import Unavailable

MAX_PER_WORKSPACE = 3
"""One that holds the row, and two that can go on at once when it commits."""

WAIT_S = 10
_TOO_MANY = "too many writes wait for this workspace"


class WorkspaceBusy(Exception):
    """Aborts a body so that it is rerun once a slot of the workspace is free."""

    def __init__(self, workspace: int) -> None:
        super().__init__(workspace)
        self.workspace = workspace


class _Slots(Struct, eq=False):
    """One workspace's slots: how many are taken, and who waits for one."""

    taken: int
    waiting: "deque[tuple[Claims, asyncio.Future[None]]]"


class WorkspaceSlots:
    """The slots of all workspaces that are being written to. Belongs to one event loop."""

    def __init__(self, limit: int = MAX_PER_WORKSPACE) -> None:
        self.limit = limit
        self.of: dict[int, _Slots] = {}


class Claims:
    """The slots that one write holds, over all of its attempts."""

    def __init__(self, slots: WorkspaceSlots) -> None:
        self._slots = slots
        self._deadline: float | None = None
        self._workspaces: set[int] = set()

    def take(self, workspace: int) -> None:
        """Take a slot of the workspace, unless this write has one. Raises `WorkspaceBusy` if none is free."""
        if workspace in self._workspaces:
            return
        slots = self._slots.of.setdefault(workspace, _Slots(0, deque()))
        if slots.taken >= self._slots.limit:
            raise WorkspaceBusy(workspace)
        slots.taken += 1
        self._workspaces.add(workspace)

    async def wait_for(self, workspace: int) -> None:
        """Release all slots, then wait in line for one of this workspace.

        Raises `Unavailable` once `WAIT_S` have passed since this write waited for the first time.
        """
        self.give_back()
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + WAIT_S
        if loop.time() >= self._deadline:
            raise Unavailable(_TOO_MANY)
        slots = self._slots.of.get(workspace)
        if slots is None or slots.taken < self._slots.limit:
            return  # the next attempt takes it
        granted: asyncio.Future[None] = loop.create_future()
        slots.waiting.append((self, granted))
        try:
            async with asyncio.timeout_at(self._deadline):
                await granted
        except TimeoutError as error:
            raise Unavailable(_TOO_MANY) from error

    def give_back(self) -> None:
        """Release all slots, each to the write that has waited for it the longest."""
        for workspace in self._workspaces:
            slots = self._slots.of[workspace]
            if not _pass_on(workspace, slots):
                slots.taken -= 1
                if not slots.taken:
                    del self._slots.of[workspace]
        self._workspaces.clear()

    def grant(self, workspace: int) -> None:
        """Add a slot that another write has passed on."""
        self._workspaces.add(workspace)


def _pass_on(workspace: int, slots: _Slots) -> bool:
    """Give a slot to the first write that still waits for one; returns False if none does."""
    while slots.waiting:
        claims, granted = slots.waiting.popleft()
        if not granted.done():  # it is where its caller was cancelled or has timed out
            claims.grant(workspace)
            granted.set_result(None)
            return True
    return False
