"""`maquette workspace`."""

from typing import Any

import rich_click as click
from rich.markup import escape

from maquette.cli.store import (
    Absent,
    CommandContext,
    ask,
    begin,
    command_name,
    operator_of,
    store_options,
    tell,
    tell_table,
    where,
)
from maquette.domain import plans, workspaces
from maquette.model.records import User, Workspace
from maquette.settings import Settings
from maquette.store.database import Transaction


@click.group()
def workspace() -> None:
    """Make workspaces, list them, change their plan."""


@workspace.command()
@click.argument("name")
@click.option("--plan", default="business", show_default=True, help="The plan it starts on.")
@click.option("--owner", required=True, metavar="EMAIL", help="Its first owner.")
@store_options
def create(name: str, plan: str, owner: str, settings: Settings, as_json: bool) -> None:
    """Make a workspace with its first owner."""

    async def body(tx: Transaction, context: CommandContext) -> tuple[Workspace, User]:
        await _require_plan(tx, plan)
        return await workspaces.create(tx, name, plan=plan, owner=owner, now_ms=context.now_ms)

    made, user = begin(settings, body)
    tell(
        as_json,
        {"id": made.id, "team_id": made.serial, "slug": made.slug, "plan": made.plan, "owner_id": user.id},
        f"Workspace [bold]{made.slug}[/] (team {made.serial}) on the {made.plan} plan, owned by {escape(user.email)}.\n"
        f"Next: {escape(command_name())} key create --workspace {made.slug} --name NAME{where(settings)}",
    )


@workspace.command("list")
@store_options
def list_(settings: Settings, as_json: bool) -> None:
    """List all workspaces."""

    async def body(tx: Transaction, _: CommandContext) -> list[Workspace]:
        return await workspaces.list_(tx)

    rows = [
        {"slug": found.slug, "name": found.name, "plan": found.plan, "team_id": found.serial, "id": found.id}
        for found in ask(settings, body)
    ]
    tell_table(as_json, "workspaces", rows)


@workspace.command()
@click.argument("slug")
@click.argument("plan_name", metavar="PLAN")
@store_options
def plan(slug: str, plan_name: str, settings: Settings, as_json: bool) -> None:
    """Put the workspace SLUG on another PLAN, in force within a second."""

    async def body(tx: Transaction, context: CommandContext) -> Workspace:
        actor = await operator_of(tx, slug)
        await _require_plan(tx, plan_name)
        return await workspaces.change_plan(tx, actor, plan_name, now_ms=context.now_ms)

    changed = ask(settings, body)
    answer: dict[str, Any] = {"id": changed.id, "slug": changed.slug, "plan": changed.plan}
    tell(as_json, answer, f"Workspace [bold]{changed.slug}[/] is on the {changed.plan} plan.")


async def _require_plan(tx: Transaction, name: str) -> None:
    """Raise `Absent`, with the plans that there are, for one that isn't there."""
    known = [plan.name for plan in await plans.list_(tx)]
    if name not in known:
        raise Absent(f"plan {name}", known)
