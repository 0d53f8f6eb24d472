"""Routes an admitted call to its handler, or to Litestar if there is none."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar.types import ASGIApp, Message

from maquette.model.lazy import Lazy
from maquette.wire.call import Call
from maquette.wire.reply import Reply
from maquette.wire.routes import Routes

Handler = Callable[[Call], Awaitable[Reply]]


class Router:
    """A dialect's routes, with its Litestar application for everything else.

    The application is created on first use (decision 28). What a handler raises is left to the gate.
    """

    def __init__(self, routes: Routes, make_application: Callable[[], ASGIApp]) -> None:
        self._routes = routes
        self._application = Lazy(make_application)

    async def __call__(self, call: Call) -> Reply:
        """The reply to the call. Raises `Refusal`."""
        found = self._routes.find(call.scope["method"], call.scope["path"])
        if found is None:
            return await self._from_framework(call)
        route, parameters = found
        call.declared = route.handler.opt
        return (await route.answer(request=call, **parameters)).reply

    async def _from_framework(self, call: Call) -> Reply:
        application, scope, actor = await self._application.get(), call.scope, call.actor_or_none
        cast(dict[str, Any], scope)["maquette.request_id"] = actor.request_id if actor else "unknown"
        reply = Reply(500)
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = [header for header in message.get("headers", ()) if header[0] not in _BODY_HEADERS]
                reply.media_type = dict(message.get("headers", ())).get(b"content-type", reply.media_type)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await application(scope, call.receive, collect)
        reply.body = b"".join(chunks)
        return reply


_BODY_HEADERS = frozenset((b"content-length", b"content-type"))
"""What `Reply` adds by itself."""
