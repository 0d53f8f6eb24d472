"""The page of a webhook: its state, its deliveries, sending again, and its settings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from maquette.console.lists import listed, window
from maquette.console.visit import Visit, version_of
from maquette.domain import deliveries, endpoints, webhooks
from maquette.domain.deliveries import DeliveryFilter
from maquette.domain.webhooks import URL_LENGTH
from maquette.model.clock import DAY_MS
from maquette.model.errors import Refusal
from maquette.model.page import Slice
from maquette.model.webhooks import TEST, Delivery, DeliveryState, Webhook
from maquette.wire.call import Transaction
from maquette.wire.reply import Reply

PATH = "/webhooks"
STATES = {state.value: state for state in DeliveryState}


async def webhook_page(request: Visit, ref: str, refusal: Refusal | None = None) -> Reply:
    """The page; what was typed into one of its forms stays there. Raises `NotFound`, `Forbidden`."""
    query, page, typed, now_ms = request.query, window(request.query), request.form.values(), request.now_ms
    state = STATES.get(query.text("state"))

    async def body(tx: Transaction) -> tuple[Webhook, list[str], str | None, Slice[Delivery]]:
        types = [TEST, *await endpoints.types(tx, request.actor)]
        type = query.text("type") if query.text("type") in types else None
        filter = DeliveryFilter(state=state, type=type)
        found = await deliveries.list_(tx, request.actor, ref, filter, page)
        return await webhooks.get(tx, request.actor, ref), types, type, found

    webhook, types, type, found = await request.read(body)
    settings = settings_of(webhook)
    since = _minute(_missing_since(webhook, now_ms))
    return request.page(
        "webhook.html",
        webhook=webhook,
        dialect=next((each.title for each in request.dialects if each.name == webhook.dialect), webhook.dialect),
        values={**settings, "version": version_of(settings), "since": since, **typed},
        chosen=request.form.all("events") if "url" in typed else webhook.events,
        groups=by_noun(types[1:]),
        url_length=URL_LENGTH,
        is_editing="url" in typed,
        types=types,
        list=listed(found, page, f"{PATH}/{webhook.id}", state=state or "", type=type or ""),
        refusal=refusal,
    )


def settings_of(webhook: Webhook) -> dict[str, str]:
    """What the form of settings holds. Unlike the record, it stays the same while the webhook fails and recovers."""
    return {
        "url": webhook.url,
        "name": webhook.name,
        "description": webhook.description or "",
        "events": " ".join(webhook.events),
    }


def by_noun(types: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Event types in groups: each noun, and the types that are of it."""
    return [(noun.replace("_", " "), [*found]) for noun, found in groupby(types, lambda type: type.partition(".")[0])]


def _missing_since(webhook: Webhook, now_ms: int) -> int:
    """Since when something may be missing, within what is kept; where nothing has failed, a day ago."""
    since = now_ms - DAY_MS if webhook.failing_since is None else webhook.failing_since
    return max(since, now_ms - deliveries.KEPT_MS + DAY_MS)


def _minute(at_ms: int) -> str:
    """A time as the browser's field for it takes it."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M}"
