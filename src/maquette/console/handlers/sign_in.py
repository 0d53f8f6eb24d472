"""`/sign-in` and `/sign-out`."""

import logging

from litestar import get, post

from maquette.console.cookies import forget, keep
from maquette.console.visit import Visit, redirect
from maquette.domain import passwords, sessions
from maquette.model import text
from maquette.model.errors import Invalid, Overloaded, TooManyFailures, Unauthenticated
from maquette.wire.reply import Reply

MAX_LOGGED = 100

WRONG = Invalid({"password": ["or address is wrong"]})
"""Which of the two isn't said: nobody is to find out who has an account here."""

log = logging.getLogger("maquette")


@get("/sign-in", anybody=True)
async def show_sign_in(request: Visit) -> Reply:
    """The form; somebody who is signed in goes on to where they were going."""
    if request.signed_in_or_none is not None:
        return redirect(_target(request.query.text("next")))
    return _page(request, request.query.text("next"))


@post("/sign-in", anybody=True)
async def sign_in(request: Visit) -> Reply:
    """Open a session. Failures are counted by address and by e-mail address, and each takes as long."""
    services, form, now_ms = request.services, request.form, request.now_ms
    email, password, target = form.text("email"), form.text("password"), form.text("next")
    sources = (f"address {request.address}", f"email {text.fold(email.strip())}")
    try:
        services.login_throttle.require_allowed(*sources)
        found = await request.read(lambda tx: passwords.credentials_of(tx, email))
        is_right = await services.password_hasher.matches(
            found[1] if found else None, password[: passwords.MAX_LENGTH + 1]
        )
    except (TooManyFailures, Overloaded) as refusal:
        return _page(request, target, email=email, refusal=refusal)
    if found is None or not is_right:
        services.login_throttle.record_failure(*sources)
        log.info("a sign-in as %r failed, from %s", email[:MAX_LOGGED], request.address)
        return _page(request, target, email=email, refusal=WRONG)
    user, password_hash = found
    agent = request.headers.get(b"user-agent", b"").decode("latin-1")
    try:
        token = await request.write(
            lambda tx: sessions.open_(tx, user, password_hash, address=request.address, agent=agent, now_ms=now_ms)
        )
    except Unauthenticated:
        return _page(request, target, email=email, refusal=WRONG)
    log.info("%s has signed in, from %s", user.email, request.address)
    return redirect(_target(target), headers=[keep(token, request.scope["scheme"])])


@post("/sign-out", without_workspace=True)
async def sign_out(request: Visit) -> Reply:
    """End the session."""
    await request.write(lambda tx: sessions.end(tx, request.signed_in.session))
    return redirect("/sign-in", "signed_out", headers=[forget(request.scope["scheme"])])


def _page(
    request: Visit, target: str, *, email: str = "", refusal: Invalid | TooManyFailures | Overloaded | None = None
) -> Reply:
    return request.page("sign_in.html", email=email, target=target, refusal=refusal)


def _target(path: str) -> str:
    """The path to go on to: only one of this server's own, in printable ASCII."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local and path.isascii() and path.isprintable() else "/"
