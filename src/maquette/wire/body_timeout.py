"""How long is a body waited for? One timer looks after all calls: one for each would cost a create 2 µs."""

import asyncio
from time import monotonic
from typing import Any

from litestar.types import Receive

from maquette.model.errors import Invalid

PIECE_S = 30.0
WHOLE_S = 300.0
"""An upload of 10 MiB takes so long at 35 KiB a second."""

_TICK_S = 1.0


class BodyTimeout:
    """Those who wait for the next piece of a body, and until when."""

    def __init__(self, *, piece_s: float = PIECE_S, whole_s: float = WHOLE_S, tick_s: float = _TICK_S) -> None:
        self._piece_s, self._whole_s, self._tick_s = piece_s, whole_s, tick_s
        self._waiting: dict[asyncio.Task[Any], tuple[float, float]] = {}
        """Since when each waits for the piece, and for the whole."""
        self._timed_out: set[asyncio.Task[Any]] = set()
        self._is_watching = False

    def wrap(self, receive: Receive) -> Receive:
        """The same, for a call that begins now: it raises `Invalid` where a piece, or the whole, takes too long."""
        began_at = monotonic()

        async def receive_in_time() -> Any:
            task = asyncio.current_task()
            assert task
            self._waiting[task] = monotonic(), began_at
            if not self._is_watching:
                self._watch()
            try:
                return await receive()
            except asyncio.CancelledError:
                self._raise_if_timed_out(task)
                raise
            finally:
                del self._waiting[task]

        return receive_in_time

    def _raise_if_timed_out(self, task: asyncio.Task[Any]) -> None:
        """Raise `Invalid` where it was cancelled by us, and by nobody else."""
        if task in self._timed_out:
            self._timed_out.remove(task)
            if not task.uncancel():
                raise Invalid({"body": ["did not come in time"]}) from None

    def _watch(self) -> None:
        """Look again in a moment, as long as anybody waits."""
        self._is_watching = bool(self._waiting)
        if self._is_watching:
            asyncio.get_running_loop().call_later(self._tick_s, self._look)

    def _look(self) -> None:
        now = monotonic()
        for task, (since, began_at) in self._waiting.items():
            takes_long = now - since >= self._piece_s or now - began_at >= self._whole_s
            if takes_long and task not in self._timed_out:
                self._timed_out.add(task)
                task.cancel()
        self._watch()
