"""`/forgotten-password` and `/password/{token}`."""

import logging

from litestar import get, post
from litestar.params import FromPath

from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import passwords, sign_in
from maquette.domain.login_throttle import network_of
from maquette.model.errors import Refusal
from maquette.model.records import User
from maquette.wire.reply import Reply

FORGOTTEN = "/forgotten-password"
LINK = passwords.PATH + "/{token:str}"

log = logging.getLogger("maquette")


@get(FORGOTTEN, public=True)
async def show_forgotten(request: Visit) -> Reply:
    """The form for a link by e-mail."""
    return _forgotten_page(request)


@post(FORGOTTEN, public=True)
async def send_link(request: Visit) -> Reply:
    """Have a link e-mailed. The answer, and the time it takes, are the same whether there is such a person or not."""
    email = request.form.text("email")
    try:
        sign_in.request_link(request.services, email, address=request.address)
    except FORM_ERRORS as refusal:
        return _forgotten_page(request, email, refusal=refusal)
    return _forgotten_page(request, email, is_asked=True)


@get(LINK, public=True)
async def show_link(request: Visit, token: FromPath[str]) -> Reply:
    """The form for a new password. Raises `Expired`."""
    now_ms = request.now_ms
    return _page(request, await request.read(lambda tx: passwords.open_link(tx, token, now_ms=now_ms)))


@post(LINK, public=True)
async def set_password(request: Visit, token: FromPath[str]) -> Reply:
    """Set the password; the link is used up. Raises `Expired`."""
    now_ms, form = request.now_ms, request.form
    user = await request.read(lambda tx: passwords.open_link(tx, token, now_ms=now_ms))
    try:
        passwords.require_acceptable(form.text("password"), form.text("confirmation"), user)
        password_hash = await request.services.password_hasher.hash(
            form.text("password"), source=network_of(request.address)
        )
        await request.write(lambda tx: passwords.set_by_link(tx, token, password_hash, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return _page(request, user, refusal)
    log.info("%s has set a password, from %s", user.email, request.address)
    return redirect("/sign-in", "password_set")


def _forgotten_page(
    request: Visit, email: str = "", *, is_asked: bool = False, refusal: Refusal | None = None
) -> Reply:
    return request.page(
        "forgotten_password.html",
        email=email,
        is_asked=is_asked,
        reaches_people=request.services.mailer.reaches_people,
        refusal=refusal,
    )


def _page(request: Visit, user: User, refusal: Refusal | None = None) -> Reply:
    return request.page("password.html", user=user, min_length=passwords.MIN_LENGTH, refusal=refusal)
