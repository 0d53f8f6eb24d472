"""The files of a brand kit: added, listed, read and removed. Their bytes are stored by `files`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from maquette.domain import brand_kits
from maquette.domain.pictures import Picture
from maquette.model import text
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid, NotFound
from maquette.model.ids import LARGEST_SERIAL, new_id
from maquette.model.page import Order, Slice, Window
from maquette.model.records import Asset, AssetKind, WholeKit
from maquette.store import assets, workspaces
from maquette.store.assets import AssetFilter as AssetFilter
from maquette.store.assets import ObjectKeys
from maquette.store.database import Change, Transaction

Ref = int | str
Guard = Callable[[Asset], None]

MAX_PER_KIT = {AssetKind.LOGO: 50, AssetKind.IMAGE: 500}
"""How many of each a kit can hold."""

_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
_UNNAMEABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AssetDraft:
    """A file to add: a picture whose bytes are already stored under these keys."""

    kind: AssetKind
    name: str
    picture: Picture
    keys: ObjectKeys


def anything(_: Asset) -> None:
    """The guard that lets every version pass."""


def named(given: str | None, filename: str, kind: AssetKind) -> str:
    """The name to store: the given one, else the file's without folders, else the kind. Raises `Invalid`."""
    if given is None:
        return _UNNAMEABLE.sub("", _FOLDERS.sub("", filename)).strip()[: text.NAME_LENGTH].strip() or kind.value
    if problem := text.name_problem(given.strip()):
        raise Invalid({"name": [problem]})
    return given.strip()


async def require_capacity(tx: Transaction, actor: Actor, kit: Ref, kind: AssetKind) -> None:
    """Raise what `add` would, before the upload is examined and stored."""
    actor.require(Permission.BRAND_KIT_READ)
    await _get_with_capacity(tx, actor, kit, kind)


async def add(tx: Transaction, actor: Actor, kit: Ref, draft: AssetDraft, *, now_ms: int) -> Asset:
    """Add the file to the kit. Raises `NotFound`, and `Invalid` for a kit that is full."""
    actor.require(Permission.BRAND_KIT_READ)
    await workspaces.lock(tx, actor.workspace)
    owner = await _get_with_capacity(tx, actor, kit, draft.kind)
    id = new_id(now_ms)
    await assets.insert(
        tx,
        {
            "id": id,
            "workspace": actor.workspace,
            "brand_kit": owner.serial,
            "kind": draft.kind.value,
            "name": draft.name,
            "name_folded": text.fold(draft.name),
            "media_type": draft.picture.media_type,
            "size": len(draft.picture.content),
            "width": draft.picture.width,
            "height": draft.picture.height,
            "object_key": draft.keys.content,
            "thumbnail_key": draft.keys.thumbnail,
            "created_by": actor.user,
            "created_at": now_ms,
        },
    )
    await brand_kits.apply_change(tx, actor, owner.serial, now_ms=now_ms)
    added, _ = await located(tx, actor, id, kit=owner.serial)
    return added


async def list_(
    tx: Transaction, actor: Actor, kit: Ref, filter: AssetFilter, order: Order, window: Window
) -> Slice[Asset]:
    """One window of the kit's matching files. Raises `NotFound`."""
    actor.require(Permission.BRAND_KIT_READ)
    owner = await brand_kits.get(tx, actor, kit)
    return await assets.list_(tx, owner.serial, filter=filter, order=order, window=window)


async def whole(tx: Transaction, actor: Actor, kit: Ref) -> tuple[WholeKit, list[tuple[Asset, ObjectKeys]]]:
    """The kit with all its files and their object keys. Raises `NotFound`."""
    actor.require(Permission.BRAND_KIT_READ)
    owner = await brand_kits.get(tx, actor, kit)
    return owner, await assets.every(tx, owner.serial)


async def located(tx: Transaction, actor: Actor, ref: Ref, *, kit: Ref | None = None) -> tuple[Asset, ObjectKeys]:
    """The file and its object keys. Raises `NotFound`, also for a file that isn't in the given kit."""
    actor.require(Permission.BRAND_KIT_READ)
    owner = None if kit is None else await brand_kits.get(tx, actor, kit)
    found = None
    if isinstance(ref, str) or 0 < ref <= LARGEST_SERIAL:
        found = await assets.get(tx, actor.workspace, ref.lower() if isinstance(ref, str) else ref)
    if found is None or (owner is not None and found[0].brand_kit != owner.serial):
        raise NotFound("asset")
    return found


async def remove(
    tx: Transaction, actor: Actor, ref: Ref, *, kit: Ref | None = None, now_ms: int, guard: Guard = anything
) -> None:
    """Delete the file from its kit. Raises `NotFound`, `Forbidden`."""
    actor.require(Permission.BRAND_KIT_READ)
    await workspaces.lock(tx, actor.workspace)
    asset, keys = await located(tx, actor, ref, kit=kit)
    actor.require(Permission.BRAND_KIT_EDIT)
    guard(asset)
    await assets.delete(tx, asset.serial)
    tx.notify(Change(actor.workspace, dropped=(keys.content, keys.thumbnail)))
    await brand_kits.apply_change(tx, actor, asset.brand_kit, now_ms=now_ms)


async def _get_with_capacity(tx: Transaction, actor: Actor, kit: Ref, kind: AssetKind) -> WholeKit:
    owner = await brand_kits.get(tx, actor, kit)
    actor.require(Permission.BRAND_KIT_EDIT)
    if await assets.count(tx, owner.serial, kind) >= MAX_PER_KIT[kind]:
        raise Invalid({"kind": [f"can't be {kind.value}: a brand kit holds at most {MAX_PER_KIT[kind]} of them"]})
    return owner
