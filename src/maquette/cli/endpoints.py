"""`maquette webhook list` and `trigger`: list a workspace's webhooks, and have a message sent to them."""

import rich_click as click

from maquette.cli.store import CommandContext, fail, format_time, operator_of, print_table, run_in_store, store_options
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
            "id": webhook.id,
            "url": webhook.url,
            "events": " ".join(webhook.events),
            "dialect": webhook.dialect,
            "enabled": "yes" if webhook.enabled else webhook.disabled_reason or "no",
            "since": format_time(webhook.created_at),
        }
        for webhook in run_in_store(settings, body)
    ]
    print_table(as_json, "webhooks", rows)


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
        return [(one, await samples.send(tx, actor, one.serial, type, now_ms=context.now_ms)) for one in chosen]

    rows = [
        {"delivery": delivery.id, "type": delivery.type, "webhook": webhook.id, "url": webhook.url}
        for webhook, delivery in run_in_store(settings, body)
    ]
    if not rows:
        fail(f"No webhook of {slug} is enabled.")
    print_table(as_json, "deliveries", rows)


async def _enabled(tx: Transaction, actor: Actor) -> list[Webhook]:
    return [webhook for webhook in (await webhooks.list_(tx, actor, ALL)).items if webhook.enabled]
