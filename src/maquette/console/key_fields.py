"""What do the fields of a key's form mean? Its scope, what a custom key may reach, and the day on which it ends."""

from dataclasses import dataclass
from datetime import UTC, datetime

from maquette.console.forms import Form
from maquette.domain.credentials import KeyDraft
from maquette.model.actor import Access, Grants, Permission, Resource, Scope
from maquette.model.errors import Invalid

EVERY, SOME = "every", "some"
"""The answers to which projects a custom key sees."""


@dataclass(frozen=True, slots=True)
class ResourceField:
    """The field for one type of resource, and what can be chosen there."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]


def _field(resource: Resource, label: str) -> ResourceField:
    """Where nothing can be written, that isn't offered."""
    whole = Grants({resource: Access.WRITE})
    changes = [each for each in Permission if not each.endswith(".read") and whole.cover(each)]
    write = ((Access.WRITE.value, "read and write"),) if changes else ()
    return ResourceField(f"access_{resource.value}", label, (("", "none"), (Access.READ.value, "read"), *write))


FIELDS = {
    Resource.PROJECTS: _field(Resource.PROJECTS, "Projects"),
    Resource.BRAND_KITS: _field(Resource.BRAND_KITS, "Brand kits"),
    Resource.MEMBERS: _field(Resource.MEMBERS, "Members"),
    Resource.WEBHOOKS: _field(Resource.WEBHOOKS, "Webhooks"),
    Resource.EVENTS: _field(Resource.EVENTS, "Audit log"),
}


def draft(form: Form) -> KeyDraft:
    """The key that the form describes. Raises `Invalid`."""
    scope = _scope(form)
    return KeyDraft(form.text("name").strip(), scope, _grants(form) if scope is Scope.CUSTOM else None, end_of(form))


def end_of(form: Form) -> int | None:
    """When the key ends: at the first instant of the day, UTC; None is never. Raises `Invalid`."""
    text = form.optional("expires_at")
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid({"expires_at": ["must be a date such as 2031-03-23"]}) from None
    return int(day.timestamp()) * 1000


def day_of(at_ms: int | None) -> str:
    """A time's day in UTC, as the form's field shows it; nothing for never."""
    return "" if at_ms is None else f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%d}"


def _scope(form: Form) -> Scope:
    try:
        return Scope(form.text("scope", Scope.FULL))
    except ValueError:
        raise Invalid({"scope": ["must be full, read_only or custom"]}) from None


def _grants(form: Form) -> Grants:
    chosen = {resource: form.text(field.name) for resource, field in FIELDS.items()}
    try:
        resources = {resource: Access(text) for resource, text in chosen.items() if text}
    except ValueError:
        raise Invalid({"grants": ["must be none, read or write"]}) from None
    if Resource.PROJECTS not in resources or form.text("which", EVERY) == EVERY:
        return Grants(resources)
    ids = tuple(dict.fromkeys(id.lower() for id in form.all("projects")))
    if not ids:
        raise Invalid({"projects": ["must be chosen, or all of them be allowed"]})
    return Grants(resources, ids)
