"""One admitted call as a handler sees it: the caller, the input, and how to build the answer."""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from litestar.types import HTTPScope, Receive

from maquette.domain import idempotency
from maquette.domain.admission import Ticket
from maquette.domain.seal import Sealer
from maquette.domain.services import Services
from maquette.model.actor import Actor
from maquette.model.errors import Invalid, Stale
from maquette.store.database import Body as Body
from maquette.store.database import Transaction as Transaction
from maquette.wire.bodies import MAX_BODY_BYTES, MAX_FORM_BYTES, content_length, read_whole
from maquette.wire.body_budget import BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.etag import etag, require_match
from maquette.wire.forms import fingerprint, form_as, read_form
from maquette.wire.input import read_body, read_query, require_json
from maquette.wire.reply import JSON, Reply
from maquette.wire.scope import address_of, base_of

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

KEY_LENGTH = 255
IDENTIFY_AGAIN_AFTER_MS = 1_000
"""How long a body, or other work before a write, may take until its caller is looked up again."""

REPLAYED = "idempotency-replayed"

encode = msgspec.json.Encoder().encode


class NoFields(msgspec.Struct, forbid_unknown_fields=True):
    """The shape of the body for a route that takes none."""


class Answer(Generic[T]):
    """A handler's answer, already encoded. `T` is the shape of the body, for the OpenAPI document."""

    __slots__ = ("is_replayed", "reply")

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        media_type: str | None = None,
        parts: AsyncGenerator[bytes, None] | None = None,
    ) -> None:
        raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()] if headers else []
        self.reply = Reply(status, body, raw_headers, media_type.encode() if media_type else JSON, parts)
        self.is_replayed = headers is not None and REPLAYED in headers


class Call(msgspec.Struct, eq=False):
    """What a handler is given. The gate has identified the caller and admitted the call."""

    scope: HTTPScope
    receive: Receive
    services: Services
    headers: Mapping[bytes, bytes]
    actor_or_none: Actor | None
    """The caller; None on open paths, which need no credential."""
    ticket_or_none: Ticket | None
    body_budget: BodyBudget
    body_timeout: BodyTimeout
    began_at: int = 0
    """When the call arrived, in milliseconds."""
    identify_again: "Callable[[Call], Awaitable[Actor]] | None" = None
    declared: Mapping[str, Any] = {}
    """The route's declarations: the keywords of its decorator (see `openapi`)."""
    body_bytes: bytes | None = None
    """The body, once it has been read."""
    reserved_bytes: int = 0
    """How many bytes are reserved for the body in the budget."""
    fingerprint: bytes = b""
    """The hash of a form's fields; empty for other bodies, which are hashed as they are."""

    @property
    def actor(self) -> Actor:
        """The caller, on a path that needs a credential."""
        assert self.actor_or_none
        return self.actor_or_none

    @property
    def ticket(self) -> Ticket:
        """The ticket that the call was admitted with."""
        assert self.ticket_or_none
        return self.ticket_or_none

    @property
    def base(self) -> str:
        """The path prefix before `/v1` under which this caller reaches the dialect."""
        return base_of(self.scope)

    @property
    def path_here(self) -> str:
        """The path as the caller sent it, with the prefix."""
        return self.base + self.scope["path"]

    @property
    def query_here(self) -> bytes:
        """The query string as the caller sent it."""
        return self.scope["query_string"]

    @property
    def address(self) -> str:
        """The client's IP address, resolved behind trusted proxies too."""
        return address_of(self.scope)

    @property
    def now_ms(self) -> int:
        """The current time in milliseconds."""
        return self.services.clock.now_ms()

    def query_as(self, shape: type[S]) -> S:
        """The query in the shape that the route declares. Raises `Invalid`."""
        assert self.declared.get("query") is shape
        return read_query(self.scope["query_string"], shape)

    async def body_as(self, shape: type[S]) -> S:
        """The body in the shape that the route declares. Raises `Invalid`, `NotJson`, `TooLarge`."""
        assert self.declared.get("body") is shape
        content = await self.content()
        if not content and self.declared.get("body_optional"):
            return shape()
        require_json(self.headers.get(b"content-type"))
        return read_body(content, shape)

    async def form_as(self, shape: type[S]) -> S:
        """The multipart form in the shape that the route declares. Raises `Invalid`, `NotForm`, `TooLarge`."""
        assert self.declared.get("form") is shape
        form = read_form(self.header(b"content-type"), await self.content(MAX_FORM_BYTES))
        self.fingerprint, self.body_bytes = fingerprint(form), b""  # the form holds it: don't keep the file twice
        return form_as(form, shape)

    async def content(self, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """The body, read once. If that took long, the caller is identified again: their rights may have ended.

        Raises `TooLarge`, `Overloaded`, `Unauthenticated`, and `Invalid` if it was cut off or timed out.
        """
        if self.body_bytes is None:
            length = content_length(self.headers)
            self.body_bytes = await read_whole(self.receive, self.body_timeout, max_bytes, length, self._reserve)
            await self.refresh()
        return self.body_bytes

    async def refresh(self) -> None:
        """Identify the caller again, if the call has taken long so far. Raises `Unauthenticated`."""
        if self.identify_again is not None and self.now_ms - self.began_at >= IDENTIFY_AGAIN_AFTER_MS:
            self.actor_or_none = await self.identify_again(self)

    def release_body(self) -> None:
        """Return the body's reservation to the budget, once nothing holds the body any more."""
        self.body_budget.release(self._budget_owner(), self.reserved_bytes)
        self.reserved_bytes = 0

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def guard(self, render: Callable[[Any], bytes]) -> Callable[[Any], None]:
        """A check that raises `Stale` unless `If-Match` names the record as `render` renders it now.

        The route must declare `Stale` among its refusals.
        """
        assert Stale in self.declared["refuses"]
        if_match = self.header(b"if-match")
        return lambda record: require_match(if_match, render(record)) if if_match is not None else None

    async def read(self, body: Body[T]) -> T:
        """Run a verb that only reads."""
        return await self.services.database.read(body)

    async def write(
        self,
        verb: Body[T],
        render: Callable[[T], bytes],
        *,
        status: int | Callable[[T], int] = 200,
        location: Callable[[T], str] | None = None,
        tagged: Callable[[T], bytes] | None = None,
        sealer: Sealer | None = None,
        allowed: Body[Any] | None = None,
    ) -> Answer[Any]:
        """Run a verb that writes in one transaction, once per `Idempotency-Key`, and answer with its outcome.

        `tagged` gives the bytes to hash for the entity tag, by default the body. Pass a `sealer` if the body holds a
        secret: it is stored sealed, sent with `no-store`, and tagged only through `tagged`. A replay is answered only
        if `allowed` would still pass. It defaults to the verb; give another check where the verb itself removes its
        caller's permission.
        """
        if "body" not in self.declared and "form" not in self.declared:
            await self._require_no_body()

        async def perform(tx: Transaction) -> idempotency.StoredResponse:
            outcome = await verb(tx)
            body = render(outcome)
            headers = {"cache-control": "no-store"} if sealer else {}
            if outcome is not None and (tagged or sealer is None):
                headers["etag"] = etag(tagged(outcome) if tagged else body)
            if location:
                headers["location"] = self.base + location(outcome)
            return idempotency.StoredResponse(status(outcome) if callable(status) else status, headers, body)

        claim = await self._claim()
        if claim is None:
            return _answer_with(await self.services.database.write(perform), replayed=False)
        return await self._write_once(claim, perform, allowed, sealer)

    async def replay(self, allowed: Body[Any]) -> Answer[Any] | None:
        """The stored answer for this `Idempotency-Key`, if any: for a call that has work to do before it writes.

        `allowed` is a verb that checks the same permissions as the write. Raises as `idempotency.find_stored` does,
        and `QuotaSpent` for a call that was admitted only as a replay and isn't one.
        """
        claim = await self._claim()
        if claim is None:
            return None
        now_ms, replay_only = self.now_ms, self.ticket.replay_only
        stored = await self.read(lambda tx: idempotency.find_stored(tx, claim, allowed, now_ms=now_ms))
        if stored is None and replay_only is not None:
            raise replay_only
        return None if stored is None else _answer_with(stored, replayed=True)

    async def _write_once(
        self,
        claim: idempotency.Claim,
        perform: Body[idempotency.StoredResponse],
        allowed: Body[Any] | None,
        sealer: Sealer | None,
    ) -> Answer[Any]:
        """Perform the write, or replay the response that was stored for the same claim."""
        replay_only, now_ms = self.ticket.replay_only, self.now_ms

        async def body(tx: Transaction) -> tuple[idempotency.StoredResponse, bool]:
            return await idempotency.run_once(
                tx, claim, perform, allowed=allowed, replay_only=replay_only, sealer=sealer, now_ms=now_ms
            )

        return _answer_with(*await self.services.database.write(body))

    def _reserve(self, size: int) -> None:
        self.body_budget.reserve(self._budget_owner(), size - self.reserved_bytes)
        self.reserved_bytes = size

    def _budget_owner(self) -> int:
        """The caller's workspace; 0 for all unauthenticated calls together."""
        return self.actor_or_none.workspace if self.actor_or_none else 0

    async def _require_no_body(self) -> None:
        """Refuse the fields of a body that the route would ignore. Raises as `body_as` does."""
        if (body := await self.content()).strip():
            require_json(self.headers.get(b"content-type"))
            read_body(body, NoFields)

    async def _claim(self) -> idempotency.Claim | None:
        """What the `Idempotency-Key`, if any, is claimed for: by whom, for which request. Raises `Invalid`."""
        if b"idempotency-key" not in self.headers:
            return None
        key = _idempotency_key([value for name, value in self.scope["headers"] if name == b"idempotency-key"])
        content = await self.content()
        return idempotency.Claim(
            workspace=self.actor.workspace,
            credential=self.actor.credential or 0,
            key=key,
            request=f"{self.scope['method']} {self.scope['path']}",
            fingerprint=self.fingerprint or hashlib.sha256(content).digest(),
        )


def _answer_with(stored: idempotency.StoredResponse, replayed: bool) -> Answer[Any]:
    headers = {**stored.headers, REPLAYED: "true"} if replayed else stored.headers
    return Answer(stored.body, status=stored.status, headers=headers)


def _idempotency_key(values: list[bytes]) -> str:
    """The header's value without its quotes. Raises `Invalid`."""
    key = values[0].decode("latin-1").strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(values) > 1 or not 0 < len(key) <= KEY_LENGTH:
        raise Invalid({"idempotency_key": [f"must be one value of 1 to {KEY_LENGTH} characters"]})
    return key
