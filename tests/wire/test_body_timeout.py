"""Is a body that doesn't come given up, and no other?"""

import asyncio
from typing import Any

import pytest

from maquette.model.errors import Invalid, TooLarge
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


def trickling() -> Any:
    """Sends a byte at a time, without end."""

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    return receive


class TestWrap:
    @pytest.mark.parametrize("pieces", [[], [b"{"], [b"{", b'"name"']])
    async def test_what_stops_is_given_up(self, body_timeout: BodyTimeout, pieces: list[bytes]) -> None:
        """At its beginning or later; the call goes on, with a refusal."""
        with pytest.raises(Invalid) as refused:
            await read_whole(body_timeout.wrap(stopping(pieces)))
        assert {"body": ["did not come in time"]} == refused.value.problems
        await asyncio.sleep(0)  # its task is not cancelled any more

    async def test_what_trickles_is_given_up(self) -> None:
        """However regularly it does."""
        with pytest.raises(Invalid):
            await read_whole(BodyTimeout(piece_s=LONG, whole_s=0.1, tick_s=0.01).wrap(trickling()))

    async def test_what_is_too_large_is_told_as_that(self, body_timeout: BodyTimeout) -> None:
        """Though the rest doesn't come."""
        with pytest.raises(TooLarge):
            await read_whole(body_timeout.wrap(stopping([bytes(MAX_BODY_BYTES), b"x"])))

    async def test_what_comes_is_read(self, body_timeout: BodyTimeout) -> None:
        """One after the other, each with all of the time; nobody is remembered afterwards."""
        for _ in range(3):
            assert b"{}" == await read_whole(body_timeout.wrap(coming([b"{", b"}"])))
        await asyncio.sleep(0.1)
        assert b"{}" == await read_whole(body_timeout.wrap(coming([b"{}"])))

    async def test_who_is_stopped_by_another_is_stopped(self, body_timeout: BodyTimeout) -> None:
        """The call's own cancellation isn't taken for a timeout."""
        waiting = asyncio.create_task(read_whole(body_timeout.wrap(stopping([]))))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def test_one_that_stops_ends_no_other(self, body_timeout: BodyTimeout) -> None:
        """Each has a time of its own."""

        async def slowly() -> int:
            receive: Any = body_timeout.wrap(trickling())
            return sum([len((await receive())["body"]) for _ in range(10)])

        stopped = asyncio.create_task(read_whole(body_timeout.wrap(stopping([]))))
        assert (10, 10) == tuple(await asyncio.gather(slowly(), slowly()))
        with pytest.raises(Invalid):
            await stopped
