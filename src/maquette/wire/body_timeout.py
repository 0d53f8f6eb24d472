"""How long is a body waited for? One timer looks after all calls: one for each would cost a create 2 µs."""

import asyncio
from time import monotonic
from typing import Any

from msgspec import Struct

from maquette.model.errors import Invalid

PIECE_S = 30.0
WHOLE_S = 300.0
"""An upload of 10 MiB takes so long at 35 KiB a second."""

_TICK_S = 1.0


class Reading(Struct, eq=False):
    """A body that is being read. Times are when the timer first saw it wait, so that reading looks at no clock."""

    task: asyncio.Task[Any]
    began_at: float | None = None
    piece_since: float | None = None
    """When it was first seen to wait for its next piece; whoever has got one sets it to None."""
    is_timed_out: bool = False

    def raise_if_timed_out(self) -> None:
        """Raise `Invalid` where its task was cancelled by the timer, and by nobody else."""
        if self.is_timed_out and not self.task.uncancel():
            raise Invalid({"body": ["did not come in time"]}) from None


class BodyTimeout:
    """All bodies that are being read, and how long they may take: each piece, and the whole."""

    def __init__(self, *, piece_s: float = PIECE_S, whole_s: float = WHOLE_S, tick_s: float = _TICK_S) -> None:
        self._piece_s, self._whole_s, self._tick_s = piece_s, whole_s, tick_s
        self._readings: set[Reading] = set()
        self._is_watching = False

    def begin(self) -> Reading:
        """From now on the present task is cancelled where the body takes too long, until `end`."""
        task = asyncio.current_task()
        assert task
        reading = Reading(task)
        self._readings.add(reading)
        if not self._is_watching:
            self._watch()
        return reading

    def end(self, reading: Reading) -> None:
        """It was read, or given up."""
        self._readings.discard(reading)

    def _watch(self) -> None:
        """Look again in a moment, as long as any is read."""
        self._is_watching = bool(self._readings)
        if self._is_watching:
            asyncio.get_running_loop().call_later(self._tick_s, self._look)

    def _look(self) -> None:
        now = monotonic()
        for reading in self._readings:
            reading.began_at = reading.began_at or now
            reading.piece_since = reading.piece_since or now
            takes_long = now - reading.piece_since >= self._piece_s or now - reading.began_at >= self._whole_s
            if takes_long and not reading.is_timed_out:
                reading.is_timed_out = True
                reading.task.cancel()
        self._watch()
