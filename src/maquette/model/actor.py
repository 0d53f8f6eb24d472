"""Who is calling, and what may they do? Every public verb of the domain begins by asking this file."""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from maquette.model.errors import Forbidden, OutOfScope, ReadOnly, Refusal


class Role(StrEnum):
    """What a person is in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Scope(StrEnum):
    """How far a credential reaches, at most."""

    FULL = "full"
    READ_ONLY = "read_only"
    CUSTOM = "custom"


class Permission(StrEnum):
    """One thing that can be allowed, as `noun.verb`."""

    WORKSPACE_READ = "workspace.read"
    WORKSPACE_EDIT = "workspace.edit"  # reserved: no verb asks for it yet
    PROJECT_READ = "project.read"
    PROJECT_EDIT = "project.edit"
    PROJECT_CREATE = "project.create"
    PROJECT_ARCHIVE = "project.archive"
    PROJECT_DELETE = "project.delete"
    PROJECT_ASSIGN = "project.assign"
    BRAND_KIT_READ = "brand_kit.read"
    BRAND_KIT_CREATE = "brand_kit.create"
    BRAND_KIT_EDIT = "brand_kit.edit"
    BRAND_KIT_DELETE = "brand_kit.delete"
    MEMBER_READ = "member.read"
    MEMBER_INVITE = "member.invite"
    MEMBER_CHANGE = "member.change"
    MEMBER_REMOVE = "member.remove"
    CREDENTIAL_READ = "credential.read"
    CREDENTIAL_MANAGE = "credential.manage"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_MANAGE = "webhook.manage"
    EVENT_READ = "event.read"
    USAGE_READ = "usage.read"
    PLAN_CHANGE = "plan.change"
    OWNERSHIP_CHANGE = "ownership.change"


ALL = frozenset(Role)
ADMINS = frozenset((Role.OWNER, Role.ADMIN))
OWNERS = frozenset((Role.OWNER,))

ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.WORKSPACE_READ: ALL,
    Permission.WORKSPACE_EDIT: ADMINS,
    Permission.PROJECT_READ: ALL,  # a member: team-wide ones, and those they are assigned to
    Permission.PROJECT_EDIT: ALL,  # a member: those they see
    Permission.PROJECT_CREATE: ADMINS,
    Permission.PROJECT_ARCHIVE: ADMINS,
    Permission.PROJECT_DELETE: ADMINS,
    Permission.PROJECT_ASSIGN: ADMINS,
    Permission.BRAND_KIT_READ: ALL,
    Permission.BRAND_KIT_CREATE: ADMINS,
    Permission.BRAND_KIT_EDIT: ADMINS,
    Permission.BRAND_KIT_DELETE: ADMINS,
    Permission.MEMBER_READ: ALL,
    Permission.MEMBER_INVITE: ADMINS,
    Permission.MEMBER_CHANGE: ADMINS,  # an admin: anybody but an owner
    Permission.MEMBER_REMOVE: ADMINS,  # an admin: anybody but an owner
    Permission.CREDENTIAL_READ: ADMINS,
    Permission.CREDENTIAL_MANAGE: ADMINS,
    Permission.WEBHOOK_READ: ADMINS,
    Permission.WEBHOOK_MANAGE: ADMINS,
    Permission.EVENT_READ: ADMINS,
    Permission.USAGE_READ: ALL,
    Permission.PLAN_CHANGE: OWNERS,
    Permission.OWNERSHIP_CHANGE: OWNERS,
}
"""The whole matrix."""

FREE_OF_SCOPE = frozenset((Permission.WORKSPACE_READ, Permission.USAGE_READ))
"""Permissions that no grants are needed for."""


class Access(StrEnum):
    """How far a grant reaches within a type of resource."""

    READ = "read"
    WRITE = "write"


class Resource(StrEnum):
    """The types of resource that a key can be narrowed to."""

    PROJECTS = "projects"
    BRAND_KITS = "brand_kits"
    MEMBERS = "members"
    WEBHOOKS = "webhooks"
    EVENTS = "events"


RESOURCES = {
    "project": Resource.PROJECTS,
    "brand_kit": Resource.BRAND_KITS,
    "member": Resource.MEMBERS,
    "webhook": Resource.WEBHOOKS,
    "event": Resource.EVENTS,
}
"""The type of resource that each noun of a permission belongs to; grants can't name the other nouns."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What a custom key may reach; `projects` are the ids of those that it sees, None is all that its creator sees."""

    resources: dict[Resource, Access]
    projects: tuple[str, ...] | None = None

    def cover(self, permission: Permission) -> bool:
        """Whether the grants include the permission; a key of named projects can't create others."""
        if permission in FREE_OF_SCOPE:
            return True
        if permission is Permission.PROJECT_CREATE and self.projects is not None:
            return False
        noun, _, verb = permission.partition(".")
        resource = RESOURCES.get(noun)
        access = self.resources.get(resource) if resource else None
        return access is Access.WRITE or (access is Access.READ and verb == "read")


class Sight(Struct, frozen=True):
    """Which projects someone sees: a member's by visibility and assignment, a narrowed key's by name; None is all."""

    user: int | None = None
    projects: tuple[str, ...] | None = None


class Actor(Struct, frozen=True):
    """The caller of a verb, which can't tell whether a key, a token or a console session identified it."""

    workspace: int
    user: int
    role: Role
    scope: Scope = Scope.FULL
    grants: Grants | None = None
    credential: int | None = None
    address: str = ""
    request_id: str = ""
    user_id: str = ""
    """The user's UUID; the operator has none."""

    def require(self, permission: Permission) -> None:
        """Return if role and scope both allow it. Raises `Forbidden`, `ReadOnly`, `OutOfScope`."""
        if self.role not in ALLOWED[permission]:
            raise Forbidden(permission.value)
        if self.scope is Scope.READ_ONLY and not permission.endswith(".read"):
            raise ReadOnly
        if self.grants is not None and not self.grants.cover(permission):
            raise OutOfScope(permission.value)

    def may(self, permission: Permission) -> bool:
        """Whether `require` would raise nothing."""
        try:
            self.require(permission)
        except Refusal:
            return False
        return True

    @property
    def sight(self) -> Sight:
        """Which projects this actor sees."""
        return Sight(
            self.user if self.role is Role.MEMBER else None, self.grants.projects if self.grants is not None else None
        )


def operator(workspace: int) -> Actor:
    """Whoever sits at the server's command line: an owner everywhere, and nobody's user."""
    return Actor(workspace, user=0, role=Role.OWNER, address="command line")
