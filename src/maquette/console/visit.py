"""One call as a page's handler sees it: who is signed in, what they sent, and how to answer."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from litestar.types import HTTPScope

from maquette.console import cookies
from maquette.console.csrf import form_token
from maquette.console.forms import Form
from maquette.console.navigation import sections_for
from maquette.console.notices import NOTICES, sentence
from maquette.console.pages import NO_REFERRER, page
from maquette.console.refusals import describe, problems_of
from maquette.domain import idempotency, invitations, passwords, sessions
from maquette.domain.services import Services
from maquette.model.actor import Actor, Permission
from maquette.model.errors import IdempotencyKeyReused, Refusal, Stale, Unauthenticated
from maquette.model.ids import new_id
from maquette.model.records import SignedIn
from maquette.wire.call import Body as Body
from maquette.wire.call import Transaction
from maquette.wire.dialect import Dialect
from maquette.wire.etag import etag
from maquette.wire.refusals import refusal_headers
from maquette.wire.reply import Header, Reply
from maquette.wire.scope import address_of

T = TypeVar("T")

FORM_ID, MAX_FORM_ID = "form_id", 64

SECRET_PATHS = (f"{invitations.PATH}/", f"{passwords.PATH}/")
"""Paths that end in a token."""


class Visit(msgspec.Struct, eq=False):
    """What a handler is given."""

    scope: HTTPScope
    headers: Mapping[bytes, bytes]
    services: Services
    dialects: Sequence[Dialect]
    request_id: str
    query: Form = Form()
    form: Form = Form()
    session_token: str = ""
    signed_in_or_none: SignedIn | None = None
    identify_again: "Callable[[Visit], Awaitable[None]] | None" = None

    @property
    def signed_in(self) -> SignedIn:
        """Who is signed in. Raises `Unauthenticated`."""
        if self.signed_in_or_none is None:
            raise Unauthenticated
        return self.signed_in_or_none

    @property
    def actor_or_none(self) -> Actor | None:
        """The actor in the workspace that the session shows, if there is one."""
        if self.signed_in_or_none is None:
            return None
        return sessions.actor_of(self.signed_in_or_none, address=self.address, request_id=self.request_id)

    @property
    def actor(self) -> Actor:
        """The same, on a page of a workspace. Raises `Unauthenticated`."""
        if (actor := self.actor_or_none) is None:
            raise Unauthenticated
        return actor

    @property
    def address(self) -> str:
        """The client's IP address, resolved behind trusted proxies too."""
        return address_of(self.scope)

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return self.scope["path"]

    @property
    def now_ms(self) -> int:
        """The current time in milliseconds."""
        return self.services.clock.now_ms()

    async def refresh(self) -> None:
        """Identify the person again, after something that may have taken long. Raises `Unauthenticated`."""
        if self.identify_again is not None:
            await self.identify_again(self)

    async def read(self, body: Body[T]) -> T:
        """Run a verb that only reads."""
        return await self.services.database.read(body)

    async def write(self, body: Body[T]) -> T:
        """Run a verb in a transaction of its own, and return once what it did is durable."""
        return await self.services.database.write(body)

    async def write_once(self, body: Body[T]) -> T:
        """Run a verb once for a page's form: a form that is sent again changes nothing.

        Raises `IdempotencyKeyReused` then.
        """
        done: list[T] = []

        async def perform(tx: Transaction) -> idempotency.StoredResponse:
            done[:] = [await body(tx)]
            return idempotency.StoredResponse(303, {}, b"")

        key, now_ms = self.form.text(FORM_ID)[:MAX_FORM_ID] or new_id(self.now_ms), self.now_ms
        claim = idempotency.Claim(self.actor.workspace, 0, f"form {key}", f"POST {self.path}", b"")
        _, is_replayed = await self.write(
            lambda tx: idempotency.run_once(tx, claim, perform, replay_only=None, now_ms=now_ms)
        )
        if is_replayed:
            raise IdempotencyKeyReused
        return done[0]

    def may(self, permission: Permission) -> bool:
        """Whether the person's role allows it, to show only what they can use."""
        actor = self.actor_or_none
        return actor is not None and actor.may(permission)

    def page(
        self,
        template: str,
        *,
        refusal: Refusal | None = None,
        headers: Sequence[Header] = (),
        **values: Any,
    ) -> Reply:
        """A page, which knows who looks at it. With a `refusal`, that is said above its form, beside the fields too."""
        status, title, explanation = describe(refusal) if refusal is not None else (200, "", "")
        notice = cookies.notice(self.scope["headers"])
        whole = {
            "visit": self,
            "signed_in": self.signed_in_or_none,
            "form_token": form_token(self.session_token) if self.signed_in_or_none else "",
            "form_id": secrets.token_hex(16),
            "sections": sections_for(self.actor_or_none, self.path),
            "may": self.may,
            "notice": sentence(notice),
            "refused": {"title": title, "sentence": explanation, "kind": type(refusal).__name__}
            if refusal is not None
            else None,
            "problems": problems_of(refusal),
            "Permission": Permission,
            **values,
        }
        reply = page(template, whole, status=status, is_address_secret=self.path.startswith(SECRET_PATHS))
        told = refusal_headers(refusal) if refusal is not None else []
        shown = [cookies.clear_notice()] if notice else []
        reply.headers = [*reply.headers, *told, *shown, *headers]
        return reply

    def guard(self) -> Callable[[Any], None]:
        """A check that raises `Stale` unless the record is still the one that the form was filled from."""
        seen = self.form.text("version")

        def check(record: Any) -> None:
            if seen != version_of(record):
                raise Stale

        return check

    def sign_in_page(self) -> Reply:
        """A redirection to the sign-in page, and from there back to this one."""
        query = self.scope["query_string"].decode("latin-1")
        here = self.path + (f"?{query}" if query else "")
        target = "/sign-in" + (f"?{urlencode({'next': here})}" if here != "/" else "")
        return redirect(target, headers=[cookies.clear_cookie(self.scope["scheme"])] if self.session_token else [])


_SAFE = "/?#=&%:,;+@!$'()*~"
"""What stays as it is in an address that is already encoded; whatever isn't ASCII is escaped."""


def redirect(
    path: str, notice: str | None = None, *, count: int | None = None, headers: Sequence[Header] = ()
) -> Reply:
    """Send the browser to another page after a form (RFC 9110, section 15.4.4); a notice says there what was done."""
    assert notice is None or notice in NOTICES
    name = notice if count is None else f"{notice}.{count}"
    headers = [*headers, *([cookies.keep_notice(name)] if name is not None else [])]
    location = b"location", quote(path, safe=_SAFE).encode()
    return Reply(303, b"", [location, (b"cache-control", b"no-store"), NO_REFERRER, *headers])


def version_of(record: Any) -> str:
    """A text that differs for every state of a record, for a form's `version`."""
    return etag(msgspec.json.encode(record)).strip('"')
