"""Members: who belongs to a workspace, in which role, and who may change that."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from maquette.domain import events
from maquette.model import text
from maquette.model.actor import Actor, Permission, Role
from maquette.model.errors import Invalid, LastOwner, NotFound
from maquette.model.ids import LARGEST_SERIAL, new_person_id
from maquette.model.page import Order, Slice, Window
from maquette.model.records import Member, User
from maquette.store import credentials, invitations, members, workspaces
from maquette.store.database import Transaction

Ref = int | str
"""A user's serial, or UUID."""

Guard = Callable[[Member], None]
"""Looks at the present member and raises `Stale` where the caller expected another one."""

ADDRESS_LENGTH = 64 + 1 + 190

ACTIVE, INVITED, DEACTIVATED = "active", "invited", "deactivated"

_PLAIN = r"[^@\s\x00-\x1f\x7f-\x9f\"(),:;<>\[\\\]]"
_EMAIL = re.compile(rf"{_PLAIN}{{1,64}}@{_PLAIN}{{1,190}}")


@dataclass(frozen=True, slots=True)
class MemberPatch:
    """What to change; None leaves a field as it is, `status` is active or deactivated."""

    role: Role | None = None
    status: str | None = None


def anything(_: Member) -> None:
    """The guard that lets every version pass."""


async def list_(tx: Transaction, actor: Actor, keyword: str, order: Order, window: Window) -> Slice[Member]:
    """One window of the members whose name or address contains the folded keyword."""
    actor.require(Permission.MEMBER_READ)
    return await members.list_(tx, actor.workspace, keyword=keyword, order=order, window=window)


async def get(tx: Transaction, actor: Actor, ref: Ref) -> Member:
    """The member, invited and deactivated ones too. Raises `NotFound`."""
    actor.require(Permission.MEMBER_READ)
    if isinstance(ref, int) and not 0 < ref <= LARGEST_SERIAL:
        raise NotFound("member")
    found = await members.get(tx, actor.workspace, ref.lower() if isinstance(ref, str) else ref)
    if found is None:
        raise NotFound("member")
    return found


async def roles(_: Transaction, actor: Actor) -> tuple[Role, ...]:
    """The roles that a member can have."""
    actor.require(Permission.MEMBER_READ)
    return tuple(Role)


async def by_email(tx: Transaction, actor: Actor, email: str) -> Member:
    """The member with that address. Raises `NotFound`."""
    actor.require(Permission.MEMBER_READ)
    found = await members.by_email(tx, actor.workspace, folded_address(email))
    if found is None:
        raise NotFound("member")
    return found


async def add(tx: Transaction, actor: Actor, email: str, role: Role, *, now_ms: int) -> Member:
    """Make the person of that address an active member, or change their role; for the operator.

    Raises `Invalid`, `LastOwner`.
    """
    actor.require(Permission.MEMBER_INVITE)
    await workspaces.lock(tx, actor.workspace)
    user = await get_or_create_user(tx, email, now_ms=now_ms)
    before = await members.get(tx, actor.workspace, user.serial)
    if before is not None and role is not Role.OWNER:
        await _require_other_owner(tx, before)
    await put(tx, actor.workspace, user, role, name=before.name if before else shown_name(email), now_ms=now_ms)
    await invitations.end(tx, actor.workspace, user.serial, now_ms)
    has_joined = before is None or before.status == INVITED
    return await _record_change(
        tx, actor, user.serial, "member.joined" if has_joined else "member.role_changed", now_ms
    )


async def put(
    tx: Transaction, workspace: int, user: User, role: Role, *, status: str = ACTIVE, name: str, now_ms: int
) -> None:
    """Set the person's role, status and name in the workspace, new or not. Records no event: other verbs do."""
    await members.put(
        tx,
        workspace=workspace,
        user=user.serial,
        role=role,
        status=status,
        name=name,
        name_folded=text.fold(name),
        now_ms=now_ms,
    )


async def change(
    tx: Transaction, actor: Actor, ref: Ref, patch: MemberPatch, *, now_ms: int, guard: Guard = anything
) -> Member:
    """Change what the patch names. Raises `NotFound`, `Invalid`, `LastOwner`, and whatever the guard raises."""
    member = await _lock_and_get(tx, actor, Permission.MEMBER_CHANGE, ref, guard)
    if patch.role is not None:
        member = await change_role(tx, actor, member.serial, patch.role, now_ms=now_ms)
    if patch.status is not None:
        verb = activate if patch.status == ACTIVE else deactivate
        member = await verb(tx, actor, member.serial, now_ms=now_ms)
    return member


async def change_role(
    tx: Transaction, actor: Actor, ref: Ref, role: Role, *, now_ms: int, guard: Guard = anything
) -> Member:
    """Give the member another role; only owners make or change owners. Raises `NotFound`, `LastOwner`."""
    before = await _lock_and_get(tx, actor, Permission.MEMBER_CHANGE, ref, guard)
    if role is Role.OWNER:
        actor.require(Permission.OWNERSHIP_CHANGE)
    if role == before.role:
        return before
    await _require_other_owner(tx, before)
    await members.change(tx, actor.workspace, before.serial, role=role, now_ms=now_ms)
    return await _record_change(tx, actor, before.serial, "member.role_changed", now_ms)


async def deactivate(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int) -> Member:
    """Shut the member out, keys and tokens included, until they're activated again.

    Raises `NotFound`, `LastOwner`, `Invalid` for one who has yet to accept.
    """
    before = await _lock_and_get(tx, actor, Permission.MEMBER_CHANGE, ref)
    if before.status == DEACTIVATED:
        return before
    if before.status == INVITED:
        raise Invalid({"status": ["can't change while the invitation is open; remove the member instead"]})
    await _require_other_owner(tx, before)
    await members.change(tx, actor.workspace, before.serial, status=DEACTIVATED, now_ms=now_ms)
    return await _record_change(tx, actor, before.serial, "member.deactivated", now_ms)


async def activate(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int) -> Member:
    """Let a deactivated member in again. Raises `NotFound`, `Invalid` for one who has yet to accept."""
    before = await _lock_and_get(tx, actor, Permission.MEMBER_CHANGE, ref)
    if before.status == ACTIVE:
        return before
    if before.status == INVITED:
        raise Invalid({"status": ["becomes active when the invitation is accepted"]})
    await members.change(tx, actor.workspace, before.serial, status=ACTIVE, now_ms=now_ms)
    return await _record_change(tx, actor, before.serial, "member.activated", now_ms)


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """End the membership and its keys at once; what the person made stays. Raises `NotFound`, `LastOwner`."""
    before = await _lock_and_get(tx, actor, Permission.MEMBER_REMOVE, ref, guard)
    await _require_other_owner(tx, before)
    await members.remove(tx, actor.workspace, before.serial, now_ms)
    await credentials.revoke_all(tx, actor.workspace, before.serial, now_ms)
    await invitations.end(tx, actor.workspace, before.serial, now_ms)
    await workspaces.bump_version(tx, actor.workspace, access=True)
    await events.record(tx, actor, "member.removed", before, now_ms=now_ms)


async def hand_over(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> Member:
    """Make the member an owner, and the acting owner an admin. Raises `NotFound`, `Invalid`."""
    heir = await _lock_and_get(tx, actor, Permission.OWNERSHIP_CHANGE, ref, guard)
    if heir.status != ACTIVE:
        raise Invalid({"user_id": ["must be the id of an active member"]})
    if heir.serial == actor.user:
        return heir
    await members.change(tx, actor.workspace, heir.serial, role=Role.OWNER, now_ms=now_ms)
    if actor.user:  # 0 is the operator
        await members.change(tx, actor.workspace, actor.user, role=Role.ADMIN, now_ms=now_ms)
        await _record_change(tx, actor, actor.user, "member.role_changed", now_ms)
    return await _record_change(tx, actor, heir.serial, "member.role_changed", now_ms)


async def get_or_create_user(tx: Transaction, email: str, *, now_ms: int) -> User:
    """The person of that address, created where there is none. Raises `Invalid`."""
    folded = folded_address(email)
    if not _EMAIL.fullmatch(folded) or not text.is_storable(folded):
        raise Invalid({"email": ["must be an e-mail address"]})
    if not text.differs_in_case_alone(email.strip(), folded):  # folded, it may be somebody else's address
        raise Invalid({"email": [f"would be read as {folded}: send that if you mean it"]})
    found = await members.user_by_email(tx, folded)
    if found:
        return found
    return await members.insert_user(tx, id=new_person_id(), email=folded, name=shown_name(email), now_ms=now_ms)


def folded_address(email: str) -> str:
    """An address as people are found by it; a longer one than there can be is cut."""
    return text.fold(email.strip()[: ADDRESS_LENGTH + 1])


def shown_name(email: str) -> str:
    """The default name of a person: what precedes the `@`."""
    return email.strip().partition("@")[0]


async def holder(tx: Transaction, actor: Actor, email: str | None) -> User:
    """The member whom a new credential acts as: that of the address, else the first owner. Raises `NotFound`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    if email is None:
        user = await members.first_owner(tx, actor.workspace)
    else:
        user = await members.user_by_email(tx, folded_address(email))
    if user is None or await members.role_of(tx, actor.workspace, user.serial) is None:
        raise NotFound("member")
    return user


async def _lock_and_get(
    tx: Transaction, actor: Actor, permission: Permission, ref: Ref, guard: Guard = anything
) -> Member:
    """Lock the workspace and read the member; for an owner, the actor needs `OWNERSHIP_CHANGE` too."""
    await workspaces.lock(tx, actor.workspace)
    found = await get(tx, actor, ref)
    actor.require(permission)
    if found.role == Role.OWNER:
        actor.require(Permission.OWNERSHIP_CHANGE)
    guard(found)
    return found


async def _require_other_owner(tx: Transaction, member: Member) -> None:
    is_owner = member.role == Role.OWNER and member.status == ACTIVE
    if is_owner and await members.count_owners(tx, member.workspace) == 1:
        raise LastOwner


async def _record_change(tx: Transaction, actor: Actor, user: int, type: str, now_ms: int) -> Member:
    after = await members.get(tx, actor.workspace, user)
    assert after
    await workspaces.bump_version(tx, actor.workspace, access=True)
    await events.record(tx, actor, type, after, now_ms=now_ms)
    return after
