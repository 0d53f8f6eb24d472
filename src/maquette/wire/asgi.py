"""What does beginning a call return? Its whole answer where nothing has to be awaited, else a function that sends it.

ASGI knows only the second: a coroutine for each call, and a task to run it in (decision 29).
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Send

WholeResponse = tuple[HTTPResponseStartEvent, HTTPResponseBodyEvent]
"""A whole answer, as ASGI sends it."""

Continuation = Callable[[], Coroutine[Any, Any, None]]
"""Carries out the rest of a call and sends its answer; where it is never called, nothing has to be undone."""

BeginResult = WholeResponse | Continuation


class Application(Protocol):
    """An ASGI application for HTTP alone, whose calls can be begun without a task."""

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """The whole answer, of which nothing is sent yet, or the function to call, which sends it."""
        ...


def as_asgi(application: Application) -> Callable[[Any, Any, Any], Coroutine[Any, Any, None]]:
    """The same for a server that knows only ASGI; what isn't HTTP, such as the server's own start, is ignored."""

    async def call(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        result = application.begin(scope, receive, send)
        if isinstance(result, tuple):
            for message in result:
                await send(message)
        else:
            await result()

    return call
