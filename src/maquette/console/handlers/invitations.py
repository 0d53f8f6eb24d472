"""`/invitations/{token}`: the page that an invitation e-mail links to. GET shows the invitation, POST accepts it.

The token in the path is the only credential. Programs are answered in JSON.
"""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath

from maquette.console.pages import NO_REFERRER, SECURITY_HEADERS
from maquette.console.visit import Visit, redirect
from maquette.domain import invitations, passwords
from maquette.domain.invitations import PATH, Accepted, Opened
from maquette.model.errors import NotFound
from maquette.wire.reply import JSON, Reply

ONE = PATH + "/{token:str}"


@get(ONE, public=True)
async def show_invitation(request: Visit, token: FromPath[str]) -> Reply:
    """What the invitation is to. Raises `NotFound`, `Expired`."""
    now_ms = request.now_ms
    return _answer(request, await request.read(lambda tx: invitations.open_(tx, _checked(token), now_ms=now_ms)))


@post(ONE, public=True)
async def accept_invitation(request: Visit, token: FromPath[str]) -> Reply:
    """Become a member; whoever has no password yet goes on to choose one. Raises as before."""
    now_ms = request.now_ms
    accepted: Accepted = await request.write(
        lambda tx: invitations.accept(
            tx, _checked(token), address=request.address, request_id=request.request_id, now_ms=now_ms
        )
    )
    if accepted.password_token is not None and not _is_program(request):
        return redirect(f"{passwords.PATH}/{accepted.password_token}")
    return _answer(request, accepted.opened)


def _is_program(request: Visit) -> bool:
    return JSON in request.headers.get(b"accept", b"")


def _answer(request: Visit, opened: Opened) -> Reply:
    if _is_program(request):
        headers = (*SECURITY_HEADERS, NO_REFERRER)
        return Reply(200, msgspec.json.encode(_as_json(opened)), headers, JSON)
    return request.page("invitation.html", opened=opened)


def _as_json(opened: Opened) -> dict[str, Any]:
    member, workspace = opened.member, opened.workspace
    return {
        "workspace": {"id": workspace.id, "name": workspace.name},
        "member": {"id": member.id, "email": member.email, "role": member.role, "status": member.status},
    }


def _checked(token: str) -> str:
    if not token.isascii():
        raise NotFound("invitation")
    return token
