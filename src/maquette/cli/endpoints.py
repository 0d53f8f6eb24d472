"""`maquette webhook list` and `trigger`: a workspace's endpoints, and something to see arrive there."""

import rich_click as click

from maquette.cli.store import CommandContext, ask, fail, operator_of, shown, store_options, tell_table
from maquette.domain import samples, webhooks
from maquette.model.actor import Actor
from maquette.model.page import AfterCursor
from maquette.model.webhooks import EVENT_TYPES, TEST, Delivery, Webhook
from maquette.settings import Settings
from maquette.store.database import Transaction

ALL = AfterCursor(webhooks.MAX_WEBHOOKS, None)

Sent = list[tuple[Webhook, Delivery]]


@click.command("list")
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Whose webhooks.")
@store_options
def list_(slug: str, settings: Settings, as_json: bool) -> None:
    """List a workspace's webhooks, the newest first, without their secrets."""

    async def body(tx: Transaction, _: CommandContext) -> list[Webhook]:
        return (await webhooks.list_(tx, await operator_of(tx, slug), ALL)).items

    rows = [
        {
            "id": found.id,
            "url": found.url,
            "events": " ".join(found.events),
            "dialect": found.dialect,
            "enabled": "yes" if found.enabled else found.disabled_reason or "no",
            "since": shown(found.created_at),
        }
        for found in ask(settings, body)
    ]
    tell_table(as_json, "webhooks", rows)


@click.command()
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Whose webhooks.")
@click.option("--webhook", "id", metavar="ID", help="The one to send to; by default all that are enabled.")
@click.option("--type", type=click.Choice([TEST, *EVENT_TYPES]), default=TEST, show_default=True, metavar="TYPE",
              help="Send again what last happened of that type, such as project.created.")  # fmt: skip
@store_options
def trigger(slug: str, id: str | None, type: str, settings: Settings, as_json: bool) -> None:
    """Have a message sent, by the running server, as every other one is: signed, logged and tried again."""

    async def body(tx: Transaction, context: CommandContext) -> Sent:
        actor = await operator_of(tx, slug)
        chosen = [await webhooks.get(tx, actor, id)] if id else await _enabled(tx, actor)
        return [(each, await samples.send(tx, actor, each.serial, type, now_ms=context.now_ms)) for each in chosen]

    rows = [
        {"delivery": sent.id, "type": sent.type, "webhook": found.id, "url": found.url}
        for found, sent in ask(settings, body)
    ]
    if not rows:
        fail(f"No webhook of {slug} is enabled.")
    tell_table(as_json, "deliveries", rows)


async def _enabled(tx: Transaction, actor: Actor) -> list[Webhook]:
    return [found for found in (await webhooks.list_(tx, actor, ALL)).items if found.enabled]
