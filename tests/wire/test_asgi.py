"""Is a call that was begun answered the same in plain ASGI?"""

from typing import Any, cast

from maquette.wire.asgi import BeginResult, WholeResponse, as_asgi
from tests.wire.asgi import Answer, ask

MESSAGES = cast(
    WholeResponse,
    ({"type": "http.response.start", "status": 200, "headers": []}, {"type": "http.response.body", "body": b"whole"}),
)


class AtOnce:
    """Has the whole answer at hand."""

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Give it."""
        return MESSAGES


class Later:
    """Has to go on before there is one."""

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Go on with it."""

        async def continuation() -> None:
            for message in MESSAGES:
                await send(message)

        return continuation


async def test_both_ways_it_is_sent() -> None:
    """Whoever knows ASGI alone sees no difference."""
    assert await ask(as_asgi(AtOnce())) == await ask(as_asgi(Later())) == Answer(200, [], b"whole")


async def test_what_is_no_call_is_not_begun() -> None:
    """Servers tell of their own start in the same way."""

    class Nobody:
        def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
            raise AssertionError(scope)

    await as_asgi(Nobody())(cast(Any, {"type": "lifespan"}), cast(Any, None), cast(Any, None))
