"""Which calls are in flight, and does each that breaks off leave a word in the log?"""

from typing import Any, cast

import pytest

from maquette.server.draining import Draining
from maquette.wire.asgi import BeginResult, WholeResponse
from tests.wire.asgi import Answer, coming, scope_of

SCOPE = {**scope_of(), "http_version": "1.1"}
WHOLE = cast(
    WholeResponse,
    ({"type": "http.response.start", "status": 200, "headers": []}, {"type": "http.response.body", "body": b"whole"}),
)


class AtHand:
    """Has every answer at hand."""

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Give it."""
        return WHOLE


class Later:
    """Answers none at once."""

    def __init__(self) -> None:
        self.in_flight = -1
        self.draining = Draining(self)

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Look how many calls are in flight, and fail."""

        async def continuation() -> None:
            self.in_flight = self.draining.in_flight
            raise ZeroDivisionError("half way")

        return continuation


def test_an_answer_at_hand_is_passed_on_as_it_is() -> None:
    """It's sent before anything else is done."""
    draining = Draining(AtHand())
    assert (WHOLE, 0) == (draining.begin(SCOPE, cast(Any, coming([])), Answer().send), draining.in_flight)  # type: ignore[arg-type]


async def test_in_asgi_it_is_in_flight_until_it_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads slowly lets it wait, and where that fails it's told."""
    draining, in_flight = Draining(AtHand()), []

    async def send(message: Any) -> None:
        in_flight.append(draining.in_flight)
        if message["type"] == "http.response.body":
            raise OSError("the reader is gone")

    with pytest.raises(OSError, match="gone"):
        await draining(SCOPE, coming([]), send)
    assert ([1, 1], 0) == (in_flight, draining.in_flight)
    assert "an answer broke off" in caplog.text
    assert "the reader is gone" in caplog.text


async def test_what_goes_on_is_in_flight_until_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """But not before it does."""
    later = Later()
    result: Any = later.draining.begin(SCOPE, cast(Any, coming([])), Answer().send)  # type: ignore[arg-type]
    assert 0 == later.draining.in_flight
    with pytest.raises(ZeroDivisionError):
        await result()
    assert (1, 0) == (later.in_flight, later.draining.in_flight)
    assert "half way" in caplog.text


async def test_when_it_is_emptied_each_answer_is_the_last() -> None:
    """Also one that is at hand."""
    draining, answer = Draining(AtHand()), Answer()
    draining.start_draining()
    result: Any = draining.begin(SCOPE, cast(Any, coming([])), answer.send)  # type: ignore[arg-type]
    await result()
    assert ("close", b"whole") == (answer["connection"], answer.body)
