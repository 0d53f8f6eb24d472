"""Actions, Creatopy's name for event types: `<resource>/<verb>`, each with an id that never changes."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.fields import Moment, moment
from maquette.domain.webhooks import expand_types
from maquette.model.errors import Invalid
from maquette.model.webhooks import TEST

ACTIONS = {
    1: ("project.created", "project/create", "A project was created."),
    2: ("project.updated", "project/update", "A project was changed."),
    3: ("project.deleted", "project/delete", "A project was deleted."),
    4: ("project.archived", "project/archive", "A project was archived."),
    5: ("project.unarchived", "project/unarchive", "An archived project was taken up again."),
    6: ("brand_kit.created", "brandkit/create", "A brand kit was created."),
    7: ("brand_kit.updated", "brandkit/update", "A brand kit was changed."),
    8: ("brand_kit.deleted", "brandkit/delete", "A brand kit was deleted."),
    9: ("member.invited", "member/invite", "A user was invited to the team."),
    10: ("member.joined", "member/join", "A user joined the team."),
    11: ("member.role_changed", "member/changeRole", "A user was given another role."),
    12: ("member.removed", "member/remove", "A user was removed from the team."),
    13: ("subscription.created", "subscription/create", "The team was given its first plan."),
    14: ("subscription.upgraded", "subscription/upgrade", "The team's plan became a larger one."),
    15: ("subscription.downgraded", "subscription/downgrade", "The team's plan became a smaller one."),
    16: ("subscription.cancelled", "subscription/cancel", "The team's plan ended; reserved, not sent yet."),
}
"""By id: the domain's event type, the action's name, and its description."""

SINCE_MS = 1_767_225_600_000
"""2026-01-01, the `createdAt` of every action, in milliseconds."""

ActionId = Annotated[int, Meta(description="As `GET /v1/webhookActions` lists them.", examples=[1])]
ActionName = Annotated[str, Meta(description="`<resource>/<verb>`.", examples=["project/create"])]

_IDS = {type: id for id, (type, _, _) in ACTIONS.items()}
_NAMES = {type: name for type, name, _ in ACTIONS.values()} | {TEST: "webhook/test"}
_TYPES = {name: type for type, name in _NAMES.items()}


class ActionOut(msgspec.Struct, rename="camel"):
    """An action."""

    id: ActionId
    name: ActionName
    description: Annotated[str, Meta(examples=["A project was created."])]
    config: Annotated[None, Meta(description="Always null here.")]
    created_at: Moment

    @classmethod
    def of(cls, id: int) -> "ActionOut":
        """The action of that id."""
        _, name, description = ACTIONS[id]
        return cls(id, name, description, None, moment(SINCE_MS))


def name_of(type: str) -> str:
    """The action's name for an event type, including types that no webhook can choose."""
    return _NAMES.get(type, type.replace(".", "/"))


def type_of(name: str) -> str:
    """The event type of an action's name. An unknown name is returned as it is, and matches nothing."""
    return _TYPES.get(name, name)


def ids_of(types: Iterable[str]) -> list[int]:
    """The ids of the event types' actions, in ascending order; all of them for `*`."""
    return sorted(_IDS[type] for type in expand_types(types))


def types_of(ids: list[int]) -> tuple[str, ...]:
    """The event types of the actions. Raises `Invalid`."""
    unknown = sorted(set(ids) - ACTIONS.keys())
    if unknown:
        raise Invalid({"actions": [f"can't be {', '.join(map(str, unknown))}"]})
    if not ids:
        raise Invalid({"actions": ["must name at least one action"]})
    return tuple(ACTIONS[id][0] for id in ids)
