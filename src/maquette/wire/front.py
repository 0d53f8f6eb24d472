"""The paths that belong to no dialect: the welcome page, the health check, and the console's pages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import cast

import msgspec
from litestar.types import HTTPScope, Receive, Scope, Send

from maquette import __version__
from maquette.domain.services import Services
from maquette.model.errors import MethodNotAllowed, NoRoute, Refusal
from maquette.wire.asgi import BeginResult
from maquette.wire.dialect import Dialect
from maquette.wire.documentation import DOCUMENT, REFERENCE
from maquette.wire.reference import REFERENCE_CSP
from maquette.wire.refusals import refusal_reply
from maquette.wire.reply import Reply
from maquette.wire.welcome import ApiSummary, render_welcome

HEALTH = "/healthz"

PageForPeople = Callable[[HTTPScope, Receive], Awaitable[Reply]]
"""Answers every path below the prefix it is registered under. May raise `Refusal`."""


class Front:
    """The application for those paths. Refusals are rendered by the default dialect."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        services: Services,
        default: Dialect,
        pages_for_people: Mapping[str, PageForPeople],
    ) -> None:
        self._services = services
        self._pages_for_people = pages_for_people
        self._default = default
        self._welcome = render_welcome(
            [_summary(dialect) for dialect in dialects], version=__version__, health_url=HEALTH
        ).encode()

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
        for path, page_for_people in self._pages_for_people.items():
            if scope["path"].startswith(path + "/"):
                return await page_for_people(scope, receive)
        pages: dict[str, Callable[[], Reply]] = {"/": self._page, REFERENCE: self._redirect, HEALTH: self._health}
        page = pages.get(scope["path"])
        if page is None:
            raise NoRoute
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(("GET", "HEAD"))
        if scope["path"] == HEALTH:
            await self._require_store()
        return page()

    async def _require_store(self) -> None:
        await self._services.database.read(lambda tx: tx.value("SELECT 1"))

    def _page(self) -> Reply:
        headers = [
            (b"content-security-policy", REFERENCE_CSP.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]
        return Reply(200, self._welcome, headers, b"text/html; charset=utf-8")

    def _redirect(self) -> Reply:
        """Redirect to the welcome page, which links every dialect's reference."""
        return Reply(302, b"", [(b"location", b"/")])

    def _health(self) -> Reply:
        return Reply(200, msgspec.json.encode({"status": "ok", "version": __version__}))


def _summary(dialect: Dialect) -> ApiSummary:
    base = f"/{dialect.name}"
    return ApiSummary(
        title=dialect.title,
        summary=dialect.summary,
        base_url=f"{base}/v1",
        reference_url=base + REFERENCE,
        document_url=base + DOCUMENT,
    )
