"""Brand kits: created, listed, changed and removed. Projects refer to them, files belong to them."""

from collections.abc import Callable, Sequence

from maquette.domain import events, styles
from maquette.model import text
from maquette.model.actor import Actor, Permission
from maquette.model.errors import InUse, NotFound, UnknownReference
from maquette.model.ids import LARGEST_SERIAL, new_id
from maquette.model.page import AfterCursor, Order, Slice, SortField, Window
from maquette.model.records import UNSET, BrandKit, Color, Font, Unset, WholeKit
from maquette.store import assets, brand_kits, projects, workspaces
from maquette.store.database import Change, Transaction, Value
from maquette.store.projects import ProjectFilter
from maquette.store.workspaces import Tally

Ref = int | str
Guard = Callable[[WholeKit], None]

MAX_NAMES = 5
"""How many of the projects that use a kit `InUse` names."""

FIRST_FONTS = (
    Font(None, "Roboto", 48, "700", "title"),
    Font(None, "Roboto", 24, "500", "subtitle"),
    Font(None, "Roboto", 16, "400", "body"),
)
"""The typography of a new kit, unless another is given."""


def anything(_: WholeKit) -> None:
    """The guard that lets every version pass."""


async def create(
    tx: Transaction,
    actor: Actor,
    name: str,
    *,
    colors: Sequence[Color] = (),
    typography: Sequence[Font] = FIRST_FONTS,
    now_ms: int,
) -> WholeKit:
    """Add a kit. Raises `Forbidden`, `Invalid`."""
    actor.require(Permission.BRAND_KIT_CREATE)
    name, palette, fonts = styles.checked(name, colors, typography)
    await workspaces.lock(tx, actor.workspace)
    kit = await brand_kits.insert(
        tx,
        id=new_id(now_ms),
        workspace=actor.workspace,
        name=name,
        name_folded=text.fold(name),
        typography=fonts,
        created_by=actor.user,
        now_ms=now_ms,
    )
    await brand_kits.put_colors(tx, kit.serial, palette)
    return await _record_change(tx, actor, kit.serial, "brand_kit.created", Tally(brand_kits=1), now_ms=now_ms)


async def list_(tx: Transaction, actor: Actor, keyword: str, order: Order, window: Window) -> Slice[WholeKit]:
    """One window of the kits whose name contains the folded keyword."""
    actor.require(Permission.BRAND_KIT_READ)
    kept_total = None
    if not keyword:
        _, tally = await workspaces.counts(tx, actor.workspace)
        kept_total = tally.brand_kits
    found = await brand_kits.list_(
        tx, actor.workspace, keyword=keyword, order=order, window=window, kept_total=kept_total
    )
    return Slice(await _with_parts(tx, found.items), found.total, found.has_next)


async def get(tx: Transaction, actor: Actor, ref: Ref) -> WholeKit:
    """The kit. Raises `NotFound`."""
    actor.require(Permission.BRAND_KIT_READ)
    kit = await _find(tx, actor.workspace, ref)
    if kit is None:
        raise NotFound("brand kit")
    return (await _with_parts(tx, [kit]))[0]


async def change(
    tx: Transaction,
    actor: Actor,
    ref: Ref,
    name: str | None,
    *,
    colors: Sequence[Color] | Unset = UNSET,
    typography: Sequence[Font] | Unset = UNSET,
    now_ms: int,
    guard: Guard = anything,
) -> WholeKit:
    """Change the kit's name, palette or typography; a given list replaces the old one.

    Raises `NotFound`, `Invalid`.
    """
    before = await _lock_and_get(tx, actor, Permission.BRAND_KIT_EDIT, ref, guard)
    name, palette, fonts = styles.checked(
        before.name if name is None else name,
        before.colors if isinstance(colors, Unset) else colors,
        before.typography if isinstance(typography, Unset) else typography,
    )
    if (name, palette, fonts) == (before.name, before.colors, before.typography):
        return before
    if palette != before.colors:
        await brand_kits.put_colors(tx, before.serial, palette)
    values: dict[str, Value] = {"name": name, "name_folded": text.fold(name), "typography": brand_kits.stored(fonts)}
    return await apply_change(tx, actor, before.serial, values, now_ms=now_ms)


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """Delete the kit with its files. Raises `NotFound`, and `InUse` while projects, archived ones too, point at it."""
    before = await _lock_and_get(tx, actor, Permission.BRAND_KIT_DELETE, ref, guard)
    await _require_unused(tx, actor, before)
    kept = [keys for _, keys in await assets.every(tx, before.serial)]
    await brand_kits.delete(tx, before.serial)
    await workspaces.bump_version(tx, actor.workspace, Tally(brand_kits=-1))
    tx.notify(Change(actor.workspace, dropped=tuple(key for keys in kept for key in (keys.content, keys.thumbnail))))
    await events.record(tx, actor, "brand_kit.deleted", before, now_ms=now_ms)


async def resolve_reference(tx: Transaction, workspace: int, ref: Ref | None) -> BrandKit | None:
    """The kit that a project's body refers to; None for None. Raises `UnknownReference`."""
    if ref is None:
        return None
    kit = await _find(tx, workspace, ref)
    if kit is None:
        raise UnknownReference("brand_kit", "brand kit")
    return kit


async def apply_change(
    tx: Transaction, actor: Actor, serial: int, values: dict[str, Value] | None = None, *, now_ms: int
) -> WholeKit:
    """Write the columns and `updated_at`, and record the event: the end of every change of a kit, or of its files."""
    actor.require(Permission.BRAND_KIT_EDIT)
    await brand_kits.change(tx, serial, {**(values or {}), "updated_at": now_ms})
    return await _record_change(tx, actor, serial, "brand_kit.updated", Tally(), now_ms=now_ms)


async def _record_change(
    tx: Transaction, actor: Actor, serial: int, type: str, tally: Tally, *, now_ms: int
) -> WholeKit:
    after = await get(tx, actor, serial)
    await workspaces.bump_version(tx, actor.workspace, tally)
    await events.record(tx, actor, type, after, now_ms=now_ms)
    return after


async def _lock_and_get(tx: Transaction, actor: Actor, permission: Permission, ref: Ref, guard: Guard) -> WholeKit:
    """Lock the workspace and read the kit. `NotFound` comes before a missing permission."""
    await workspaces.lock(tx, actor.workspace)
    kit = await get(tx, actor, ref)
    actor.require(permission)
    guard(kit)
    return kit


async def _require_unused(tx: Transaction, actor: Actor, kit: BrandKit) -> None:
    count = await brand_kits.count_projects(tx, kit.serial)
    if not count:
        return
    if not actor.may(Permission.PROJECT_READ):  # a key limited to brand kits isn't told which projects
        raise InUse("brand kit", count)
    found = await projects.list_(
        tx,
        actor.workspace,
        sight=actor.sight,
        filter=ProjectFilter(brand_kit=kit.id),
        order=Order(SortField.NAME, descending=False),
        window=AfterCursor(MAX_NAMES, None),
        kept_total=count,
    )
    raise InUse("brand kit", count, [project.name for project in found.items])


async def _with_parts(tx: Transaction, kits: Sequence[BrandKit]) -> list[WholeKit]:
    """The kits with their palettes and logos."""
    serials = [kit.serial for kit in kits]
    colors, logos = await brand_kits.colors(tx, serials), await assets.logos(tx, serials)
    return [
        WholeKit(
            kit.serial,
            kit.id,
            kit.workspace,
            kit.name,
            kit.typography,
            kit.created_by,
            kit.created_by_id,
            kit.created_at,
            kit.updated_at,
            colors=colors.get(kit.serial, ()),
            logos=logos.get(kit.serial, ()),
        )
        for kit in kits
    ]


async def _find(tx: Transaction, workspace: int, ref: Ref) -> BrandKit | None:
    if isinstance(ref, int) and not 0 < ref <= LARGEST_SERIAL:
        return None
    return await brand_kits.get(tx, workspace, ref.lower() if isinstance(ref, str) else ref)
