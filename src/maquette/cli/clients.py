"""`maquette client`: Creatopy's client pairs."""

import rich_click as click

from maquette.cli.store import CommandContext, ask, operator_of, store_options, tell
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

    made, secret = ask(settings, body)
    tell(
        as_json,
        {"client_id": made.id, "client_secret": secret},
        f"clientId      [bold]{made.id}[/]\nclientSecret  [bold]{secret}[/]\nKeep the secret: it is shown this once.",
    )
