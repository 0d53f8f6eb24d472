"""Timeouts for reading request bodies. One timer serves all calls: a timer per call would cost a create 2 µs."""

import asyncio
from time import monotonic
from typing import Any

from msgspec import Struct

from maquette.model.errors import Invalid

PIECE_TIMEOUT_S = 30.0
TOTAL_TIMEOUT_S = 300.0
"""For the next piece, and for the whole body: 10 MiB at 35 KiB a second takes 300 s."""

_TICK_S = 1.0


class Reading(Struct, eq=False):
    """A body that is being read. The timer sets the times, in seconds, at its ticks, so reading needs no clock."""

    task: asyncio.Task[Any]
    began_at: float | None = None
    piece_since: float | None = None
    """When the timer first saw it waiting for the next piece. The reader sets it to None at each piece."""
    is_timed_out: bool = False

    def raise_if_timed_out(self) -> None:
        """Raise `Invalid` if the timer cancelled the task, and nobody else did too."""
        if self.is_timed_out and not self.task.uncancel():
            raise Invalid({"body": ["did not come in time"]}) from None


class BodyTimeout:
    """Cancels the tasks whose bodies take too long: for one piece, or for the whole."""

    def __init__(
        self, *, piece_s: float = PIECE_TIMEOUT_S, whole_s: float = TOTAL_TIMEOUT_S, tick_s: float = _TICK_S
    ) -> None:
        self._piece_s, self._whole_s, self._tick_s = piece_s, whole_s, tick_s
        self._readings: set[Reading] = set()
        self._is_watching = False

    def begin(self) -> Reading:
        """Watch the current task until `end`. It is cancelled if the body takes too long."""
        task = asyncio.current_task()
        assert task
        reading = Reading(task)
        self._readings.add(reading)
        if not self._is_watching:
            self._watch()
        return reading

    def end(self, reading: Reading) -> None:
        """Stop watching: the body was read, or given up."""
        self._readings.discard(reading)

    def _watch(self) -> None:
        """Schedule the next tick, if any body is being read."""
        self._is_watching = bool(self._readings)
        if self._is_watching:
            asyncio.get_running_loop().call_later(self._tick_s, self._tick)

    def _tick(self) -> None:
        now = monotonic()
        for reading in self._readings:
            reading.began_at = reading.began_at or now
            reading.piece_since = reading.piece_since or now
            is_late = now - reading.piece_since >= self._piece_s or now - reading.began_at >= self._whole_s
            if is_late and not reading.is_timed_out:
                reading.is_timed_out = True
                reading.task.cancel()
        self._watch()
