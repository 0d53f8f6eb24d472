"""`maquette key`: CraftDesk's API keys."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import rich_click as click
from rich.markup import escape

from maquette.cli.options import Number
from maquette.cli.store import (
    CommandContext,
    format_time,
    operator_of,
    print_result,
    print_table,
    run_in_store,
    store_options,
)
from maquette.domain import credentials, members
from maquette.domain.credentials import NewKey
from maquette.model.actor import Grants, Scope
from maquette.model.records import Credential
from maquette.settings import Settings
from maquette.store.database import Transaction


class GrantsType(click.ParamType[Grants]):
    """Grants as the CraftDesk API takes them."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Grants:
        """Parse JSON such as `{"projects": {"access": "read"}}`."""
        from maquette.dialects.craftdesk.shapes.api_keys import GrantsShape

        try:
            return msgspec.json.decode(value, type=GrantsShape).grants()
        except msgspec.MsgspecError as error:
            self.fail(f"{value!r} are not valid grants: {error}", param, ctx)


@click.group()
def key() -> None:
    """Make API keys for the CraftDesk API, list, rotate and revoke them."""


@key.command()
@click.option("--workspace", "slug", required=True, metavar="SLUG", help="Whose key it is.")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), default="full", show_default=True)
@click.option("--grants", "narrowed_to", type=GrantsType(), metavar="JSON",
              help='What a custom key may reach: {"projects": {"access": "read", "ids": […]}, …}.')  # fmt: skip
@click.option("--as", "email", metavar="EMAIL", help="The member it acts as; by default the first owner.")
@click.option("--expires", type=click.DateTime(), help="When it ends, UTC.")
@store_options
def create(
    slug: str,
    name: str,
    scope: str,
    narrowed_to: Grants | None,
    email: str | None,
    expires: datetime | None,
    settings: Settings,
    as_json: bool,
) -> None:
    """Make an API key. It is shown this once."""
    expires_at = None if expires is None else int(expires.replace(tzinfo=UTC).timestamp() * 1000)

    async def body(tx: Transaction, context: CommandContext) -> NewKey:
        actor = await operator_of(tx, slug)
        holder = await members.holder(tx, actor, email)
        return await credentials.create_key(
            tx,
            actor,
            holder,
            name,
            scope=Scope(scope),
            narrowed_to=narrowed_to,
            expires_at=expires_at,
            now_ms=context.now_ms,
        )

    _print_new_key(run_in_store(settings, body), as_json)


@key.command()
@click.argument("id")
@click.option("--workspace", "slug", required=True, metavar="SLUG")
@click.option("--overlap-s", type=Number(0, credentials.MAX_OVERLAP_S), default=86_400, show_default=True,
              help="How long the old key goes on, in seconds.")  # fmt: skip
@store_options
def rotate(id: str, slug: str, overlap_s: int, settings: Settings, as_json: bool) -> None:
    """Make a key in the place of the key ID, which ends after the overlap. It is shown this once."""

    async def body(tx: Transaction, context: CommandContext) -> NewKey:
        return await credentials.rotate(tx, await operator_of(tx, slug), id, overlap_s=overlap_s, now_ms=context.now_ms)

    _print_new_key(run_in_store(settings, body), as_json)


@key.command("list")
@click.option("--workspace", "slug", required=True, metavar="SLUG")
@store_options
def list_(slug: str, settings: Settings, as_json: bool) -> None:
    """List a workspace's keys and client pairs, without their secrets."""

    async def body(tx: Transaction, _: CommandContext) -> list[Credential]:
        return await credentials.every(tx, await operator_of(tx, slug))

    rows = [
        {
            "id": credential.id,
            "kind": credential.kind,
            "name": credential.name,
            "scope": credential.scope,
            "hint": credential.hint,
            "last_used_at": format_time(credential.last_used_at),
            "expires_at": format_time(credential.expires_at),
            "revoked_at": format_time(credential.revoked_at),
        }
        for credential in run_in_store(settings, body)
    ]
    print_table(as_json, "keys", rows)


@key.command()
@click.argument("id")
@click.option("--workspace", "slug", required=True, metavar="SLUG")
@store_options
def revoke(id: str, slug: str, settings: Settings, as_json: bool) -> None:
    """End the key or client pair ID at once."""

    async def body(tx: Transaction, context: CommandContext) -> Credential:
        return await credentials.revoke(tx, await operator_of(tx, slug), id, now_ms=context.now_ms)

    ended = run_in_store(settings, body)
    answer = {"id": ended.id, "revoked_at": format_time(ended.revoked_at)}
    print_result(as_json, answer, f"{escape(ended.name)} ({ended.hint}) is revoked.")


def _print_new_key(new: NewKey, as_json: bool) -> None:
    credential, text = new
    print_result(as_json, {"id": credential.id, "key": text}, f"[bold]{text}[/]\nKeep it now: it is not shown again.")
