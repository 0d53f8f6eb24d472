"""Plans: what each allows, as the operator sets it."""

from typing import TypedDict

from msgspec.structs import replace

from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid, NotFound
from maquette.model.ids import LARGEST_SERIAL
from maquette.model.records import Plan
from maquette.store import plans
from maquette.store.database import Change, Transaction

LIMITS = ("month", "burst", "projects")


class Limits(TypedDict, total=False):
    """The limits to set: 0 or more, or None for no limit."""

    month: int | None
    burst: int | None
    projects: int | None


async def list_(tx: Transaction) -> list[Plan]:
    """All plans, the smallest first."""
    return await plans.every(tx)


async def get(tx: Transaction, name: str) -> Plan:
    """The plan of that name. Raises `NotFound`."""
    plan = await plans.get(tx, name)
    if plan is None:
        raise NotFound("plan")
    return plan


async def put(tx: Transaction, actor: Actor, name: str, limits: Limits) -> Plan:
    """Set the named limits of a plan, in force at once; the plan is created if need be. Raises `Invalid`."""
    actor.require(Permission.PLAN_CHANGE)
    if problems := {field: ["must be 0 or more"] for field, limit in limits.items() if not _is_valid(limit)}:
        raise Invalid(problems)
    if not name or name != name.strip().lower():
        raise Invalid({"plan": ["must be a lower-case name"]})
    present = await plans.get(tx, name) or Plan(name, None, None, None)
    plan = replace(present, **limits)
    await plans.put(tx, plan)
    tx.notify(Change(None, access=True))
    return plan


def _is_valid(limit: object) -> bool:
    return limit is None or (isinstance(limit, int) and 0 <= limit <= LARGEST_SERIAL // 2)
