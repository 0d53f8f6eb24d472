"""What may a project be? Drafts and patches, the validation of their texts, and the columns made from them."""

from collections.abc import Callable

from msgspec import Struct

from maquette.model import text
from maquette.model.errors import Invalid
from maquette.model.ids import reads_as_uuid
from maquette.model.records import UNSET, BrandKit, Unset, Visibility
from maquette.store.database import Value

Ref = int | str
"""A serial, or a UUID or slug in text."""


class ProjectDraft(Struct, frozen=True):
    """A project to create; the slug is derived from the name unless given."""

    name: str
    description: str | None = None
    color: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    slug: str | None = None
    brand_kit: Ref | None = None


class ProjectPatch(Struct, frozen=True):
    """What to change. None clears a field, except `slug`: None derives it from the name again."""

    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    color: str | None | Unset = UNSET
    visibility: Visibility | Unset = UNSET
    slug: str | None | Unset = UNSET
    brand_kit: Ref | None | Unset = UNSET
    kit_selectable: bool | Unset = UNSET


def check(draft: ProjectDraft | ProjectPatch) -> None:
    """Validate the texts. Raises `Invalid`, naming each field that breaks its rule."""
    problems = {}
    for field, rule in _RULES.items():
        value = getattr(draft, field)
        if value is None or value is UNSET:
            continue
        if problem := rule(value):
            problems[field] = [problem]
    if problems:
        raise Invalid(problems)


def _slug_problem(slug: str) -> str | None:
    return "must not read as a UUID" if reads_as_uuid(slug) else text.slug_problem(slug)


_RULES: dict[str, Callable[[str], str | None]] = {
    "name": text.name_problem,
    "description": text.description_problem,
    "color": text.color_problem,
    "slug": _slug_problem,
}


def columns(
    draft: ProjectDraft, *, id: str, workspace: int, slug: str, made_by: int, kit: BrandKit | None, now_ms: int
) -> dict[str, Value]:
    """The columns of a new project's row."""
    return {
        "id": id,
        "workspace": workspace,
        "slug": slug,
        "name": draft.name,
        "name_folded": text.fold(draft.name),
        "description": draft.description,
        "description_folded": _folded(draft.description),
        "color": draft.color,
        "visibility": draft.visibility,
        "brand_kit": kit.serial if kit else None,
        "kit_selectable": 1,
        "created_by": made_by,
        "created_at": now_ms,
        "updated_at": now_ms,
    }


def name_columns(name: str) -> dict[str, Value]:
    """The columns that depend on the name."""
    return {"name": name, "name_folded": text.fold(name)}


def description_columns(description: str | None) -> dict[str, Value]:
    """The columns that depend on the description."""
    return {"description": description, "description_folded": _folded(description)}


def _folded(description: str | None) -> str | None:
    return None if description is None else text.fold(description)
