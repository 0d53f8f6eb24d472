"""API keys and client pairs: created, shown once, listed without their secrets, rotated, revoked."""

from collections.abc import Callable
from dataclasses import dataclass

from maquette.domain import events, grants
from maquette.domain.keys import KEY_PREFIX, key_hash, new_key, random_text
from maquette.domain.seal import Sealer
from maquette.model import text
from maquette.model.actor import Actor, Grants, Permission, Role, Scope
from maquette.model.clock import LATEST_MS
from maquette.model.errors import Invalid, NotFound
from maquette.model.ids import new_id
from maquette.model.page import Slice, Window
from maquette.model.records import UNSET, Credential, Unset, User
from maquette.store import credentials, members, workspaces
from maquette.store.database import Transaction

KEY, CLIENT = "key", "client"

MAX_OVERLAP_S = 30 * 86_400
"""How long a rotated key may stay valid beside the new one, at most."""

NewKey = tuple[Credential, str]
"""The record and the key itself, which is never shown again."""

NewClient = tuple[Credential, str]
"""The record, whose id is the clientId, and the clientSecret, which is never shown again."""

Guard = Callable[[Credential], None]
"""Looks at the present credential and raises `Stale` where the caller expected another one."""

_CLIENT_SECRET_LENGTH = 48


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A key to create; `grants` with the scope custom, and only then."""

    name: str
    scope: Scope = Scope.FULL
    grants: Grants | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeyPatch:
    """What to change of a key; `expires_at` None: it never expires."""

    name: str | Unset = UNSET
    expires_at: int | None | Unset = UNSET


def anything(_: Credential) -> None:
    """The guard that lets every version pass."""


async def create(tx: Transaction, actor: Actor, draft: KeyDraft, *, now_ms: int) -> NewKey:
    """Create an API key that acts as its creator. Raises `Forbidden`, `Invalid`, `NotInPlan`, `UnknownReference`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    await grants.require_valid(tx, actor.workspace, draft.scope, draft.grants)
    return await _insert_key(tx, actor, actor.user, draft, now_ms)


async def create_key(
    tx: Transaction,
    actor: Actor,
    holder: User,
    name: str,
    *,
    scope: Scope = Scope.FULL,
    narrowed_to: Grants | None = None,
    expires_at: int | None = None,
    now_ms: int,
) -> NewKey:
    """Create a key that acts as the holder, for the operator. Raises `Invalid`, `NotInPlan`, `UnknownReference`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    await grants.require_valid(tx, actor.workspace, scope, narrowed_to)
    return await _insert_key(tx, actor, holder.serial, KeyDraft(name, scope, narrowed_to, expires_at), now_ms)


async def create_own_client(tx: Transaction, actor: Actor, name: str, sealer: Sealer, *, now_ms: int) -> NewClient:
    """Create a client pair that acts as its creator. Raises `Forbidden`, `Invalid`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    return await _insert_client(tx, actor, actor.user, name, sealer, now_ms)


async def create_client(
    tx: Transaction, actor: Actor, holder: User, name: str, sealer: Sealer, *, now_ms: int
) -> NewClient:
    """Create a client pair that acts as the holder, for the operator. Raises `Invalid`."""
    actor.require(Permission.CREDENTIAL_MANAGE)
    return await _insert_client(tx, actor, holder.serial, name, sealer, now_ms)


async def list_(tx: Transaction, actor: Actor, window: Window) -> Slice[Credential]:
    """One window of the workspace's keys, expired and revoked ones too, the newest first."""
    actor.require(Permission.CREDENTIAL_READ)
    return await credentials.list_(tx, actor.workspace, KEY, window)


async def every(tx: Transaction, actor: Actor) -> list[Credential]:
    """All of the workspace's credentials, client pairs and ended ones included, the newest first."""
    actor.require(Permission.CREDENTIAL_READ)
    return await credentials.every(tx, actor.workspace)


async def get(tx: Transaction, actor: Actor, id: str, *, kinds: tuple[str, ...] = (KEY,)) -> Credential:
    """The key of that id, or whatever else the kinds name. Raises `NotFound`."""
    actor.require(Permission.CREDENTIAL_READ)
    return await _get(tx, actor, id, kinds)


async def change(
    tx: Transaction, actor: Actor, id: str, patch: KeyPatch, *, now_ms: int, guard: Guard = anything
) -> Credential:
    """Change what the patch names. Raises `NotFound`, `Forbidden`, `Invalid`, and whatever the guard raises."""
    before = await _lock_and_get(tx, actor, Permission.CREDENTIAL_MANAGE, id, (KEY,), guard)
    name = before.name if isinstance(patch.name, Unset) else patch.name.strip()
    _check(name, None if isinstance(patch.expires_at, Unset) else patch.expires_at, now_ms)
    expires_at = before.expires_at if isinstance(patch.expires_at, Unset) else patch.expires_at
    if (name, expires_at) == (before.name, before.expires_at):
        return before
    if _is_later(expires_at, before.expires_at):
        await _require_extendable(tx, actor, before, now_ms)
    await credentials.change(tx, before.serial, name=name, expires_at=expires_at)
    return await _record_change(tx, actor, "credential.updated", before.id, now_ms)


async def rotate(
    tx: Transaction, actor: Actor, id: str, *, overlap_s: int, now_ms: int, guard: Guard = anything
) -> NewKey:
    """Create a key with this one's holder, scope, grants and lifetime; this one ends after `overlap_s` seconds.

    Raises `NotFound`, `Invalid`, `NotInPlan`, and `Forbidden` for somebody else's key unless the actor is an owner.
    """
    before = await _lock_and_get(tx, actor, Permission.CREDENTIAL_MANAGE, id, (KEY,), guard)
    if not 0 <= overlap_s <= MAX_OVERLAP_S:
        raise Invalid({"overlap_seconds": [f"must be 0 to {MAX_OVERLAP_S:,}"]})
    if before.has_ended(now_ms):
        raise Invalid({"key": ["has already ended"]})
    if before.replaced_by is not None:
        raise Invalid({"key": ["was already rotated"]})
    if before.user != actor.user:  # only an owner may get a key that acts as somebody else
        actor.require(Permission.OWNERSHIP_CHANGE)
    if before.grants is not None:
        await grants.require_in_plan(tx, actor.workspace)
    expires_at = before.expires_at and min(now_ms + before.expires_at - before.created_at, LATEST_MS)
    draft = KeyDraft(before.name, Scope(before.scope), before.grants, expires_at)
    successor, key = await _insert_key(tx, actor, before.user, draft, now_ms)
    await credentials.replace(tx, before.serial, successor.serial)
    if overlap_s == 0:
        await credentials.revoke(tx, actor.workspace, before.id, now_ms)
    else:
        end = now_ms + overlap_s * 1000
        await credentials.change(tx, before.serial, name=before.name, expires_at=min(end, before.expires_at or end))
    await _record_change(tx, actor, "credential.rotated", before.id, now_ms)
    return successor, key


async def revoke(
    tx: Transaction,
    actor: Actor,
    id: str,
    *,
    kinds: tuple[str, ...] = (KEY, CLIENT),
    now_ms: int,
    guard: Guard = anything,
) -> Credential:
    """End a key, or a client pair and its tokens, at once. Raises `NotFound`, and whatever the guard raises."""
    before = await _lock_and_get(tx, actor, Permission.CREDENTIAL_MANAGE, id, kinds, guard)
    if before.revoked_at is not None:
        return before
    await credentials.revoke(tx, actor.workspace, before.id, now_ms)
    return await _record_change(tx, actor, "credential.revoked", before.id, now_ms)


async def _insert_key(tx: Transaction, actor: Actor, holder: int, draft: KeyDraft, now_ms: int) -> NewKey:
    name = draft.name.strip()
    _check(name, draft.expires_at, now_ms)
    await workspaces.lock(tx, actor.workspace)
    key = new_key()
    credential = await credentials.insert(
        tx,
        id=new_id(now_ms),
        workspace=actor.workspace,
        user=holder,
        kind=KEY,
        name=name,
        scope=draft.scope.value,
        grants=draft.grants,
        secret_hash=key_hash(key),
        secret_sealed=None,
        hint=f"{KEY_PREFIX}…{key[-4:]}",
        expires_at=draft.expires_at,
        created_by=_creator(actor, holder),
        now_ms=now_ms,
    )
    return await _record_change(tx, actor, "credential.created", credential.id, now_ms), key


async def _insert_client(
    tx: Transaction, actor: Actor, holder: int, name: str, sealer: Sealer, now_ms: int
) -> NewClient:
    name = name.strip()
    _check(name, None, now_ms)
    await workspaces.lock(tx, actor.workspace)
    secret = random_text(_CLIENT_SECRET_LENGTH)
    credential = await credentials.insert(
        tx,
        id=new_id(now_ms),
        workspace=actor.workspace,
        user=holder,
        kind=CLIENT,
        name=name,
        scope=Scope.FULL.value,
        secret_hash=None,
        secret_sealed=sealer.seal(secret),
        hint=f"…{secret[-4:]}",
        expires_at=None,
        created_by=_creator(actor, holder),
        now_ms=now_ms,
    )
    return await _record_change(tx, actor, "credential.created", credential.id, now_ms), secret


async def _lock_and_get(
    tx: Transaction, actor: Actor, permission: Permission, id: str, kinds: tuple[str, ...], guard: Guard
) -> Credential:
    """Lock the workspace and read the credential."""
    actor.require(permission)
    await workspaces.lock(tx, actor.workspace)
    found = await _get(tx, actor, id, kinds)
    guard(found)
    return found


async def _get(tx: Transaction, actor: Actor, id: str, kinds: tuple[str, ...]) -> Credential:
    found = await credentials.get(tx, actor.workspace, id.lower())
    if found is None or found.kind not in kinds:
        raise NotFound("key")
    return found


async def _record_change(tx: Transaction, actor: Actor, type: str, id: str, now_ms: int) -> Credential:
    """Read the changed credential, invalidate cached identities (`access=True`), and record the event."""
    after = await credentials.get(tx, actor.workspace, id)
    assert after
    await workspaces.bump_version(tx, actor.workspace, access=True)
    await events.record(tx, actor, type, after, now_ms=now_ms)
    return after


async def _require_extendable(tx: Transaction, actor: Actor, key: Credential, now_ms: int) -> None:
    """Raise unless the key may expire later: not if it has ended or was rotated, and an owner's only by an owner."""
    if key.has_ended(now_ms):
        raise Invalid({"expires_at": ["can't change: the key has already ended"]})
    if key.replaced_by is not None:
        raise Invalid({"expires_at": ["can't be later: the key was rotated"]})
    holder = await members.get(tx, actor.workspace, key.user)
    if holder is not None and holder.role == Role.OWNER:
        actor.require(Permission.OWNERSHIP_CHANGE)


def _is_later(end: int | None, other: int | None) -> bool:
    """Whether `end` is after `other`; None means never."""
    return other is not None and (end is None or end > other)


def _creator(actor: Actor, holder: int) -> int | None:
    """The user who creates it; None where that is its holder, or the operator, who is no user."""
    return actor.user if actor.user not in (0, holder) else None


def _check(name: str, expires_at: int | None, now_ms: int) -> None:
    problems = {}
    if problem := text.name_problem(name):
        problems["name"] = [problem]
    if expires_at is not None and expires_at <= now_ms:
        problems["expires_at"] = ["must be in the future"]
    if problems:
        raise Invalid(problems)
