"""The form of a project: what its fields hold, the choices that it offers, and what somebody else has made of it."""

from dataclasses import dataclass

from maquette.console.forms import Form, Values
from maquette.console.lists import CHOICES
from maquette.domain import brand_kits, members
from maquette.domain.projects import ProjectDraft, ProjectPatch
from maquette.model.actor import Actor
from maquette.model.errors import Invalid, NotFound
from maquette.model.page import BY_NAME, Slice
from maquette.model.records import Member, Project, Visibility
from maquette.wire.call import Transaction

VISIBILITIES = {Visibility.PRIVATE: "private", Visibility.TEAM: "the whole team"}


@dataclass(frozen=True, slots=True)
class KitChoices:
    """The kits that a form offers by id, the first by name and those that are chosen, and how many there are."""

    names: dict[str, str]
    total: int

    @property
    def options(self) -> list[tuple[str, str]]:
        """The choices, none of them first."""
        return [("", "none"), *self.names.items()]


async def kit_choices(tx: Transaction, actor: Actor, *chosen: str) -> KitChoices:
    """The kits to choose from. Those that are chosen already are there in any case, so that a form can keep them."""
    found = await brand_kits.list_(tx, actor, "", BY_NAME, CHOICES)
    names = {kit.id: kit.name for kit in found.items}
    for id in filter(None, chosen):
        if id not in names:
            try:
                names[id] = (await brand_kits.get(tx, actor, id)).name
            except NotFound:
                names[id] = "no longer there"
    return KitChoices(names, found.total)


async def member_choices(tx: Transaction, actor: Actor) -> Slice[Member]:
    """The first members by name."""
    return await members.list_(tx, actor, "", BY_NAME, CHOICES)


def draft_of(form: Form) -> ProjectDraft:
    """The project to create. Raises `Invalid`."""
    return ProjectDraft(
        form.text("name"),
        form.text("description") or None,
        form.optional("color"),
        _visibility(form),
        form.optional("slug"),
        form.optional("brand_kit"),
    )


def patch_of(form: Form) -> ProjectPatch:
    """What to change: every field. Raises `Invalid`."""
    draft = draft_of(form)
    return ProjectPatch(
        name=draft.name,
        description=draft.description,
        color=draft.color,
        visibility=draft.visibility,
        slug=draft.slug,
        brand_kit=draft.brand_kit,
    )


def values_of(project: Project) -> Values:
    """The fields of the form as the project has them."""
    return {
        "name": project.name,
        "description": project.description or "",
        "color": project.color or "",
        "visibility": project.visibility,
        "slug": project.slug,
        "brand_kit": project.brand_kit.id if project.brand_kit else "",
    }


def differences(project: Project, values: Values) -> Values:
    """What the project has now in the fields that hold something else, as a person reads it."""
    kit = project.brand_kit
    words = {"visibility": VISIBILITIES[project.visibility], "brand_kit": kit.name if kit else ""}
    present = values_of(project)
    return {name: words.get(name, value) for name, value in present.items() if value != values.get(name, "")}


def _visibility(form: Form) -> Visibility:
    try:
        return Visibility(form.text("visibility") or Visibility.PRIVATE)
    except ValueError:
        raise Invalid({"visibility": ["must be private or team"]}) from None
