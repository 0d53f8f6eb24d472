"""Workspaces: created with an owner, and put on a plan."""

from maquette.domain import events, members, plans
from maquette.model import text
from maquette.model.actor import Actor, Permission, Role, operator
from maquette.model.errors import Invalid, NotFound
from maquette.model.ids import new_id
from maquette.model.records import User, Workspace
from maquette.store import workspaces
from maquette.store.database import Transaction


async def create(tx: Transaction, name: str, *, plan: str, owner: str, now_ms: int) -> tuple[Workspace, User]:
    """Make a workspace with its first owner, known by e-mail address. Raises `Invalid`, `NotFound` (the plan)."""
    name = name.strip()
    if problem := text.name_problem(name):
        raise Invalid({"name": [problem]})
    await plans.get(tx, plan)
    user = await members.get_or_create_user(tx, owner, now_ms=now_ms)
    slug = await _free_slug(tx, text.slugify(name))
    workspace = await workspaces.insert(tx, id=new_id(now_ms), slug=slug, name=name, plan=plan, now_ms=now_ms)
    await members.put(tx, workspace.serial, user, Role.OWNER, name=members.shown_name(owner), now_ms=now_ms)
    await events.record(tx, operator(workspace.serial), "subscription.created", workspace, now_ms=now_ms)
    return workspace, user


async def get(tx: Transaction, actor: Actor) -> Workspace:
    """The actor's own workspace."""
    actor.require(Permission.WORKSPACE_READ)
    workspace = await workspaces.get(tx, actor.workspace)
    assert workspace
    return workspace


async def by_slug(tx: Transaction, slug: str) -> Workspace:
    """The workspace of that slug, for the operator. Raises `NotFound`."""
    workspace = await workspaces.by_slug(tx, slug)
    if workspace is None:
        raise NotFound("workspace")
    return workspace


async def list_(tx: Transaction) -> list[Workspace]:
    """All workspaces, the oldest first, for the operator."""
    return await workspaces.every(tx)


async def change_plan(tx: Transaction, actor: Actor, plan: str, *, now_ms: int) -> Workspace:
    """Put the workspace on another plan, in force at once. Raises `NotFound` (the plan)."""
    actor.require(Permission.PLAN_CHANGE)
    before, _ = await workspaces.lock(tx, actor.workspace)
    old, new = await plans.get(tx, before.plan), await plans.get(tx, plan)
    await workspaces.set_plan(tx, actor.workspace, plan, now_ms)
    await workspaces.bump_version(tx, actor.workspace, access=True)
    after = await get(tx, actor)
    if new != old:
        type = "subscription.downgraded" if _comparable(new.month) < _comparable(old.month) else "subscription.upgraded"
        await events.record(tx, actor, type, after, now_ms=now_ms)
    return after


def _comparable(limit: int | None) -> float:
    return float("inf") if limit is None else limit


async def _free_slug(tx: Transaction, wanted: str) -> str:
    slug, number = wanted, 1
    while await workspaces.by_slug(tx, slug):
        number += 1
        slug = text.numbered(wanted, number)
    return slug
