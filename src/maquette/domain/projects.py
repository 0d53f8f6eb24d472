"""Projects: created, listed, read, changed, archived and removed, within the actor's rights and the plan's limit."""

from collections.abc import Callable
from itertools import product

from msgspec.structs import replace

from maquette.domain import brand_kits, drafts, events, slugs
from maquette.domain.drafts import ProjectDraft as ProjectDraft
from maquette.domain.drafts import ProjectPatch as ProjectPatch
from maquette.domain.drafts import Ref as Ref
from maquette.model.actor import Actor, Permission
from maquette.model.errors import Invalid, Invisible, NotFound, PlanLimit
from maquette.model.ids import LARGEST_SERIAL, new_id, reads_as_uuid
from maquette.model.page import Order, Slice, Window
from maquette.model.records import BrandKit, Project, Unset, Visibility
from maquette.store import projects, workspaces
from maquette.store.database import Transaction, Value
from maquette.store.projects import ProjectFilter as ProjectFilter
from maquette.store.totals import RowChange
from maquette.store.workspaces import Capacity, Tally

Guard = Callable[[Project], None]
"""Looks at the present project and raises `Stale` where the caller expected another one."""


def anything(_: Project) -> None:
    """The guard that lets every version pass."""


async def create(tx: Transaction, actor: Actor, draft: ProjectDraft, *, now_ms: int) -> Project:
    """Add a project. Raises `Forbidden`, `Invalid`, `PlanLimit`, `UnknownReference`."""
    actor.require(Permission.PROJECT_CREATE)
    if draft.name != (name := draft.name.strip()):
        draft = replace(draft, name=name)
    drafts.check(draft)
    capacity = await workspaces.lock_capacity(tx, actor.workspace)
    _require_capacity(capacity)
    kit = await brand_kits.resolve_reference(tx, actor.workspace, draft.brand_kit)
    project = await _insert(tx, actor, draft, kit, now_ms=now_ms)
    return await _record_change(tx, actor, project, "project.created", before=None, capacity=capacity, now_ms=now_ms)


async def list_(tx: Transaction, actor: Actor, filter: ProjectFilter, order: Order, window: Window) -> Slice[Project]:
    """One window of the projects that the actor sees."""
    actor.require(Permission.PROJECT_READ)
    return await projects.list_(
        tx,
        actor.workspace,
        sight=actor.sight,
        filter=filter,
        order=order,
        window=window,
        kept_total=await _kept_total(tx, actor, filter.archived) if filter.is_plain() else None,
    )


async def get(tx: Transaction, actor: Actor, ref: Ref) -> Project:
    """The project. Raises `NotFound`, or its subclass `Invisible` for one that the actor may not see."""
    actor.require(Permission.PROJECT_READ)
    project = await projects.get(tx, actor.workspace, *_lookup_key(ref))
    if project is None:
        raise NotFound("project")
    if not await _sees(tx, actor, project):
        raise Invisible("project")
    return project


async def change(
    tx: Transaction, actor: Actor, ref: Ref, patch: ProjectPatch, *, now_ms: int, guard: Guard = anything
) -> Project:
    """Change what the patch names. Raises as `get` does, `Invalid`, `UnknownReference`, and what the guard raises."""
    before = await _lock_and_get(tx, actor, Permission.PROJECT_EDIT, ref, guard)
    if not isinstance(patch.name, Unset):
        patch = replace(patch, name=patch.name.strip())
    drafts.check(patch)
    values = await _differences(tx, before, patch)
    if not values:
        return before
    await projects.change(tx, before.serial, {**values, "updated_at": now_ms})
    return await _reload_and_record(tx, actor, before.serial, "project.updated", before=before, now_ms=now_ms)


async def archive(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> Project:
    """Archive the project: it stays, but doesn't count towards the plan. Raises as `get` does."""
    before = await _lock_and_get(tx, actor, Permission.PROJECT_ARCHIVE, ref, guard)
    if before.archived_at is not None:
        return before
    await projects.change(tx, before.serial, {"archived_at": now_ms, "updated_at": now_ms})
    return await _reload_and_record(tx, actor, before.serial, "project.archived", before=before, now_ms=now_ms)


async def unarchive(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> Project:
    """Make an archived project active again. Raises as `get` does, and `PlanLimit` where the plan has no room."""
    before = await _lock_and_get(tx, actor, Permission.PROJECT_ARCHIVE, ref, guard)
    if before.archived_at is None:
        return before
    _require_capacity(await workspaces.lock_capacity(tx, actor.workspace))
    await projects.change(tx, before.serial, {"archived_at": None, "updated_at": now_ms})
    return await _reload_and_record(tx, actor, before.serial, "project.unarchived", before=before, now_ms=now_ms)


async def remove(tx: Transaction, actor: Actor, ref: Ref, *, now_ms: int, guard: Guard = anything) -> None:
    """Delete the project for good. Raises as `get` does."""
    before = await _lock_and_get(tx, actor, Permission.PROJECT_DELETE, ref, guard)
    await projects.delete(tx, before.serial)
    await workspaces.bump_version(tx, actor.workspace, _tally(before, -1), row_changes=(RowChange(before, None),))
    await events.record(tx, actor, "project.deleted", before, now_ms=now_ms)


async def _insert(tx: Transaction, actor: Actor, draft: ProjectDraft, kit: BrandKit | None, *, now_ms: int) -> Project:
    """Insert the project; a free slug is searched for only if the first choice is taken. Raises `Invalid`."""
    id, slug = new_id(now_ms), draft.slug or slugs.first(draft.name)
    assert actor.user_id  # whoever may make projects is a person
    workspace, maker = actor.workspace, actor.user
    values = drafts.columns(draft, id=id, workspace=workspace, slug=slug, made_by=maker, kit=kit, now_ms=now_ms)
    serial = await projects.insert(tx, values)
    if serial is None:
        slug = values["slug"] = await _available_slug(tx, workspace, draft.slug, draft.name)
        serial = await projects.insert(tx, values)
    assert serial
    return Project(
        serial=serial,
        id=id,
        workspace=workspace,
        name=draft.name,
        slug=slug,
        description=draft.description,
        color=draft.color,
        visibility=draft.visibility,
        kit_selectable=True,
        created_by=maker,
        created_by_id=actor.user_id,
        created_at=now_ms,
        updated_at=now_ms,
        archived_at=None,
        brand_kit=kit,
    )


async def _lock_and_get(tx: Transaction, actor: Actor, permission: Permission, ref: Ref, guard: Guard) -> Project:
    """Lock the workspace and read the project. `NotFound` and `Invisible` come before a missing permission."""
    await workspaces.lock(tx, actor.workspace)
    project = await get(tx, actor, ref)
    actor.require(permission)
    guard(project)
    return project


async def _reload_and_record(
    tx: Transaction, actor: Actor, serial: int, type: str, *, before: Project | None, now_ms: int
) -> Project:
    after = await projects.get(tx, actor.workspace, "serial", serial)
    assert after
    return await _record_change(tx, actor, after, type, before=before, now_ms=now_ms)


async def _record_change(
    tx: Transaction,
    actor: Actor,
    after: Project,
    type: str,
    *,
    before: Project | None,
    now_ms: int,
    capacity: Capacity | None = None,
) -> Project:
    """Bump the workspace's version and counts, and record the event; `capacity` if it was read under the lock."""
    locked_version, has_endpoints = (capacity.version, capacity.has_endpoints) if capacity else (None, True)
    await workspaces.bump_version(
        tx,
        actor.workspace,
        _tally_change(before, after),
        locked_version=locked_version,
        row_changes=(RowChange(before, after),),
    )
    await events.record(tx, actor, type, after, now_ms=now_ms, has_endpoints=has_endpoints)
    return after


async def _sees(tx: Transaction, actor: Actor, project: Project) -> bool:
    sight = actor.sight
    if sight.projects is not None and project.id not in sight.projects:
        return False
    if sight.user is None or project.visibility is Visibility.TEAM:
        return True
    return await projects.is_assigned(tx, sight.user, project.serial)


async def _kept_total(tx: Transaction, actor: Actor, archived: bool | None) -> int | None:
    _, tally = await workspaces.counts(tx, actor.workspace)
    team = _sum_of_states(archived, tally.active_team, tally.archived_team)
    if actor.sight.projects is not None:
        return None
    if actor.sight.user is None:
        return team + _sum_of_states(archived, tally.active_private, tally.archived_private)
    return team + await projects.count_assigned(tx, actor.workspace, actor.user, archived)


def _sum_of_states(archived: bool | None, active_count: int, archived_count: int) -> int:
    return {None: active_count + archived_count, True: archived_count, False: active_count}[archived]


def _require_capacity(capacity: Capacity) -> None:
    if capacity.max_projects is not None and capacity.active >= capacity.max_projects:
        raise PlanLimit(capacity.plan, capacity.max_projects)


async def _available_slug(tx: Transaction, workspace: int, wanted: str | None, name: str) -> str:
    if wanted is None:
        return await slugs.free(tx, workspace, slugs.first(name))
    if await projects.taken_slugs(tx, workspace, [wanted]):
        raise Invalid({"slug": ["is already used in this workspace"]})
    return wanted


async def _differences(tx: Transaction, before: Project, patch: ProjectPatch) -> dict[str, Value]:
    """The columns whose values the patch changes."""
    values: dict[str, Value] = {}
    if not isinstance(patch.name, Unset) and patch.name != before.name:
        values |= drafts.name_columns(patch.name)
    if not isinstance(patch.description, Unset) and patch.description != before.description:
        values |= drafts.description_columns(patch.description)
    if not isinstance(patch.color, Unset) and patch.color != before.color:
        values["color"] = patch.color
    if not isinstance(patch.visibility, Unset) and patch.visibility is not before.visibility:
        values["visibility"] = patch.visibility.value
    if not isinstance(patch.kit_selectable, Unset) and patch.kit_selectable is not before.kit_selectable:
        values["kit_selectable"] = int(patch.kit_selectable)
    if not isinstance(patch.brand_kit, Unset):
        kit = await brand_kits.resolve_reference(tx, before.workspace, patch.brand_kit)
        if kit != before.brand_kit:
            values["brand_kit"] = kit.serial if kit else None
    if not isinstance(patch.slug, Unset) and patch.slug != before.slug:
        name = before.name if isinstance(patch.name, Unset) else patch.name
        values["slug"] = await _changed_slug(tx, before, patch.slug, name)
    return values


async def _changed_slug(tx: Transaction, before: Project, wanted: str | None, name: str) -> str:
    if wanted is None:
        return await slugs.regenerate(tx, before.workspace, slugs.first(name), before.slug)
    return await _available_slug(tx, before.workspace, wanted, name)


def _lookup_key(ref: Ref) -> tuple[str, Ref]:
    """The column to look the project up by, and the value to look for."""
    if isinstance(ref, int):
        return "serial", ref if 0 < ref <= LARGEST_SERIAL else 0
    return ("id", ref.lower()) if reads_as_uuid(ref) else ("slug", ref)


def _tally(project: Project, by: int) -> Tally:
    return _TALLIES[project.archived_at is None, project.visibility, by]


_TALLIES = {
    (is_active, visibility, by): Tally(**{f"{'active' if is_active else 'archived'}_{visibility.value}": by})
    for is_active, visibility, by in product((True, False), Visibility, (1, -1))
}
"""The change of the counts for one project more (1) or less (-1), by whether it is active, and its visibility."""


def _tally_change(before: Project | None, after: Project) -> Tally:
    added = _tally(after, 1)
    if before is None:
        return added
    gone = _tally(before, -1)
    return Tally(
        active_private=added.active_private + gone.active_private,
        active_team=added.active_team + gone.active_team,
        archived_private=added.archived_private + gone.archived_private,
        archived_team=added.archived_team + gone.archived_team,
    )
