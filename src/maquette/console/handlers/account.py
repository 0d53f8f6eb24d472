"""`/account`: a person's password and sessions."""

from litestar import get, post

from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import passwords, sessions, sign_in
from maquette.domain.login_throttle import network_of
from maquette.model.errors import Invalid, Refusal, Unauthenticated
from maquette.wire.reply import Reply


@get("/account", without_workspace=True)
async def show_account(request: Visit) -> Reply:
    """Who one is here, and where one is signed in."""
    return await _page(request)


@post("/account/password", without_workspace=True)
async def change_password(request: Visit) -> Reply:
    """Change the password, by the present one; all other sessions end."""
    services, form, now_ms = request.services, request.form, request.now_ms
    user, session = request.signed_in.user, request.signed_in.session
    password = form.text("password")
    try:
        passwords.require_acceptable(password, form.text("confirmation"), user)
        old_hash = await _prove(request)
        new_hash = await services.password_hasher.hash(password, source=network_of(request.address))
        await request.write(
            lambda tx: passwords.change(tx, user, old_hash, new_hash, session=session.serial, now_ms=now_ms)
        )
    except FORM_ERRORS as refusal:
        return await _page(request, refusal)
    return redirect("/account", "password_changed")


@post("/account/sessions/end", without_workspace=True)
async def end_other_sessions(request: Visit) -> Reply:
    """Sign out everywhere else."""
    await request.write(lambda tx: sessions.end_others(tx, request.signed_in.session))
    return redirect("/account", "sessions_ended")


async def _prove(request: Visit) -> str:
    """The hash of the person's password, which they have entered."""
    try:
        user, given = request.signed_in.user, request.form.text("current_password")
        _, old_hash = await sign_in.prove(request.services, user.email, given, address=request.address)
    except Unauthenticated:
        raise Invalid({"current_password": ["is wrong"]}) from None
    return old_hash


async def _page(request: Visit, refusal: Refusal | None = None) -> Reply:
    user, now_ms = request.signed_in.user, request.now_ms
    own = await request.read(lambda tx: sessions.list_(tx, user, now_ms=now_ms))
    return request.page("account.html", sessions=own, min_length=passwords.MIN_LENGTH, refusal=refusal)
