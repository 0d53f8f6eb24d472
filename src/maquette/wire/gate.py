"""The gate in front of a dialect: identifies the caller, admits the call, and answers repeated reads from a cache.

Order: transport → credential → admission → a cached response → the dialect's handler. If the caller and the response
are both in memory, nothing is awaited (decision 24). Every response to a known caller has quota headers. Refusals,
and responses to writes, have the request id that the logs show.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from litestar.types import HTTPScope, Receive, Send
from msgspec import Struct
from msgspec.structs import replace

from maquette.domain.admission import AdmissionRequest, Ticket
from maquette.domain.services import Services
from maquette.model.actor import Actor
from maquette.model.errors import Refusal
from maquette.model.ids import new_id
from maquette.wire.asgi import BeginResult
from maquette.wire.body_budget import BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.call import REPLAYED, Call
from maquette.wire.callers import Caller, Callers
from maquette.wire.dialect import Dialect
from maquette.wire.documentation import PATHS as DOCUMENTATION_PATHS
from maquette.wire.input import require_readable
from maquette.wire.quota import quota_headers
from maquette.wire.refusals import log_internal_error, refusal_reply
from maquette.wire.repeated import combined
from maquette.wire.reply import Header, Reply
from maquette.wire.response_cache import CachedResponse, CacheKey, ResponseCache, cache_key
from maquette.wire.router import Handler
from maquette.wire.scope import address_of
from maquette.wire.transport import Transport, preflight_headers

_REPLAYED = REPLAYED.encode(), b"true"
"""The header that marks a replay of an `Idempotency-Key`."""

WRITE_METHODS = frozenset(("POST", "PATCH", "PUT", "DELETE"))


class _RequestState(Struct):
    """What the gate knows of one call."""

    scope: HTTPScope
    headers: Mapping[bytes, bytes]
    send: Send
    is_head: bool
    began_at: int
    """When the call arrived, in milliseconds."""
    cors_headers: Iterable[Header] = ()
    caller: Caller | None = None
    admission_request: AdmissionRequest | None = None
    ticket: Ticket | None = None
    request_id: str = ""
    is_begun: bool = False
    """Whether sending the response has begun."""


class Gate:
    """An application that admits calls to one dialect and sends their responses."""

    def __init__(
        self,
        dialect: Dialect,
        router: Handler,
        services: Services,
        cache: ResponseCache,
        transport: Transport,
        body_timeout: BodyTimeout,
        body_budget: BodyBudget,
    ) -> None:
        self._dialect = dialect
        self._router = router
        self._services = services
        self._admission = services.admission
        self._clock = services.clock
        self._cache = cache
        self._transport = transport
        self._body_timeout = body_timeout
        self._body_budget = body_budget
        self._callers = Callers(dialect, services)
        self._open_paths = dialect.open_paths | DOCUMENTATION_PATHS

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """Begin one HTTP call. A cached response is returned at once."""
        is_head = scope["method"] == "HEAD"
        if is_head:  # a copy: the server must still see HEAD, so that it sends no body
            scope = {**scope, "method": "GET"}
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        now_ms = self._clock.now_ms()
        has_repeated_header = len(headers) != len(scope["headers"])
        try:
            if has_repeated_header:
                headers = combined(scope["headers"])
            self._transport.resolve_client(scope, headers)
            caller = None if has_repeated_header else self._cached_caller(headers, now_ms)
            reply = self._cached_reply(scope, headers, caller, now_ms) if caller is not None else None
        except Exception as error:
            return partial(self._fail, _RequestState(scope, headers, send, is_head, now_ms), error)
        if reply is None:
            return partial(self._handle, _RequestState(scope, headers, send, is_head, now_ms, caller=caller), receive)
        return reply.start(), reply.end(without_body=is_head)

    async def _handle(self, state: _RequestState, receive: Receive) -> None:
        try:
            await self._process(state, receive)
        except Exception as error:
            await self._fail(state, error)

    async def _fail(self, state: _RequestState, error: Exception) -> None:
        """Send a refusal for the error; log it if it isn't a `Refusal`.

        If the response has begun, the error is raised instead: the server then aborts the connection, so that nobody
        takes a truncated response for a whole one.
        """
        if state.is_begun:
            log_internal_error(self._request_id(state), error)
            raise error
        refusal = error if isinstance(error, Refusal) else log_internal_error(self._request_id(state), error)
        if state.ticket is None and state.admission_request is not None:
            state.ticket = await self._admission.peek(state.admission_request)
        await self._send(state, refusal_reply(self._dialect, refusal))

    def _cached_caller(self, headers: Mapping[bytes, bytes], now_ms: int) -> Caller | None:
        """The caller, if memory knows their `Authorization` header."""
        authorization = headers.get(b"authorization")
        return None if authorization is None else self._callers.known(authorization, now_ms)

    def _cached_reply(
        self, scope: HTTPScope, headers: Mapping[bytes, bytes], caller: Caller, now_ms: int
    ) -> Reply | None:
        """Admit a read and return its cached response. None, with nothing counted, unless memory suffices for both."""
        if scope["method"] != "GET" or b"origin" in headers:
            return None
        cached = self._cache.get_if_current(cache_key(caller, scope), caller.admission_request.workspace)
        if cached is None:
            return None
        ticket = self._admission.try_admit(caller.admission_request, now_ms)
        return None if ticket is None else cached.reply(headers.get(b"if-none-match"), quota_headers(ticket, now_ms))

    def _request_id(self, state: _RequestState) -> str:
        """The call's id, created on first use: a cached response needs none."""
        if not state.request_id:
            state.request_id = new_id(state.began_at)
        return state.request_id

    async def _process(self, state: _RequestState, receive: Receive) -> None:
        scope = state.scope
        state.cors_headers = self._transport.origin_headers(state.headers)
        if self._is_open(state):
            state.caller = None
            await self._pass_on(state, receive)
            return
        caller = state.caller = state.caller or await self._identify(state)
        request = state.admission_request = self._admission_request(state, caller)
        ticket = self._admission.try_admit(request, state.began_at)
        state.ticket = ticket or await self._admission.admit(request)
        if request.unmetered or scope["method"] != "GET" or scope["path"].startswith(self._dialect.uncached_paths):
            await self._pass_on(state, receive)
            return
        key = cache_key(caller, scope)
        version = await self._cache.versions.current(request.workspace)
        cached = self._cache.get_version(key, version)
        if cached is None:
            await self._pass_on(state, receive, key, version)
        else:
            await self._send(state, cached.reply(state.headers.get(b"if-none-match")))

    def _is_open(self, state: _RequestState) -> bool:
        """Whether the call needs no credential: an open path, or OPTIONS, which gets CORS preflight headers here."""
        if state.scope["method"] == "OPTIONS" and b"authorization" not in state.headers:
            if state.cors_headers:
                state.cors_headers = (*state.cors_headers, *preflight_headers())
            return True
        return state.scope["path"] in self._open_paths

    async def _identify(self, state: _RequestState) -> Caller:
        header = state.headers.get(b"authorization", b"")
        return self._callers.known(header, state.began_at) or await self._callers.identify(header)

    def _admission_request(self, state: _RequestState, caller: Caller) -> AdmissionRequest:
        method, path = state.scope["method"], state.scope["path"]
        if method == "GET" and path in self._dialect.unmetered_paths:
            return replace(caller.admission_request, unmetered=True)
        if method in WRITE_METHODS and b"idempotency-key" in state.headers:
            return replace(caller.admission_request, may_be_replay=True)
        return caller.admission_request

    async def _pass_on(
        self, state: _RequestState, receive: Receive, key: CacheKey | None = None, version: int = 0
    ) -> None:
        """Have the router answer. A 200 to a GET gets an entity tag, and is cached if `key` is given.

        A reply that brings its own tag is a file: large, so it isn't cached.
        """
        require_readable(state.scope["path"], state.scope["query_string"])
        call = self._call(state, receive)
        try:
            reply = await self._router(call)
        finally:
            if call.reserved_bytes:
                call.release_body()
        if reply.status != 200 or state.scope["method"] != "GET" or _is_tagged(reply):
            await self._send(state, reply)
            return
        cached = CachedResponse.of(reply, version)
        if key is not None:
            self._cache.put(key, cached)
        await self._send(state, cached.reply(state.headers.get(b"if-none-match")))

    def _call(self, state: _RequestState, receive: Receive) -> Call:
        caller, actor, identify_again = state.caller, None, None
        if caller is not None:
            actor = caller.actor(address_of(state.scope), self._request_id(state))
            identify_again = self._identify_again
        body = self._body_budget, self._body_timeout, state.began_at, identify_again
        return Call(state.scope, receive, self._services, state.headers, actor, state.ticket, *body)

    async def _identify_again(self, call: Call) -> Actor:
        """The caller as they are by now. Raises `Unauthenticated`."""
        header = call.headers.get(b"authorization", b"")
        caller = self._callers.known(header, self._clock.now_ms()) or await self._callers.identify(header)
        return caller.actor(call.address, call.actor.request_id)

    async def _send(self, state: _RequestState, reply: Reply) -> None:
        """Send the reply, with headers for the quota, the request id and CORS."""
        ticket, request = state.ticket, state.admission_request
        quota: Iterable[Header] = ()
        if ticket is not None and request is not None:
            if request.may_be_replay:
                reply = await self._settle_ticket(ticket, request, reply)
            quota = quota_headers(ticket, self._clock.now_ms())
        headers = [*reply.headers, *quota]
        if reply.status >= 400 or state.scope["method"] in WRITE_METHODS:
            headers.append((b"x-request-id", self._request_id(state).encode()))
        reply.headers = (*headers, *state.cors_headers)
        state.is_begun = True
        await reply.send(state.send, without_body=state.is_head)

    async def _settle_ticket(self, ticket: Ticket, request: AdmissionRequest, reply: Reply) -> Reply:
        """Settle what a call with an `Idempotency-Key` costs. Returns the reply to send.

        A replay is refunded. A call that was admitted only as a replay (`replay_only`) but wasn't one is refunded its
        burst, and its reply, whatever it was, is replaced by the refusal `QuotaSpent`.
        """
        if _REPLAYED in reply.headers:
            self._admission.refund(ticket, request)
            return reply
        if ticket.replay_only is None:
            return reply
        spent, ticket.replay_only = ticket.replay_only, None  # first: if the refund fails, its error is sent instead
        await self._admission.refund_burst(ticket, request)
        return refusal_reply(self._dialect, spent)


def _is_tagged(reply: Reply) -> bool:
    return any(name == b"etag" for name, _ in reply.headers)
