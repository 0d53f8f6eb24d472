"""`maquette workspace`."""

from typing import Any

import rich_click as click
from rich.markup import escape

from maquette.cli.store import (
    Absent,
    CommandContext,
    command_name,
    operator_of,
    print_result,
    print_table,
    run_in_store,
    store_arguments,
    store_options,
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

    created, user = run_in_store(settings, body, may_create=True)
    print_result(
        as_json,
        {"id": created.id, "team_id": created.serial, "slug": created.slug, "plan": created.plan, "owner_id": user.id},
        f"Workspace [bold]{created.slug}[/] (team {created.serial}) on the {created.plan} plan,"
        f" owned by {escape(user.email)}.\n"
        f"Next: {escape(command_name())} key create --workspace {created.slug} --name NAME{store_arguments(settings)}",
    )


@workspace.command("list")
@store_options
def list_(settings: Settings, as_json: bool) -> None:
    """List all workspaces."""

    async def body(tx: Transaction, _: CommandContext) -> list[Workspace]:
        return await workspaces.list_(tx)

    rows = [
        {"slug": listed.slug, "name": listed.name, "plan": listed.plan, "team_id": listed.serial, "id": listed.id}
        for listed in run_in_store(settings, body)
    ]
    print_table(as_json, "workspaces", rows)


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

    changed = run_in_store(settings, body)
    answer: dict[str, Any] = {"id": changed.id, "slug": changed.slug, "plan": changed.plan}
    print_result(as_json, answer, f"Workspace [bold]{changed.slug}[/] is on the {changed.plan} plan.")


async def _require_plan(tx: Transaction, name: str) -> None:
    """Raise `Absent`, which lists the existing plans, where there is no plan of that name."""
    known = [plan.name for plan in await plans.list_(tx)]
    if name not in known:
        raise Absent(f"plan {name}", known)
