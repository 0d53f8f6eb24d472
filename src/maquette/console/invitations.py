"""`/invitations/{token}`: the page that an invitation e-mail links to. GET shows the invitation, POST accepts it.

The token in the path is the only credential, so the page is never cached and sends no `Referer`.
"""

from typing import Any

import msgspec
from jinja2 import PackageLoader
from litestar.types import HTTPScope, Receive

from maquette.domain import invitations
from maquette.domain.invitations import PATH, Opened
from maquette.domain.services import Services
from maquette.model.errors import (
    Expired,
    InsecureTransport,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Refusal,
    TooLarge,
    Unavailable,
    Uncertain,
)
from maquette.model.ids import new_id
from maquette.wire.bodies import read_whole
from maquette.wire.body_budget import UNBUDGETED_BYTES
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.reference import PAGES, REFERENCE_CSP
from maquette.wire.refusals import log_internal_error, with_head
from maquette.wire.reply import Reply
from maquette.wire.scope import address_of
from maquette.wire.transport import Transport

HTML, JSON = b"text/html; charset=utf-8", b"application/json"
METHODS = ("GET", "POST")

_PAGE = PAGES.overlay(loader=PackageLoader("maquette.console")).get_template("invitation.html")
_HEADERS = [
    (b"content-security-policy", REFERENCE_CSP.replace("form-action 'none'", "form-action 'self'").encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
_MESSAGES: dict[type[Refusal], tuple[int, str, str]] = {
    NotFound: (404, "There is no such invitation", "Is the whole link there, just as it stands in the letter?"),
    Expired: (
        410,
        "This invitation is no longer open",
        "It has been used, replaced by a newer one, or is too old. Ask whoever invited you for another one.",
    ),
    InsecureTransport: (403, "Use HTTPS", "This page is not shown over a connection that others can read."),
    MethodNotAllowed: (405, "This page can't do that", "It can be read, and accepted."),
    Invalid: (400, "That did not arrive", "Nothing has been changed. Please try again."),
    TooLarge: (413, "That was too much", "Nothing needs to be sent to accept an invitation."),
    Unavailable: (503, "Please try again in a moment", "Nothing has been changed."),
    Uncertain: (503, "Please look again in a moment", "The invitation may have been accepted just then, or not."),
}
_INTERNAL_ERROR = (
    500,
    "Something went wrong on our side",
    "Please try again, and tell the operator if it happens again.",
)


class InvitationPage:
    """Serves the page as HTML, or as JSON for `Accept: application/json`."""

    def __init__(self, services: Services, transport: Transport, body_timeout: BodyTimeout) -> None:
        self._services = services
        self._transport = transport
        self._body_timeout = body_timeout

    async def __call__(self, scope: HTTPScope, receive: Receive) -> Reply:
        """Answer one call below `/invitations/`."""
        headers = dict(scope["headers"])
        is_for_program = JSON in headers.get(b"accept", b"")
        try:
            self._transport.resolve_client(scope, headers)
            opened = await self._show_or_accept(scope, receive)
        except Refusal as refusal:
            return _refused(refusal, is_for_program)
        except Exception as error:
            log_internal_error(new_id(self._services.clock.now_ms()), error)
            return _message_page(*_INTERNAL_ERROR, is_for_program)
        return _shown(opened, is_for_program)

    async def _show_or_accept(self, scope: HTTPScope, receive: Receive) -> Opened:
        token, services = scope["path"].removeprefix(PATH + "/"), self._services
        if not token.isascii():
            raise NotFound("invitation")
        now_ms = services.clock.now_ms()
        if scope["method"] in ("GET", "HEAD"):
            return await services.database.read(lambda tx: invitations.open_(tx, token, now_ms=now_ms))
        if scope["method"] != "POST":
            raise MethodNotAllowed(with_head(METHODS))
        # The body is ignored, but a client that is still sending would not read the response.
        await read_whole(receive, self._body_timeout, UNBUDGETED_BYTES)
        address, request_id = address_of(scope), new_id(now_ms)
        return await services.database.write(
            lambda tx: invitations.accept(tx, token, address=address, request_id=request_id, now_ms=now_ms)
        )


def _shown(opened: Opened, is_for_program: bool) -> Reply:
    member, workspace = opened.member, opened.workspace
    if is_for_program:
        return _json(
            200,
            {
                "workspace": {"id": workspace.id, "name": workspace.name},
                "member": {"id": member.id, "email": member.email, "role": member.role, "status": member.status},
            },
        )
    return _page(200, f"Invitation to {workspace.name}", opened=opened)


def _refused(refusal: Refusal, is_for_program: bool) -> Reply:
    reply = _message_page(*_MESSAGES.get(type(refusal), _INTERNAL_ERROR), is_for_program)
    if isinstance(refusal, MethodNotAllowed):
        reply.headers = [*reply.headers, (b"allow", refusal.allowed.encode())]
    return reply


def _message_page(status: int, title: str, sentence: str, is_for_program: bool) -> Reply:
    if is_for_program:
        return _json(status, {"error": f"{title}. {sentence}"})
    return _page(status, title, sentence=sentence)


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status, msgspec.json.encode(body), [*_HEADERS], JSON)


def _page(status: int, title: str, *, opened: Opened | None = None, sentence: str = "") -> Reply:
    html = _PAGE.render(title=title, opened=opened, sentence=sentence)
    return Reply(status, html.encode(), [*_HEADERS], HTML)
