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


class Patience:
    """Those who wait for the next piece of a body, and until when."""

    def __init__(self, *, piece_s: float = PIECE_S, whole_s: float = WHOLE_S, tick_s: float = _TICK_S) -> None:
        self._piece_s, self._whole_s, self._tick_s = piece_s, whole_s, tick_s
        self._until: dict[asyncio.Task[Any], float] = {}
        self._given_up: set[asyncio.Task[Any]] = set()
        self._is_watching = False

    def bounded(self, receive: Receive) -> Receive:
        """The same, for a call that begins now: it raises `Invalid` where a piece, or the whole, takes too long."""
        end = monotonic() + self._whole_s

        async def receive_in_time() -> Any:
            task = asyncio.current_task()
            assert task
            self._until[task] = min(monotonic() + self._piece_s, end)
            if not self._is_watching:
                self._watch()
            try:
                return await receive()
            except asyncio.CancelledError:
                if task not in self._given_up or task.uncancel():
                    raise
                raise Invalid({"body": ["did not come in time"]}) from None
            finally:
                del self._until[task]
                self._given_up.discard(task)

        return receive_in_time

    def _watch(self) -> None:
        """Look again in a moment, as long as anybody waits."""
        self._is_watching = bool(self._until)
        if self._is_watching:
            asyncio.get_running_loop().call_later(self._tick_s, self._look)

    def _look(self) -> None:
        now = monotonic()
        for task, until in self._until.items():
            if until <= now and task not in self._given_up:
                self._given_up.add(task)
                task.cancel()
        self._watch()
