"""What has come of a call once it has begun? Its whole answer, if nothing had to be waited for, or what will send it.

ASGI has only the second: a coroutine for each call, and a task to run it in (decision 29).
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Send

Messages = tuple[HTTPResponseStartEvent, HTTPResponseBodyEvent]
"""A whole answer, as ASGI sends it."""

GoOn = Callable[[], Coroutine[Any, Any, None]]
"""Does the rest of a call, and sends its answer; nothing has to be undone where nobody calls it."""

Begun = Messages | GoOn


class Application(Protocol):
    """An ASGI application for HTTP alone, whose calls can be begun without a task."""

    def begin(self, scope: Any, receive: Receive, send: Send) -> Begun:
        """The whole answer, with nothing of it sent yet, or what is to be called for it to be sent."""
        ...


def as_asgi(application: Application) -> Callable[[Any, Any, Any], Coroutine[Any, Any, None]]:
    """The same for a server that knows ASGI alone; what isn't HTTP, such as its own start, is nobody's."""

    async def call(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = application.begin(scope, receive, send)
        if isinstance(begun, tuple):
            for message in begun:
                await send(message)
        else:
            await begun()

    return call
