"""Is a body that doesn't come given up, and no other?"""

import asyncio
import itertools
from typing import Any

import pytest

from maquette.model.errors import Invalid, TooLarge
from maquette.wire import bodies
from maquette.wire.bodies import MAX_BODY_BYTES, read_whole
from maquette.wire.body_timeout import BodyTimeout
from tests.wire.asgi import coming

LONG = 60.0


@pytest.fixture
def body_timeout() -> BodyTimeout:
    """One that is soon over."""
    return BodyTimeout(piece_s=0.05, whole_s=LONG, tick_s=0.01)


def stopping(pieces: list[bytes]) -> Any:
    """Sends these, and then nothing more."""
    left = iter(pieces)

    async def receive() -> Any:
        for piece in left:
            return {"type": "http.request", "body": piece, "more_body": True}
        return await asyncio.Event().wait()

    return receive


def trickling(pieces: int | None = None) -> Any:
    """Sends a byte at a time, so often or without end."""
    numbers = itertools.count(1)

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": next(numbers) != pieces}

    return receive


class TestBodyTimeout:
    @pytest.mark.parametrize("pieces", [[], [b"{"], [b"{", b'"name"']])
    async def test_what_stops_is_given_up(self, body_timeout: BodyTimeout, pieces: list[bytes]) -> None:
        """At its beginning or later; the call goes on, with a refusal."""
        with pytest.raises(Invalid) as refused:
            await read_whole(stopping(pieces), body_timeout)
        assert {"body": ["did not come in time"]} == refused.value.problems
        task = asyncio.current_task()
        assert task
        assert 0 == task.cancelling()  # for the call it was no cancellation

    async def test_what_trickles_is_given_up(self) -> None:
        """However regularly it does."""
        with pytest.raises(Invalid):
            await read_whole(trickling(), BodyTimeout(piece_s=LONG, whole_s=0.1, tick_s=0.01))

    async def test_what_is_too_large_is_told_as_that(
        self, body_timeout: BodyTimeout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though the rest doesn't come; it's waited for in another way."""
        monkeypatch.setattr(bodies, "DRAIN_S", 0.1)
        with pytest.raises(TooLarge):
            await read_whole(stopping([bytes(MAX_BODY_BYTES), b"x"]), body_timeout)

    async def test_what_comes_is_read(self, body_timeout: BodyTimeout) -> None:
        """One after the other, each with all of the time; nobody is remembered afterwards."""
        for _ in range(3):
            assert b"{}" == await read_whole(coming([b"{", b"}"]), body_timeout)
        await asyncio.sleep(0.1)
        assert b"{}" == await read_whole(coming([b"{}"]), body_timeout)

    async def test_who_is_stopped_by_another_is_stopped(self, body_timeout: BodyTimeout) -> None:
        """The call's own cancellation isn't taken for a timeout."""
        waiting = asyncio.create_task(read_whole(stopping([]), body_timeout))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def test_one_that_stops_ends_no_other(self, body_timeout: BodyTimeout) -> None:
        """Each has a time of its own."""

        async def slowly() -> int:
            return len(await read_whole(trickling(10), body_timeout))

        stopped = asyncio.create_task(read_whole(stopping([]), body_timeout))
        assert (10, 10) == tuple(await asyncio.gather(slowly(), slowly()))
        with pytest.raises(Invalid):
            await stopped
