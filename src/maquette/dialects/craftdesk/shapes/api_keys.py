"""API keys as CraftDesk shows and takes them; the key itself is in one response only."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.craftdesk.shapes.fields import Id, Moment, Name
from maquette.dialects.craftdesk.shapes.page import PageNumber, PageSize, instant, moment
from maquette.domain.credentials import MAX_OVERLAP_S, KeyDraft, KeyPatch
from maquette.domain.grants import MAX_PROJECTS
from maquette.domain.keys import KEY_PATTERN
from maquette.model import records
from maquette.model.actor import Access, Grants, Resource, Scope
from maquette.model.records import Credential
from maquette.wire.texts import CHOICE

KeyRef = Annotated[Id, Meta(description="The key's id.")]
KeyName = Annotated[Name, Meta(examples=["Deploy"])]
Reach = Annotated[Access, CHOICE, Meta(description="`write` reads too.")]
ScopeName = Annotated[Scope, CHOICE, Meta(description="`custom` needs `grants`, and a plan that includes it.")]
FUTURE = "An RFC 3339 time, or a date (midnight UTC), in the future;"
When = Annotated[str, Meta(extra_json_schema={"examples": ["2031-03-23T14:35:21Z"]})]


class Grant(msgspec.Struct, forbid_unknown_fields=True):
    """How far a key reaches in one type of resource."""

    access: Reach


class ProjectGrant(msgspec.Struct, forbid_unknown_fields=True):
    """How far a key reaches in projects, and in which."""

    access: Reach
    ids: Annotated[
        list[Id] | UnsetType,
        Meta(description=f"The only ones it sees, 1 to {MAX_PROJECTS}; by default all that its maker sees."),
    ] = UNSET


class GrantsShape(msgspec.Struct, forbid_unknown_fields=True):
    """What a custom key may reach, and nothing else. A key of named projects can't create projects."""

    projects: ProjectGrant | UnsetType = UNSET
    brand_kits: Grant | UnsetType = UNSET
    members: Grant | UnsetType = UNSET
    webhooks: Grant | UnsetType = UNSET
    events: Grant | UnsetType = UNSET

    def grants(self) -> Grants:
        """Convert to the domain's type."""
        given = {resource: getattr(self, resource.value) for resource in Resource}
        resources = {resource: grant.access for resource, grant in given.items() if grant is not UNSET}
        ids = UNSET if self.projects is UNSET else self.projects.ids
        return Grants(resources, None if ids is UNSET else tuple(dict.fromkeys(id.lower() for id in ids)))

    @classmethod
    def of(cls, grants: Grants) -> "GrantsShape":
        """The domain's grants in this API's format."""
        named: dict[str, Grant | ProjectGrant] = {
            resource.value: Grant(access) for resource, access in grants.resources.items()
        }
        if Resource.PROJECTS in grants.resources:
            ids = UNSET if grants.projects is None else list(grants.projects)
            named["projects"] = ProjectGrant(grants.resources[Resource.PROJECTS], ids)
        return cls(**named)  # type: ignore[arg-type]


class KeyQuery(msgspec.Struct, frozen=True):
    """Which part of the list."""

    page: PageNumber = 1
    per_page: PageSize = 20


class KeyIn(msgspec.Struct, forbid_unknown_fields=True):
    """A key to be made."""

    name: KeyName
    scope: ScopeName
    grants: Annotated[GrantsShape | None, Meta(description="Required for the scope `custom`, else refused.")] = None
    expires_at: Annotated[When | None, Meta(description=f"{FUTURE} null is never.")] = None

    def draft(self) -> KeyDraft:
        """Convert to the domain's type. Raises `Invalid`."""
        grants = self.grants.grants() if self.grants is not None else None
        return KeyDraft(self.name, self.scope, grants, instant("expires_at", self.expires_at))


class KeyPatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; a field that isn't there stays as it is."""

    name: KeyName | UnsetType = UNSET
    expires_at: Annotated[When | None | UnsetType, Meta(description=f"{FUTURE} null is never.")] = UNSET

    def patch(self) -> KeyPatch:
        """Convert to the domain's type. Raises `Invalid`."""
        return KeyPatch(
            name=records.UNSET if self.name is UNSET else self.name,
            expires_at=records.UNSET if self.expires_at is UNSET else instant("expires_at", self.expires_at),
        )


class RotationIn(msgspec.Struct, forbid_unknown_fields=True):
    """How to rotate."""

    overlap_seconds: Annotated[
        int,
        Meta(
            description="How long the old key stays valid, in seconds; 0 ends it at once.",
            extra_json_schema={"minimum": 0, "maximum": MAX_OVERLAP_S},
        ),
    ] = 86_400


class KeyOut(msgspec.Struct):
    """A key as it is shown, without its secret."""

    id: KeyRef
    name: KeyName
    scope: ScopeName
    grants: Annotated[GrantsShape | None, Meta(description="null unless the scope is `custom`.")]
    hint: Annotated[str, Meta(description="How it begins and ends.", examples=["mq_live_…x7Qz"])]
    acts_as: Annotated[Id, Meta(description="The user in whose name it calls.")]
    created_at: Moment
    last_used_at: Annotated[Moment | None, Meta(description="null until it is used.")]
    expires_at: Annotated[Moment | None, Meta(description="null for never.")]
    revoked_at: Annotated[Moment | None, Meta(description="null unless it was revoked.", examples=[None])]

    @classmethod
    def of(cls, credential: Credential) -> "KeyOut":
        """The record in this API's format."""
        return cls(**_shown(credential))


class NewKeyOut(KeyOut):
    """A key as it is shown this once."""

    key: Annotated[
        str,
        Meta(
            description="The key itself. It is not shown again.",
            extra_json_schema={"pattern": f"^{KEY_PATTERN}$"},
        ),
    ]

    @classmethod
    def with_key(cls, credential: Credential, key: str) -> "NewKeyOut":
        """The record in this API's format, with its secret."""
        return cls(**_shown(credential), key=key)


def _shown(credential: Credential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "name": credential.name,
        "scope": Scope(credential.scope),
        "grants": None if credential.grants is None else GrantsShape.of(credential.grants),
        "hint": credential.hint,
        "acts_as": credential.user_id,
        "created_at": moment(credential.created_at),
        "last_used_at": _moment(credential.last_used_at),
        "expires_at": _moment(credential.expires_at),
        "revoked_at": _moment(credential.revoked_at),
    }


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
