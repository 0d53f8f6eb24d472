"""Members as CraftDesk shows and takes them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from maquette.dialects.craftdesk.shapes.fields import Id, Moment, Name
from maquette.dialects.craftdesk.shapes.page import TEXT_LENGTH, PageNumber, PageSize, Sort, moment
from maquette.domain.members import MemberPatch
from maquette.model.actor import Role
from maquette.model.records import Member
from maquette.wire.texts import CHOICE

MemberRef = Annotated[Id, Meta(description="The user's id.")]
Email = Annotated[str, Meta(description="Case-insensitive; kept in lower case.", examples=["ada@example.com"])]
MemberName = Annotated[Name, Meta(examples=["Ada Lovelace"])]
RoleName = Annotated[Role, CHOICE, Meta(description="What they may do here.")]
Status = Annotated[
    Literal["invited", "active", "deactivated"],
    CHOICE,
    Meta(description="`invited` until they follow the link in their letter; `deactivated` ones are shut out."),
]
NewStatus = Annotated[Literal["active", "deactivated"], CHOICE, Meta(description="`deactivated` shuts them out.")]


class MemberQuery(msgspec.Struct, frozen=True):
    """Which members, in which order."""

    page: PageNumber = 1
    per_page: PageSize = 20
    sort: Sort = "-created_at"
    q: Annotated[str, Meta(max_length=TEXT_LENGTH, description="Name or e-mail address contains this.")] | None = None


class AssignedQuery(msgspec.Struct, frozen=True):
    """Which part of a project's members, in which order."""

    page: PageNumber = 1
    per_page: PageSize = 20
    sort: Sort = "-created_at"


class MemberIn(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite, as what."""

    email: Email
    role: RoleName
    name: Annotated[MemberName | None, Meta(description="Default: their present name, or what precedes the @.")] = None


class MemberPatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; a field that isn't there stays as it is."""

    role: RoleName | UnsetType = UNSET
    status: NewStatus | UnsetType = UNSET

    def patch(self) -> MemberPatch:
        """Convert to the domain's type."""
        return MemberPatch(None if self.role is UNSET else self.role, None if self.status is UNSET else self.status)


class AssignmentIn(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to assign."""

    user_id: Annotated[Id, Meta(description="An active member's user id.")]


class MemberOut(msgspec.Struct):
    """A member as they are shown."""

    id: MemberRef
    email: Email
    name: MemberName
    role: RoleName
    status: Status
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, member: Member) -> "MemberOut":
        """The record in this API's format."""
        return cls(
            member.id,
            member.email,
            member.name,
            Role(member.role),
            member.status,  # type: ignore[arg-type]
            moment(member.created_at),
            moment(member.updated_at),
        )
