"""The records that the store keeps and the domain works with. Times are milliseconds, UTC.

They are Structs, which are created faster than dataclasses: a list creates one for each row (decision 13).
"""

from enum import StrEnum

from msgspec import Struct

from maquette.model.actor import Grants, Role


class Unset(StrEnum):
    """The type of a value that wasn't given, as opposed to null."""

    UNSET = "unset"


UNSET = Unset.UNSET


class Visibility(StrEnum):
    """Who sees a project besides owners, admins and the members assigned to it."""

    PRIVATE = "private"
    TEAM = "team"


class Plan(Struct, frozen=True):
    """What a workspace may do; None is without limit."""

    name: str
    month: int | None
    """Calls in a calendar month, UTC, through all dialects."""
    burst: int | None
    """Calls a minute; a dialect with a burst rule of its own asks only whether this is None."""
    projects: int | None
    """Active projects; archived ones don't count."""
    custom_scopes: bool = False
    """Whether keys may have a custom scope."""


class Workspace(Struct, frozen=True):
    """A team and everything it owns. `version` goes up with every write inside it."""

    serial: int
    id: str
    slug: str
    name: str
    plan: str
    version: int
    created_at: int
    updated_at: int


class User(Struct, frozen=True):
    """A person, known by an e-mail address across all workspaces."""

    serial: int
    id: str
    email: str
    name: str
    created_at: int


class Member(Struct, frozen=True):
    """A person in a workspace: `serial` and `id` are the user's, `status` is invited, active or deactivated."""

    serial: int
    id: str
    workspace: int
    email: str
    name: str
    role: str
    status: str
    created_at: int
    updated_at: int


class Credential(Struct, frozen=True):
    """An API key or a client pair, without its secret; it acts as `user`. `replaced_by` succeeded it by rotation."""

    serial: int
    id: str
    workspace: int
    user: int
    user_id: str
    kind: str
    name: str
    scope: str
    grants: Grants | None
    hint: str
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    created_at: int
    replaced_by: int | None

    def has_ended(self, now_ms: int) -> bool:
        """Whether it was revoked or has expired."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now_ms)


class Font(Struct, frozen=True):
    """One entry of a kit's typography; `size` in points, `kind` the place it is for (title, body …)."""

    id: int | None
    name: str
    size: int
    weight: str
    kind: str


class Color(Struct, frozen=True):
    """One colour of a kit's palette, as `#RGB` or `#RRGGBB`."""

    name: str
    hex: str


class AssetKind(StrEnum):
    """What a kit's file is for."""

    LOGO = "logo"
    IMAGE = "image"


class Asset(Struct, frozen=True):
    """A picture that belongs to a kit; it never changes. `size` is in bytes, width and height in pixels."""

    serial: int
    id: str
    workspace: int
    brand_kit: int
    brand_kit_id: str
    kind: AssetKind
    name: str
    media_type: str
    size: int
    width: int
    height: int
    created_by: int
    created_by_id: str
    created_at: int

    @property
    def updated_at(self) -> int:
        """When it was created: files never change."""
        return self.created_at


class BrandKit(Struct, frozen=True):
    """A named set of brand elements that projects point at."""

    serial: int
    id: str
    workspace: int
    name: str
    typography: tuple[Font, ...]
    created_by: int
    created_by_id: str
    created_at: int
    updated_at: int


class WholeKit(BrandKit, frozen=True):
    """A kit with its palette and its logos, both in their order, which a project's kit comes without."""

    colors: tuple[Color, ...]
    logos: tuple[Asset, ...]


class Project(Struct, frozen=True):
    """A creative project with the kit it is assigned."""

    serial: int
    id: str
    workspace: int
    name: str
    slug: str
    description: str | None
    color: str | None
    visibility: Visibility
    kit_selectable: bool
    created_by: int
    created_by_id: str
    created_at: int
    updated_at: int
    archived_at: int | None
    brand_kit: BrandKit | None


class Assignment(Struct, frozen=True):
    """A member who works on a project."""

    project: Project
    member: Member

    @property
    def serial(self) -> int:
        """The project's."""
        return self.project.serial

    @property
    def id(self) -> str:
        """The project's."""
        return self.project.id


class Event(Struct, frozen=True):
    """What happened to which record, and who did it from where; `user` None is the operator."""

    serial: int
    id: str
    type: str
    subject_kind: str
    subject_id: str
    user_id: str | None
    user_name: str | None
    credential_id: str | None
    address: str
    request_id: str
    at: int


class Session(Struct, frozen=True):
    """A browser in which somebody has signed in to the console, without its token; `workspace` is the one it shows."""

    serial: int
    user: int
    workspace: int | None
    address: str
    agent: str
    created_at: int
    last_used_at: int
    expires_at: int


class SignedIn(Struct, frozen=True):
    """Whose session it is; without workspace and role where they are no active member any more, or never were."""

    session: Session
    user: User
    workspace: Workspace | None = None
    role: Role | None = None
