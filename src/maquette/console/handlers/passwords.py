"""`/forgotten-password` and `/password/{token}`."""

import asyncio
import logging

from litestar import get, post
from litestar.params import FromPath

from maquette.console.refusals import SHOWN
from maquette.console.visit import Visit, redirect
from maquette.domain import passwords
from maquette.model import text
from maquette.model.errors import Refusal, TooManyFailures
from maquette.model.records import User
from maquette.wire.reply import Reply

LINK = passwords.PATH + "/{token:str}"

log = logging.getLogger("maquette")
_under_way: set[asyncio.Task[None]] = set()


@get("/forgotten-password", anybody=True)
async def show_forgotten(request: Visit) -> Reply:
    """The form for a link by e-mail."""
    return request.page("forgotten_password.html", email="", is_asked=False)


@post("/forgotten-password", anybody=True)
async def send_link(request: Visit) -> Reply:
    """Have a link e-mailed. The answer, and the time it takes, are the same whether there is such a person or not."""
    email = request.form.text("email")
    sources = (f"link {request.address}", f"link {text.fold(email.strip())}")
    try:
        request.services.login_throttle.require_allowed(*sources)
    except TooManyFailures as refusal:
        return request.page("forgotten_password.html", email=email, is_asked=False, refusal=refusal)
    request.services.login_throttle.record_failure(*sources)
    task = asyncio.create_task(_send(request, email))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return request.page("forgotten_password.html", email=email, is_asked=True)


@get(LINK, anybody=True)
async def show_link(request: Visit, token: FromPath[str]) -> Reply:
    """The form for a new password."""
    now_ms = request.now_ms
    return _page(request, await request.read(lambda tx: passwords.open_link(tx, token, now_ms=now_ms)))


@post(LINK, anybody=True)
async def set_password(request: Visit, token: FromPath[str]) -> Reply:
    """Set the password; the link is used up."""
    now_ms, form = request.now_ms, request.form
    user = await request.read(lambda tx: passwords.open_link(tx, token, now_ms=now_ms))
    try:
        passwords.require_acceptable(form.text("password"), form.text("repeated"), user)
        password_hash = await request.services.password_hasher.hash(form.text("password"))
        await request.write(lambda tx: passwords.set_by_link(tx, token, password_hash, now_ms=now_ms))
    except SHOWN as refusal:
        return _page(request, user, refusal)
    log.info("%s has set a password, from %s", user.email, request.address)
    return redirect("/sign-in", "password_set")


def _page(request: Visit, user: User, refusal: Refusal | None = None) -> Reply:
    return request.page("password.html", user=user, min_length=passwords.MIN_LENGTH, refusal=refusal)


async def _send(request: Visit, email: str) -> None:
    services, now_ms = request.services, request.now_ms
    try:
        await request.write(lambda tx: passwords.request_link(tx, email, services.sealer, now_ms=now_ms))
    except Refusal as error:
        log.warning("a password link could not be made: %s", error)
