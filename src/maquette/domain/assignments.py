"""Assignments: which members work on a project, and so see and edit it where it is private."""

from collections.abc import Callable

from maquette.domain import events, members, projects
from maquette.domain.members import ACTIVE
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid, NotFound, UnknownReference
from maquette.model.page import Order, Slice, Window
from maquette.model.records import Assignment, Member, Project
from maquette.store import members as member_store
from maquette.store import projects as project_store
from maquette.store import workspaces
from maquette.store.database import Transaction

Ref = int | str
Guard = Callable[[Member], None]
"""Looks at the assigned member and raises `Stale` where the caller expected another version."""


def anything(_: Member) -> None:
    """The guard that lets every version pass."""


async def list_(tx: Transaction, actor: Actor, project: Ref, order: Order, window: Window) -> Slice[Member]:
    """One window of those assigned to the project. Raises `NotFound`, `Invisible`."""
    actor.require(Permission.MEMBER_READ)
    found = await projects.get(tx, actor, project)
    return await member_store.list_(tx, actor.workspace, project=found.serial, order=order, window=window)


async def every(tx: Transaction, actor: Actor, project: Ref) -> list[Member]:
    """All who are assigned to the project. Raises `NotFound`, `Invisible`."""
    actor.require(Permission.MEMBER_READ)
    found = await projects.get(tx, actor, project)
    return await member_store.assigned(tx, actor.workspace, found.serial)


async def get(tx: Transaction, actor: Actor, project: Ref, user: Ref) -> Member:
    """The member, if assigned to the project. Raises `NotFound`, `Invisible`."""
    actor.require(Permission.MEMBER_READ)
    found = await projects.get(tx, actor, project)
    member = await members.get(tx, actor, user)
    if not await project_store.is_assigned(tx, member.serial, found.serial):
        raise NotFound("member")
    return member


async def assign(tx: Transaction, actor: Actor, project: Ref, user: Ref, *, now_ms: int) -> tuple[Member, bool]:
    """Assign an active member; the second value tells whether they weren't before.

    Raises `NotFound`, `Invisible`, `UnknownReference`, and `Invalid` for one who isn't active.
    """
    found = await _lock_and_get(tx, actor, Permission.PROJECT_ASSIGN, project)
    try:
        member = await members.get(tx, actor, user)
    except NotFound:
        raise UnknownReference("user_id", "member") from None
    if member.status != ACTIVE:
        raise Invalid({"user_id": ["must be the id of an active member"]})
    if await project_store.is_assigned(tx, member.serial, found.serial):
        return member, False
    await project_store.assign(tx, member.serial, found.serial, now_ms)
    await _record_change(tx, actor, "project.assigned", Assignment(found, member), now_ms)
    return member, True


async def unassign(
    tx: Transaction, actor: Actor, project: Ref, user: Ref, *, now_ms: int, guard: Guard = anything
) -> None:
    """Take the member off the project. Raises `Invisible`, and `NotFound`, also for one who isn't on it."""
    found = await _lock_and_get(tx, actor, Permission.PROJECT_ASSIGN, project)
    member = await get(tx, actor, found.serial, user)
    guard(member)
    await project_store.unassign(tx, member.serial, found.serial)
    await _record_change(tx, actor, "project.unassigned", Assignment(found, member), now_ms)


async def _lock_and_get(tx: Transaction, actor: Actor, permission: Permission, project: Ref) -> Project:
    """Lock the workspace and read the project. `NotFound` and `Invisible` come before a missing permission."""
    await workspaces.lock(tx, actor.workspace)
    found = await projects.get(tx, actor, project)
    actor.require(permission)
    return found


async def _record_change(tx: Transaction, actor: Actor, type: str, assignment: Assignment, now_ms: int) -> None:
    await workspaces.bump_version(tx, actor.workspace)
    await events.record(tx, actor, type, assignment, now_ms=now_ms)
