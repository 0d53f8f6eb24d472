"""Users, their roles and their projects as Creatopy shows and takes them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes.connection import KEYWORD_LENGTH, ListQuery
from maquette.dialects.creatopy.shapes.fields import Email, MemberId, MemberName, ProjectId, RoleId, TeamId
from maquette.model.actor import Role
from maquette.model.errors import Invalid
from maquette.model.records import Member

ROLES = {
    1: (Role.ADMIN, "Admin", "Does everything but change or make owners."),
    2: (Role.MEMBER, "Viewer", "Sees and edits the team's projects, and the private ones they are assigned to."),
    3: (Role.OWNER, "Owner", "Does everything."),
}
"""By id: the domain's role, its name in this API, and its description."""

Picture = Annotated[None, Meta(description="Always null here.")]


class UserQuery(ListQuery, frozen=True):
    """Which part of the team, in which order."""

    keyword: Annotated[str, Meta(max_length=KEYWORD_LENGTH, description="Name or e-mail address contains this.")] = ""


class ProjectQuery(msgspec.Struct, frozen=True):
    """Whose project's users."""

    projectId: ProjectId  # noqa: N815


class UserIn(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite, as what."""

    name: MemberName
    email: Email
    role: Annotated[int | str, Meta(description="A role's id or name.", examples=[2, "Viewer"])]

    def as_role(self) -> Role:
        """Convert to the domain's role. Raises `Invalid`."""
        wanted = str(self.role).strip().casefold()
        for id, (role, name, _) in ROLES.items():
            if wanted in (str(id), name.casefold()):
                return role
        raise Invalid({"role": [_CHOICES]})


class UserRoleIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Whom to give which role."""

    user_id: MemberId
    role_id: RoleId

    def as_role(self) -> Role:
        """Convert to the domain's role. Raises `Invalid`."""
        if self.role_id not in ROLES:
            raise Invalid({"roleId": [_CHOICES]})
        return ROLES[self.role_id][0]


class UserRef(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to remove."""

    email: Email


class ProjectUserRef(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Who works on what."""

    user_id: MemberId
    project_id: ProjectId


class RoleOut(msgspec.Struct):
    """A role."""

    id: RoleId
    name: Annotated[str, Meta(examples=["Admin"])]


class RoleFullOut(msgspec.Struct):
    """A role, and what it is."""

    id: RoleId
    name: Annotated[str, Meta(examples=["Admin"])]
    description: str

    @classmethod
    def of(cls, member: Member) -> "RoleFullOut":
        """The member's role in this API's format."""
        id = id_of(member)
        return cls(id, *ROLES[id][1:])


class UserNode(msgspec.Struct, rename="camel"):
    """A user in the list, and as the answer to a change."""

    id: MemberId
    name: MemberName
    email: Email
    role: RoleFullOut
    profile_picture: Picture

    @classmethod
    def of(cls, member: Member) -> "UserNode":
        """The record in this API's format."""
        return cls(member.serial, member.name, member.email, RoleFullOut.of(member), None)


class UserMade(msgspec.Struct):
    """A user as the answer to their invitation."""

    name: MemberName
    id: MemberId
    email: Email

    @classmethod
    def of(cls, member: Member) -> "UserMade":
        """The record in this API's format."""
        return cls(member.name, member.serial, member.email)


class ProjectUserOut(msgspec.Struct, rename="camel"):
    """A user who works on a project."""

    user_id: MemberId
    team_id: TeamId
    name: MemberName
    url: Annotated[None, Meta(description="Always null here.")]
    email: Email
    profile_picture: Picture
    role: Annotated[str, Meta(description="The role's name.", examples=["Viewer"])]
    team_role_id: RoleId

    @classmethod
    def of(cls, member: Member) -> "ProjectUserOut":
        """The record in this API's format."""
        id = id_of(member)
        return cls(member.serial, member.workspace, member.name, None, member.email, None, ROLES[id][1], id)


def id_of(member: Member) -> int:
    """The id of the member's role."""
    return next(id for id, (role, _, _) in ROLES.items() if role == member.role)


_CHOICES = "must be one of " + ", ".join(f"{id} ({name})" for id, (_, name, _) in ROLES.items())
