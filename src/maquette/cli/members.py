"""`maquette member`."""

from collections.abc import Callable
from typing import Any

import rich_click as click
from rich.markup import escape

from maquette.cli.store import (
    CommandContext,
    format_time,
    operator_of,
    print_result,
    print_table,
    run_in_store,
    store_options,
)
from maquette.domain import invitations, members, passwords
from maquette.model.actor import Role
from maquette.model.page import BY_NAME, AfterCursor
from maquette.model.records import Member
from maquette.settings import Settings
from maquette.store.database import Transaction

ALL = AfterCursor(1_000_000, None)

Command = Callable[..., Any]
of_workspace: Callable[[Command], Command] = click.option("--workspace", "slug", required=True, metavar="SLUG")
of_person: Callable[[Command], Command] = click.option("--email", required=True)
as_role: Callable[[Command], Command] = click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True
)


@click.group()
def member() -> None:
    """Say who belongs to a workspace, and as what."""


@member.command()
@of_workspace
@of_person
@as_role
@store_options
def add(slug: str, email: str, role: str, settings: Settings, as_json: bool) -> None:
    """Add a member without an invitation, or change their role."""

    async def body(tx: Transaction, context: CommandContext) -> Member:
        actor = await operator_of(tx, slug)
        return await members.add(tx, actor, email, Role(role), now_ms=context.now_ms)

    added = run_in_store(settings, body)
    print_result(as_json, {"id": added.id}, f"[bold]{escape(added.email)}[/] is {role} of {slug}.")


@member.command()
@of_workspace
@of_person
@as_role
@click.option("--name", help="What to call them; by default their present name or what precedes the @.")
@store_options
def invite(slug: str, email: str, role: str, name: str | None, settings: Settings, as_json: bool) -> None:
    """Invite somebody; the running server sends the letter, or prints it where it has no mail server."""

    async def body(tx: Transaction, context: CommandContext) -> Member:
        actor = await operator_of(tx, slug)
        return await invitations.invite(tx, actor, email, Role(role), context.sealer, name=name, now_ms=context.now_ms)

    invited = run_in_store(settings, body)
    print_result(
        as_json, {"id": invited.id}, f"[bold]{escape(invited.email)}[/] is invited to {slug} as {role}, for a week."
    )


@member.command("password-link")
@of_person
@click.option(
    "--public-url",
    envvar="MAQUETTE_PUBLIC_URL",
    default=Settings().base_url(),
    show_default=True,
    help="Where people reach the server.",
)
@store_options
def password_link(email: str, public_url: str, settings: Settings, as_json: bool) -> None:
    """Make a link by which somebody chooses a password for the console; it works once, for a day.

    It leads to the server at --public-url: give that where the server doesn't run at the default.
    """

    async def body(tx: Transaction, context: CommandContext) -> tuple[str, int]:
        token = await passwords.issue_link_to(tx, email, now_ms=context.now_ms)
        return token, context.now_ms + passwords.LASTS_MS

    token, expires_at = run_in_store(settings, body)
    link = f"{public_url.rstrip('/')}{passwords.PATH}/{token}"
    until = format_time(expires_at)
    print_result(as_json, {"link": link, "expires_at": until}, f"{escape(link)}\n\nIt works once, until {until}.")


@member.command("role")
@of_workspace
@of_person
@as_role
@store_options
def role_(slug: str, email: str, role: str, settings: Settings, as_json: bool) -> None:
    """Change a member's role, in force within a second."""

    async def body(tx: Transaction, context: CommandContext) -> Member:
        actor = await operator_of(tx, slug)
        found = await members.by_email(tx, actor, email)
        return await members.change_role(tx, actor, found.serial, Role(role), now_ms=context.now_ms)

    changed = run_in_store(settings, body)
    print_result(
        as_json, {"id": changed.id, "role": changed.role}, f"[bold]{escape(changed.email)}[/] is {role} of {slug}."
    )


@member.command()
@of_workspace
@of_person
@store_options
def remove(slug: str, email: str, settings: Settings, as_json: bool) -> None:
    """End a membership with its keys, within a second; what the person made stays."""

    async def body(tx: Transaction, context: CommandContext) -> Member:
        actor = await operator_of(tx, slug)
        found = await members.by_email(tx, actor, email)
        await members.remove(tx, actor, found.serial, now_ms=context.now_ms)
        return found

    removed = run_in_store(settings, body)
    print_result(as_json, {"id": removed.id}, f"[bold]{escape(removed.email)}[/] is no member of {slug} any more.")


@member.command("list")
@of_workspace
@store_options
def list_(slug: str, settings: Settings, as_json: bool) -> None:
    """List a workspace's members by name."""

    async def body(tx: Transaction, _: CommandContext) -> list[Member]:
        return (await members.list_(tx, await operator_of(tx, slug), "", BY_NAME, ALL)).items

    rows = [
        {
            "name": listed.name,
            "email": listed.email,
            "role": listed.role,
            "status": listed.status,
            "id": listed.id,
            "since": format_time(listed.created_at),
        }
        for listed in run_in_store(settings, body)
    ]
    print_table(as_json, "members", rows)
