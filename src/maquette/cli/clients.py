"""`maquette client`: Creatopy's client pairs."""

import rich_click as click

from maquette.cli.store import CommandContext, operator_of, print_result, run_in_store, store_options
from maquette.domain import credentials, members
from maquette.model.records import Credential
from maquette.settings import Settings
from maquette.store.database import Transaction


@click.group()
def client() -> None:
    """Make client pairs for the Creatopy API; `key list` and `key revoke` look after them too."""


@client.command()
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Whose pair it is.")
@click.option("--name", required=True, help="What it is for.")
@click.option("--as", "email", metavar="EMAIL", help="The member it acts as; by default the first owner.")
@store_options
def create(slug: str, name: str, email: str | None, settings: Settings, as_json: bool) -> None:
    """Make a clientId and clientSecret. The secret is shown this once."""

    async def body(tx: Transaction, context: CommandContext) -> tuple[Credential, str]:
        actor = await operator_of(tx, slug)
        holder = await members.holder(tx, actor, email)
        return await credentials.create_client(tx, actor, holder, name, context.sealer, now_ms=context.now_ms)

    pair, secret = run_in_store(settings, body)
    print_result(
        as_json,
        {"client_id": pair.id, "client_secret": secret},
        f"clientId      [bold]{pair.id}[/]\nclientSecret  [bold]{secret}[/]\nKeep the secret: it is shown this once.",
    )
