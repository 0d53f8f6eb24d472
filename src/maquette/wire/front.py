"""The paths that belong to no dialect: the health check, and the console's pages."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import msgspec
from litestar.types import HTTPScope, Receive, Scope, Send

from maquette import __version__
from maquette.domain.services import Services
from maquette.model.errors import MethodNotAllowed, Refusal
from maquette.wire.asgi import BeginResult
from maquette.wire.dialect import Dialect
from maquette.wire.documentation import REFERENCE
from maquette.wire.refusals import refusal_reply
from maquette.wire.reply import Reply

HEALTH = "/healthz"

Pages = Callable[[HTTPScope, Receive], Awaitable[Reply]]
"""Answers every other path. May raise `Refusal`."""


class Front:
    """The application for those paths. Refusals are rendered by the default dialect."""

    def __init__(self, services: Services, default: Dialect, console: Pages) -> None:
        self._services = services
        self._default = default
        self._console = console

    def begin(self, scope: Scope, receive: Receive, send: Send) -> BeginResult:
        """Begin one HTTP call."""
        return partial(self._respond, cast(HTTPScope, scope), receive, send)

    async def _respond(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except Refusal as refusal:
            reply = refusal_reply(self._default, refusal)
        await reply.send(send, without_body=scope["method"] == "HEAD")

    async def _answer(self, scope: HTTPScope, receive: Receive) -> Reply:
        if scope["path"] not in (HEALTH, REFERENCE):
            return await self._console(scope, receive)
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(("GET", "HEAD"))
        return await self._health() if scope["path"] == HEALTH else self._redirect()

    def _redirect(self) -> Reply:
        """Redirect to the page that links every dialect's reference."""
        return Reply(302, b"", [(b"location", b"/")])

    async def _health(self) -> Reply:
        await self._services.database.read(lambda tx: tx.value("SELECT 1"))
        return Reply(200, msgspec.json.encode({"status": "ok", "version": __version__}))
