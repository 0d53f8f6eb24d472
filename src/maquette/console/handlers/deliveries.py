"""`/webhooks/{ref}/deliveries`, and the routes that send messages again."""

import msgspec
from litestar import get, post
from litestar.params import FromPath

from maquette.console.forms import Form
from maquette.console.handlers.webhook_page import PATH as WEBHOOKS
from maquette.console.handlers.webhook_page import webhook_page
from maquette.console.handlers.webhooks import ONE as WEBHOOK
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import deliveries, webhooks
from maquette.model.errors import Invalid, Refusal
from maquette.model.webhooks import Replayed, Webhook, WholeDelivery
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply
from maquette.wire.texts import legible
from maquette.wire.times import instant

ONE = WEBHOOK + "/deliveries/{delivery:str}"


@get(ONE)
async def show_delivery(request: Visit, ref: FromPath[str], delivery: FromPath[str]) -> Reply:
    """What was sent, and for every attempt what came back. Raises `NotFound`."""
    return await _page(request, ref, delivery)


@post(ONE + "/resend")
async def resend_delivery(request: Visit, ref: FromPath[str], delivery: FromPath[str]) -> Reply:
    """Send the same message once more, now. Raises `NotFound`."""
    now_ms = request.now_ms
    try:
        sent = await request.write_once(lambda tx: deliveries.resend(tx, request.actor, ref, delivery, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await _page(request, ref, delivery, refusal)
    return redirect(f"{WEBHOOKS}/{ref}/deliveries/{sent.id}", "queued")


@post(WEBHOOK + "/test")
async def test_webhook(request: Visit, ref: FromPath[str]) -> Reply:
    """Send a `webhook.test` to this webhook alone, and go to its delivery. Raises `NotFound`."""
    now_ms = request.now_ms
    try:
        sent = await request.write_once(lambda tx: deliveries.send_test(tx, request.actor, ref, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await webhook_page(request, ref, refusal)
    return redirect(f"{WEBHOOKS}/{ref}/deliveries/{sent.id}", "queued")


@post(WEBHOOK + "/replay")
async def replay_deliveries(request: Visit, ref: FromPath[str]) -> Reply:
    """Send the events of a period again, or only those that haven't arrived. Raises `NotFound`."""
    form, now_ms = request.form, request.now_ms
    try:
        since_ms, until_ms = _time(form, "since"), _time(form, "until")
        if since_ms is None:
            raise Invalid({"since": ["must not be empty"]})
        missing_only = form.text("which") != "all"
        begun: Replayed = await request.write_once(
            lambda tx: deliveries.replay(
                tx, request.actor, ref, since_ms=since_ms, until_ms=until_ms, missing_only=missing_only, now_ms=now_ms
            )
        )
    except FORM_ERRORS as refusal:
        return await webhook_page(request, ref, refusal)
    notice = "replay_goes_on" if not begun.is_complete else "replayed" if begun.deliveries else "nothing_to_replay"
    return redirect(f"{WEBHOOKS}/{ref}", notice, count=begun.deliveries)


async def _page(request: Visit, ref: str, delivery: str, refusal: Refusal | None = None) -> Reply:
    async def body(tx: Transaction) -> tuple[Webhook, WholeDelivery]:
        webhook = await webhooks.get(tx, request.actor, ref)
        return webhook, await deliveries.get(tx, request.actor, webhook.id, delivery)

    webhook, whole = await request.read(body)
    return request.page(
        "delivery.html",
        webhook=webhook,
        delivery=whole.delivery,
        body=None if whole.body is None else _indented(whole.body),
        attempts=whole.attempts[::-1],
        legible=legible,
        refusal=refusal,
    )


def _time(form: Form, name: str) -> int | None:
    """A time in UTC as the browser's field for it sends it, with or without seconds. Raises `Invalid`."""
    text = form.optional(name)
    if text is None:
        return None
    try:
        return instant(name, text + ("Z" if text.count(":") > 1 else ":00Z"))
    except Invalid:
        raise Invalid({name: ["must be a time such as 2026-03-10T12:00"]}) from None


def _indented(body: bytes) -> str:
    """A message with line breaks, to be read."""
    return msgspec.json.format(body, indent=2).decode()
