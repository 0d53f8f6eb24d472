"""`maquette plan`."""

from typing import Any

import rich_click as click
from rich.markup import escape

from maquette.cli.store import CommandContext, print_result, print_table, run_in_store, store_options
from maquette.domain import plans
from maquette.model.actor import operator
from maquette.model.records import Plan
from maquette.settings import Settings
from maquette.store.database import Transaction

UNLIMITED = "unlimited"


class Limit(click.ParamType[int | str]):
    """A number, or `unlimited`."""

    name = "number|unlimited"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Parse an integer, or the word `unlimited`."""
        if value == UNLIMITED:
            return UNLIMITED
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor {UNLIMITED!r}", param, ctx)


@click.group()
def plan() -> None:
    """See what the plans allow, and change it while the server runs."""


@plan.command("list")
@store_options
def list_(settings: Settings, as_json: bool) -> None:
    """List all plans."""

    async def body(tx: Transaction, _: CommandContext) -> list[Plan]:
        return await plans.list_(tx)

    print_table(as_json, "plans", [_row(listed) for listed in run_in_store(settings, body)])


@plan.command("set")
@click.argument("name")
@click.option("--month", type=Limit(), help="Calls a month.")
@click.option(
    "--burst",
    type=Limit(),
    help="Calls a minute through CraftDesk; Creatopy's are 100 in 10 seconds unless this is unlimited.",
)
@click.option("--projects", type=Limit(), help="Active projects.")
@store_options
def set_(settings: Settings, as_json: bool, name: str, **given: int | str | None) -> None:
    """Change the limits of the plan NAME, or add a plan. In force within a second.

    A limit that isn't given stays as it is; a new plan is without it. Whether keys can have a custom scope can't be
    set: business and unlimited include it, a new plan doesn't.
    """
    limits = {field: None if limit == UNLIMITED else limit for field, limit in given.items() if limit is not None}

    async def body(tx: Transaction, _: CommandContext) -> Plan:
        return await plans.put(tx, operator(0), name, limits)  # type: ignore[arg-type]

    changed = _row(run_in_store(settings, body, may_create=True))
    text = ", ".join(
        f"{field} {'without limit' if changed[field] is None else changed[field]}" for field in plans.LIMITS
    )
    print_result(as_json, changed, f"Plan [bold]{escape(name)}[/]: {text}.")


def _row(plan: Plan) -> dict[str, Any]:
    return {"name": plan.name, "month": plan.month, "burst": plan.burst, "projects": plan.projects}
