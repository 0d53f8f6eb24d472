"""`/sign-in` and `/sign-out`."""

import logging

from litestar import get, post

from maquette.console.cookies import clear_cookie, set_cookie
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import sessions
from maquette.domain import sign_in as domain
from maquette.model.errors import Invalid, Refusal, Unauthenticated
from maquette.wire.reply import Reply

log = logging.getLogger("maquette")


@get("/sign-in", public=True)
async def show_sign_in(request: Visit) -> Reply:
    """The form; somebody who is signed in goes on to where they were going."""
    target = request.query.text("next")
    return _page(request, target) if request.signed_in_or_none is None else redirect(_local(target))


@post("/sign-in", public=True)
async def sign_in(request: Visit) -> Reply:
    """Open a session, and go on to the page that was asked for."""
    form, now_ms = request.form, request.now_ms
    email, target = form.text("email"), form.text("next")
    agent = request.headers.get(b"user-agent", b"").decode("latin-1")
    try:
        user, password_hash = await domain.prove(
            request.services, email, form.text("password"), address=request.address
        )
        token = await request.write(
            lambda tx: sessions.open_(tx, user, password_hash, address=request.address, agent=agent, now_ms=now_ms)
        )
    except Unauthenticated:
        return _page(request, target, email, Invalid({"password": ["or address is wrong"]}))  # which of them isn't said
    except FORM_ERRORS as refusal:
        return _page(request, target, email, refusal)
    log.info("%s has signed in, from %s", user.email, request.address)
    return redirect(_local(target), headers=[set_cookie(token, request.scope["scheme"])])


@post("/sign-out", without_workspace=True)
async def sign_out(request: Visit) -> Reply:
    """End the session."""
    await request.write(lambda tx: sessions.end(tx, request.signed_in.session))
    return redirect("/sign-in", "signed_out", headers=[clear_cookie(request.scope["scheme"])])


def _page(request: Visit, target: str, email: str = "", refusal: Refusal | None = None) -> Reply:
    return request.page("sign_in.html", email=email, target=target, refusal=refusal)


def _local(path: str) -> str:
    """The path to go on to: only one of this server's own, in printable ASCII."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local and path.isascii() and path.isprintable() else "/"
