"""`/account`: a person's password and sessions."""

from litestar import get, post

from maquette.console.refusals import SHOWN
from maquette.console.visit import Visit, redirect
from maquette.domain import passwords, sessions
from maquette.model.errors import Invalid, Refusal, TooManyFailures
from maquette.wire.reply import Reply


@get("/account", without_workspace=True)
async def show_account(request: Visit) -> Reply:
    """Who one is here, and where one is signed in."""
    return await _page(request)


@post("/account/password", without_workspace=True)
async def change_password(request: Visit) -> Reply:
    """Change the password, by the old one; all other sessions end."""
    services, form, now_ms = request.services, request.form, request.now_ms
    user, session = request.signed_in.user, request.signed_in.session
    source = f"email {user.email}"
    try:
        services.login_throttle.require_allowed(source)
        passwords.require_acceptable(form.text("password"), form.text("repeated"), user)
        found = await request.read(lambda tx: passwords.credentials_of(tx, user.email))
        if not await services.password_hasher.matches(found[1] if found else None, form.text("old_password")):
            services.login_throttle.record_failure(source)
            raise Invalid({"old_password": ["is wrong"]})
        password_hash = await services.password_hasher.hash(form.text("password"))
        await request.write(lambda tx: passwords.change(tx, user, password_hash, session=session.serial, now_ms=now_ms))
    except (*SHOWN, TooManyFailures) as refusal:
        return await _page(request, refusal)
    return redirect("/account", "password_changed")


@post("/account/sessions/end", without_workspace=True)
async def end_other_sessions(request: Visit) -> Reply:
    """Sign out everywhere else."""
    await request.write(lambda tx: sessions.end_others(tx, request.signed_in.session))
    return redirect("/account", "sessions_ended")


async def _page(request: Visit, refusal: Refusal | None = None) -> Reply:
    user, now_ms = request.signed_in.user, request.now_ms
    own = await request.read(lambda tx: sessions.list_(tx, user, now_ms=now_ms))
    return request.page("account.html", sessions=own, min_length=passwords.MIN_LENGTH, refusal=refusal)
