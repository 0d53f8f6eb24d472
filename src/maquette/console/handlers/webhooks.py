"""`/webhooks`. What was sent to them is in `deliveries`."""

from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form
from maquette.console.handlers.webhook_page import PATH, by_noun, settings_of, webhook_page
from maquette.console.lists import listed, window
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import endpoints, webhooks
from maquette.domain.webhooks import URL_LENGTH, WebhookDraft, WebhookPatch
from maquette.model.actor import Permission
from maquette.model.errors import Invalid, Refusal
from maquette.model.records import UNSET
from maquette.wire.reply import Reply

ONE = PATH + "/{ref:str}"


@get(PATH)
async def list_webhooks(request: Visit) -> Reply:
    """One page of the webhooks, the newest first, and whether each is well. Raises `Forbidden`."""
    page = window(request.query)
    found = await request.read(lambda tx: webhooks.list_(tx, request.actor, page))
    return request.page("webhooks.html", list=listed(found, page, PATH))


@get(PATH + "/new")
async def new_webhook(request: Visit) -> Reply:
    """The form for a new webhook. Raises `Forbidden`."""
    request.actor.require(Permission.WEBHOOK_MANAGE)
    return await _new_page(request)


@post(PATH)
async def create_webhook(request: Visit) -> Reply:
    """Create a webhook, and show its secret this once."""
    form, services, now_ms = request.form, request.services, request.now_ms
    try:
        draft = WebhookDraft(
            _url(form), tuple(form.all("events")), _dialect(request), form.text("name"), form.optional("description")
        )
        await _vet(request, draft.url)
        webhook, secret = await request.write_once(
            lambda tx: webhooks.create(tx, request.actor, draft, services.sealer, now_ms=now_ms)
        )
    except FORM_ERRORS as refusal:
        return await _new_page(request, refusal)
    return request.page("webhook_secret.html", webhook=webhook, secret=secret, is_new=True)


@get(ONE)
async def show_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """A webhook with the form to change it, and one page of its deliveries. Raises `NotFound`."""
    return await webhook_page(request, ref)


@post(ONE)
async def change_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """Save the form, unless somebody else has changed the same meanwhile. Raises `NotFound`.

    A URL that stays as it is isn't vetted again: who changes a name isn't to be told that a host can't be reached.
    """
    form, now_ms, seen = request.form, request.now_ms, request.guard()
    before = await request.read(lambda tx: webhooks.get(tx, request.actor, ref))
    url = _url(form)
    try:
        if url != before.url:
            await _vet(request, url)
        patch = WebhookPatch(
            url=UNSET if url == before.url else url,
            events=tuple(form.all("events")),
            name=form.text("name"),
            description=form.optional("description"),
        )
        await request.write(
            lambda tx: webhooks.change(
                tx, request.actor, ref, patch, now_ms=now_ms, guard=lambda found: seen(settings_of(found))
            )
        )
    except FORM_ERRORS as refusal:
        return await webhook_page(request, ref, refusal)
    return redirect(f"{PATH}/{ref}", "saved")


@post(ONE + "/enable")
async def enable_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """Send to it again; its earlier failures are forgotten. Raises `NotFound`."""
    return await _switch(request, ref, is_on=True)


@post(ONE + "/disable")
async def disable_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """Send it nothing until it is enabled. Raises `NotFound`."""
    return await _switch(request, ref, is_on=False)


@post(ONE + "/rotate")
async def rotate_secret(request: Visit, ref: FromPath[str]) -> Reply:
    """Sign with a new secret, which is shown this once, and for 24 hours with the old one too. Raises `NotFound`."""
    services, now_ms = request.services, request.now_ms
    try:
        webhook, secret = await request.write_once(
            lambda tx: webhooks.rotate_secret(tx, request.actor, ref, services.sealer, now_ms=now_ms)
        )
    except FORM_ERRORS as refusal:
        return await webhook_page(request, ref, refusal)
    return request.page("webhook_secret.html", webhook=webhook, secret=secret, is_new=False)


@post(ONE + "/delete")
async def remove_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """Delete it with its deliveries. Raises `NotFound`."""
    now_ms = request.now_ms
    await request.write(lambda tx: webhooks.remove(tx, request.actor, ref, now_ms=now_ms))
    return redirect(PATH, "deleted")


async def _new_page(request: Visit, refusal: Refusal | None = None) -> Reply:
    form = request.form
    types = await request.read(lambda tx: endpoints.types(tx, request.actor))
    return request.page(
        "webhook_new.html",
        values=form.values(),
        chosen=form.all("events"),
        groups=by_noun(types),
        dialect_choices=[(dialect.name, dialect.title) for dialect in request.dialects],
        url_length=URL_LENGTH,
        refusal=refusal,
    )


async def _switch(request: Visit, ref: str, *, is_on: bool) -> Reply:
    now_ms, patch = request.now_ms, WebhookPatch(enabled=is_on)
    await request.write(lambda tx: webhooks.change(tx, request.actor, ref, patch, now_ms=now_ms))
    return redirect(f"{PATH}/{ref}", "webhook_enabled" if is_on else "webhook_disabled")


async def _vet(request: Visit, url: str) -> None:
    problem = await endpoints.vet(request.actor, request.services.sender, url)
    if problem is not None:
        raise problem


def _url(form: Form) -> str:
    return form.text("url").strip()


def _dialect(request: Visit) -> str:
    name = request.form.text("dialect")
    if name not in {dialect.name for dialect in request.dialects}:
        raise Invalid({"dialect": ["must be one of those"]})
    return name
