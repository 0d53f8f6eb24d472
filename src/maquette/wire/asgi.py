"""An ASGI application that can answer a call without a coroutine or a task, if nothing has to be awaited.

`begin` returns either the whole response or a continuation to run in a task. Plain ASGI needs a coroutine and a task
for every call (decision 29).
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Send

WholeResponse = tuple[HTTPResponseStartEvent, HTTPResponseBodyEvent]
"""A whole response as its two ASGI messages."""

Continuation = Callable[[], Coroutine[Any, Any, None]]
"""Finishes the call and sends its response. May be dropped uncalled: nothing has been acquired yet."""

BeginResult = WholeResponse | Continuation


class Application(Protocol):
    """An HTTP application whose calls can be begun without a task."""

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """Begin one call. Returns its whole response, for the caller to send, or the continuation that sends it."""
        ...


def as_asgi(application: Application) -> Callable[[Any, Any, Any], Coroutine[Any, Any, None]]:
    """The application as plain ASGI. Scopes other than `http`, such as `lifespan`, are ignored."""

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
