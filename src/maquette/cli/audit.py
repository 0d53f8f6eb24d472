"""`maquette audit`."""

from datetime import UTC, datetime

import rich_click as click

from maquette.cli.options import Number
from maquette.cli.store import CommandContext, format_time, operator_of, print_table, run_in_store, store_options
from maquette.domain import events
from maquette.domain.events import TYPES, EventFilter
from maquette.model.page import ByPage
from maquette.model.records import Event
from maquette.settings import Settings
from maquette.store.database import Transaction


@click.command()
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Where it happened.")
@click.option("--type", type=click.Choice(TYPES), metavar="TYPE", help="What happened, such as project.deleted.")
@click.option("--since", type=click.DateTime(), help="At this instant or later, UTC.")
@click.option("--limit", type=Number(1, 100_000), default=100, show_default=True, help="How many at most.")
@store_options
def audit(slug: str, type: str | None, since: datetime | None, limit: int, settings: Settings, as_json: bool) -> None:
    """Show who did what to which record, the newest first; never what the record held."""
    after = None if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1000)

    async def body(tx: Transaction, _: CommandContext) -> list[Event]:
        actor = await operator_of(tx, slug)
        return (await events.list_(tx, actor, EventFilter(type=type, after=after), ByPage(1, limit))).items

    rows = [
        {
            "at": format_time(event.at),
            "type": event.type,
            "subject": event.subject_id,
            "actor": event.user_name or event.user_id,
            "key": event.credential_id,
            "address": event.address,
            "request": event.request_id or None,
        }
        for event in run_in_store(settings, body)
    ]
    if_empty = "No events match." if type or since else None
    print_table(as_json, "events", rows, if_empty)
