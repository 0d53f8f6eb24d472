"""Answers a call to the console: who is signed in, may this form be taken, which page is it for."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from litestar.types import HTTPScope, Receive

from maquette.console import ROUTES, cookies
from maquette.console.csrf import FIELD, WORKSPACE, require_form_token, require_same_origin, require_workspace
from maquette.console.forms import read, read_urlencoded
from maquette.console.pages import SECURITY_HEADERS, STYLE_PATH, style
from maquette.console.refusals import describe
from maquette.console.visit import Visit, redirect
from maquette.domain import sessions
from maquette.domain.services import Services
from maquette.model.errors import MethodNotAllowed, NoRoute, Refusal, Unauthenticated, Unavailable
from maquette.model.ids import new_id
from maquette.model.records import SignedIn
from maquette.wire.bodies import MAX_BODY_BYTES, MAX_FORM_BYTES, content_length, read_whole
from maquette.wire.body_budget import UNBUDGETED_BYTES, BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.dialect import Dialect
from maquette.wire.input import require_readable
from maquette.wire.refusals import log_internal_error, refusal_headers, with_head
from maquette.wire.repeated import combined
from maquette.wire.reply import JSON, Reply
from maquette.wire.routes import Route, Routes
from maquette.wire.transport import Transport

METHODS = ("GET", "POST")

_ROUTES = Routes(ROUTES)


@dataclass(frozen=True, slots=True)
class Console:
    """The application for people. Programs, which take JSON and no HTML, are told refusals in JSON."""

    services: Services
    dialects: Sequence[Dialect]
    transport: Transport
    body_timeout: BodyTimeout
    body_budget: BodyBudget

    async def __call__(self, scope: HTTPScope, receive: Receive) -> Reply:
        """Answer one call. Raises `NoRoute` for a path that it doesn't know, unless the caller asks for HTML."""
        if scope["path"] == STYLE_PATH:
            return style()
        services = self.services
        visit = Visit(scope, dict(scope["headers"]), services, self.dialects, new_id(services.clock.now_ms()))
        try:
            visit.headers = combined(scope["headers"])
            self.transport.resolve_client(scope, visit.headers)
            require_readable(scope["path"], scope["query_string"])
            return await self._answer(visit, receive)
        except Refusal as refusal:
            return _refused(visit, refusal)
        except Exception as error:
            return _refused(visit, log_internal_error(visit.request_id, error))

    async def _answer(self, visit: Visit, receive: Receive) -> Reply:
        scope = visit.scope
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        found = _ROUTES.find(method, scope["path"])
        if found is None:
            raise _not_there(scope["path"])
        route, parameters = found
        visit.query = read_urlencoded(scope["query_string"])
        await self._identify(visit)
        if (elsewhere := _require_session(visit, route)) is not None:
            return elsewhere
        if method == "GET":
            return await _call(route, visit, parameters)
        require_same_origin(visit.headers)
        return await self._take_form(route, visit, parameters, receive)

    async def _take_form(self, route: Route, visit: Visit, parameters: dict[str, str], receive: Receive) -> Reply:
        """Read the form and hand it to the handler; its memory counts until the call is answered."""
        actor = visit.actor_or_none
        owner, reserved = actor.workspace if actor else 0, 0

        def reserve(size: int) -> None:
            nonlocal reserved
            self.body_budget.reserve(owner, size - reserved)
            reserved = size

        may_upload = route.handler.opt.get("upload") is not None
        is_public = route.handler.opt.get("public") is not None
        max_bytes = UNBUDGETED_BYTES if is_public else MAX_FORM_BYTES if may_upload else MAX_BODY_BYTES
        try:
            length = content_length(visit.headers)
            content = await read_whole(receive, self.body_timeout, max_bytes, length, reserve)
            content_type = visit.headers.get(b"content-type", b"").decode("latin-1")
            visit.form = read(content_type, content, may_upload=may_upload)
            del content  # the form holds it: don't keep a file twice
            if not is_public:
                visit.identify_again = partial(self._identify_again, route)
                await visit.refresh()
                require_form_token(visit.session_token, visit.form.text(FIELD))
                if not route.handler.opt.get("without_workspace"):
                    require_workspace(visit.signed_in.workspace, visit.form.text(WORKSPACE))
            return await _call(route, visit, parameters)
        finally:
            if reserved:
                self.body_budget.release(owner, reserved)

    async def _identify_again(self, route: Route, visit: Visit) -> None:
        """Look the session up once more. Raises `Unauthenticated` if it, or the membership, has ended meanwhile."""
        await self._identify(visit)
        if _require_session(visit, route) is not None:
            raise Unauthenticated

    async def _identify(self, visit: Visit) -> None:
        """Find the session of the cookie, and record its use now and then."""
        token = cookies.session_token(visit.scope["headers"], visit.scope["scheme"])
        if token is None:
            return
        visit.session_token, now_ms = token, visit.now_ms
        found: SignedIn | None = await visit.read(lambda tx: sessions.identify(tx, token, now_ms=now_ms))
        visit.signed_in_or_none = found
        if found is None:
            return
        session = found.session
        if sessions.is_use_due(session, now_ms):
            with suppress(Unavailable):  # pages are read on a full disk, too
                await visit.write(lambda tx: sessions.mark_used(tx, session, now_ms=now_ms))


def _require_session(visit: Visit, route: Route) -> Reply | None:
    """Where to go first, to choose a workspace; None for whoever may have the page.

    Raises `Unauthenticated`, and `NoRoute` for a program that has left out the API's prefix.
    """
    if route.handler.opt.get("public"):
        return None
    if visit.signed_in_or_none is None:
        raise NoRoute if b"authorization" in visit.headers else Unauthenticated
    has_workspace = visit.signed_in_or_none.workspace is not None
    return None if has_workspace or route.handler.opt.get("without_workspace") else redirect("/workspaces")


async def _call(route: Route, visit: Visit, parameters: dict[str, str]) -> Reply:
    answer: Any = route.answer
    reply: Reply = await answer(request=visit, **parameters)
    return reply


def _not_there(path: str) -> Refusal:
    methods = [method for method in METHODS if _ROUTES.find(method, path)]
    return MethodNotAllowed(with_head(methods)) if methods else NoRoute()


def _refused(visit: Visit, refusal: Refusal) -> Reply:
    status, title, sentence = describe(refusal)
    accept = visit.headers.get(b"accept", b"")
    if isinstance(refusal, NoRoute) and b"text/html" not in accept:
        raise refusal
    if b"text/html" in accept or JSON not in accept:
        if isinstance(refusal, Unauthenticated) and visit.scope["method"] in ("GET", "HEAD"):
            return visit.sign_in_page()
        reply = visit.page("refusal.html", refusal=refusal, title=title)
    else:
        body = msgspec.json.encode({"error": f"{title}. {sentence}"})
        reply = Reply(status, body, SECURITY_HEADERS, JSON)
        reply.headers = [*reply.headers, *refusal_headers(refusal)]
    return reply
