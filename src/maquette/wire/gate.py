"""The gate before the framework: who calls, may they, and was this very page sent before?

Order: transport → credential → admission → a page from memory → the dialect's own answer; where memory has the caller
and the page, nothing is awaited. Every answer to a known caller shows what is left of the quota; that to a change and
every refusal has the id that the logs know it by.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from litestar.types import HTTPScope, Receive, Send
from msgspec import Struct
from msgspec.structs import replace

from maquette.domain.admission import Entry, Ticket
from maquette.domain.services import Services
from maquette.model.errors import Refusal
from maquette.model.ids import new_id
from maquette.wire.answering import Answer
from maquette.wire.begun import Begun
from maquette.wire.call import REPLAYED, Call
from maquette.wire.callers import Caller, Callers
from maquette.wire.dialect import Dialect
from maquette.wire.documentation import PATHS as DOCUMENTATION_PATHS
from maquette.wire.input import require_readable
from maquette.wire.pages import Page, PageKey, Pages, page_key
from maquette.wire.patience import Patience
from maquette.wire.quota import quota_headers
from maquette.wire.refusals import broken, refused
from maquette.wire.repeated import joined
from maquette.wire.reply import Header, Reply
from maquette.wire.room import Room
from maquette.wire.scope import address_of
from maquette.wire.transport import Transport, preflight_headers

_REPLAYED = REPLAYED.encode()
REPLAYABLE = frozenset(("POST", "PATCH", "PUT", "DELETE"))


class _Visit(Struct):
    """What the gate knows of one call."""

    scope: HTTPScope
    headers: Mapping[bytes, bytes]
    send: Send
    is_head: bool
    began_at: int
    """The millisecond at which it was begun."""
    extra: Iterable[Header] = ()
    caller: Caller | None = None
    entry: Entry | None = None
    ticket: Ticket | None = None
    request_id: str = ""
    is_begun: bool = False


class Gate:
    """The way into a dialect's application."""

    def __init__(
        self,
        dialect: Dialect,
        answer: Answer,
        services: Services,
        pages: Pages,
        transport: Transport,
        patience: Patience,
        room: Room,
    ) -> None:
        self._dialect = dialect
        self._answer = answer
        self._services = services
        self._admission = services.admission
        self._clock = services.clock
        self._pages = pages
        self._transport = transport
        self._patience = patience
        self._room = room
        self._callers = Callers(dialect, services)
        self._open_paths = dialect.open_paths | DOCUMENTATION_PATHS

    def begin(self, scope: Any, receive: Receive, send: Send) -> Begun:
        """Begin one HTTP call: a page from memory is answered at once."""
        is_head = scope["method"] == "HEAD"
        if is_head:  # in a scope of our own: the server has to know that no body follows
            scope = {**scope, "method": "GET"}
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        now_ms = self._clock.now_ms()
        try:
            if len(headers) != len(scope["headers"]):
                headers = joined(scope["headers"])
            self._transport.settle(scope, headers)
            caller = self._known(scope, headers, now_ms)
            reply = self._recalled(scope, headers, caller, now_ms) if caller is not None else None
        except Exception as error:
            return partial(self._failed, _Visit(scope, headers, send, is_head, now_ms), error)
        if reply is None:
            return partial(self._received, _Visit(scope, headers, send, is_head, now_ms, caller=caller), receive)
        return reply.start(), reply.end(without_body=is_head)

    async def _received(self, visit: _Visit, receive: Receive) -> None:
        try:
            await self._receive(visit, receive)
        except Exception as error:
            await self._failed(visit, error)

    async def _failed(self, visit: _Visit, error: Exception) -> None:
        """Tell of it, unless the answer has begun: the server breaks that off, so that nobody takes it for whole."""
        if visit.is_begun:
            broken(self._request_id(visit), error)
            raise error
        refusal = error if isinstance(error, Refusal) else broken(self._request_id(visit), error)
        await self._refuse(visit, refusal)

    def _known(self, scope: Any, headers: Mapping[bytes, bytes], now_ms: int) -> Caller | None:
        """Who calls, as far as memory can tell from headers that each came once."""
        if b"authorization" not in headers or len(headers) != len(scope["headers"]):
            return None
        return self._callers.known(headers[b"authorization"], now_ms)

    def _recalled(self, scope: HTTPScope, headers: Mapping[bytes, bytes], caller: Caller, now_ms: int) -> Reply | None:
        """The answer to a repeated read, where nothing has to be waited for; else None, and nothing is counted."""
        if scope["method"] != "GET" or b"origin" in headers:
            return None
        page = self._pages.known(page_key(caller, scope), caller.entry.workspace)
        if page is None:
            return None
        ticket = self._admission.try_admit(caller.entry, now_ms)
        return None if ticket is None else page.reply(headers.get(b"if-none-match"), quota_headers(ticket, now_ms))

    def _request_id(self, visit: _Visit) -> str:
        """Made when it's first asked for: a page from memory needs none."""
        if not visit.request_id:
            visit.request_id = new_id(visit.began_at)
        return visit.request_id

    async def _receive(self, visit: _Visit, receive: Receive) -> None:
        scope = visit.scope
        visit.extra = self._transport.origin_headers(visit.headers)
        if self._is_open(visit):
            visit.caller = None
            await self._pass_on(visit, receive)
            return
        caller = visit.caller = visit.caller or await self._identified(visit)
        entry = visit.entry = self._entry(visit, caller)
        ticket = self._admission.try_admit(entry, visit.began_at)
        visit.ticket = ticket or await self._admission.admit(entry)
        if entry.free or scope["method"] != "GET" or scope["path"].startswith(self._dialect.live_paths):
            await self._pass_on(visit, receive)
            return
        key = page_key(caller, scope)
        version = await self._pages.versions.current(entry.workspace)
        page = self._pages.get(key, version)
        if page is None:
            await self._pass_on(visit, receive, key, version)
        else:
            await self._send(visit, page.reply(visit.headers.get(b"if-none-match")))

    def _is_open(self, visit: _Visit) -> bool:
        if visit.scope["method"] == "OPTIONS" and b"authorization" not in visit.headers:
            if visit.extra:
                visit.extra = (*visit.extra, *preflight_headers())
            return True
        return visit.scope["path"] in self._open_paths

    async def _identified(self, visit: _Visit) -> Caller:
        header = visit.headers.get(b"authorization", b"")
        return self._callers.known(header, visit.began_at) or await self._callers.identified(header)

    def _entry(self, visit: _Visit, caller: Caller) -> Entry:
        method, path = visit.scope["method"], visit.scope["path"]
        if method == "GET" and path in self._dialect.free_paths:
            return replace(caller.entry, free=True)
        if method in REPLAYABLE and b"idempotency-key" in visit.headers:
            return replace(caller.entry, may_be_replay=True)
        return caller.entry

    async def _pass_on(self, visit: _Visit, receive: Receive, key: PageKey | None = None, version: int = 0) -> None:
        """Let the dialect's application answer; a 200 to a GET gets its tag, and is kept where it has a key.

        What comes with a tag of its own is large, and isn't kept.
        """
        require_readable(visit.scope["path"], visit.scope["query_string"])
        call = self._call(visit, receive)
        try:
            reply = await self._answer(call)
        finally:
            call.leave()
        if reply.status != 200 or visit.scope["method"] != "GET" or _is_tagged(reply):
            await self._send(visit, reply)
            return
        page = Page.of(reply, version)
        if key is not None:
            self._pages.put(key, page)
        await self._send(visit, page.reply(visit.headers.get(b"if-none-match")))

    def _call(self, visit: _Visit, receive: Receive) -> Call:
        caller, actor = visit.caller, None
        if caller is not None:
            actor = caller.actor(address_of(visit.scope), self._request_id(visit))
        receive = self._patience.bounded(receive)
        return Call(visit.scope, receive, self._services, visit.headers, actor, visit.ticket, self._room)

    async def _send(self, visit: _Visit, reply: Reply) -> None:
        """Send with what is left of the quota; a replayed answer is given back first."""
        ticket, entry = visit.ticket, visit.entry
        headers = [*reply.headers]
        if ticket is not None and entry is not None:
            if entry.may_be_replay and any(name == _REPLAYED for name, _ in headers):
                self._admission.refund(ticket, entry)
            elif ticket.replay_only is not None:
                spent, ticket.replay_only = ticket.replay_only, None
                await self._admission.turn_away(ticket, entry)
                await self._refuse(visit, spent)
                return
            headers += quota_headers(ticket, self._clock.now_ms())
        if reply.status >= 400 or visit.scope["method"] in REPLAYABLE:
            headers.append((b"x-request-id", self._request_id(visit).encode()))
        reply.headers = (*headers, *visit.extra)
        visit.is_begun = True
        await reply.send(visit.send, without_body=visit.is_head)

    async def _refuse(self, visit: _Visit, refusal: Refusal) -> None:
        reply = refused(self._dialect, refusal)
        if visit.ticket is None and visit.entry is not None:
            visit.ticket = await self._admission.shown(visit.entry)
        await self._send(visit, reply)


def _is_tagged(reply: Reply) -> bool:
    return any(name == b"etag" for name, _ in reply.headers)
