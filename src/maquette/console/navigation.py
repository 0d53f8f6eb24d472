"""The console's sections, and who sees which."""

from dataclasses import dataclass

from maquette.model.actor import Actor, Permission


@dataclass(frozen=True, slots=True)
class Section:
    """A link of the navigation."""

    path: str
    name: str
    permission: Permission
    is_here: bool = False


SECTIONS = (
    Section("/", "Overview", Permission.WORKSPACE_READ),
    Section("/projects", "Projects", Permission.PROJECT_READ),
    Section("/brand-kits", "Brand kits", Permission.BRAND_KIT_READ),
    Section("/members", "Members", Permission.MEMBER_READ),
    Section("/keys", "API access", Permission.CREDENTIAL_READ),
    Section("/webhooks", "Webhooks", Permission.WEBHOOK_READ),
    Section("/usage", "Usage", Permission.USAGE_READ),
    Section("/events", "Audit log", Permission.EVENT_READ),
)


def sections_for(actor: Actor | None, path: str) -> list[Section]:
    """The sections that the actor may look at, the one of this path marked."""
    return [
        Section(section.path, section.name, section.permission, _is_in(path, section.path))
        for section in SECTIONS
        if actor is not None and actor.may(section.permission)
    ]


def _is_in(path: str, section: str) -> bool:
    return path == section or (section != "/" and path.startswith(section + "/"))
