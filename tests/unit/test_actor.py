"""Who may do what? The whole matrix of roles and permissions, written out."""

import pytest

from maquette.model.actor import Actor, Permission, Role, Scope, operator
from maquette.model.errors import Forbidden, ReadOnly, Refusal

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER

MATRIX = {
    Permission.WORKSPACE_READ: {OWNER, ADMIN, MEMBER},
    Permission.WORKSPACE_EDIT: {OWNER, ADMIN},
    Permission.PROJECT_READ: {OWNER, ADMIN, MEMBER},
    Permission.PROJECT_EDIT: {OWNER, ADMIN, MEMBER},
    Permission.PROJECT_CREATE: {OWNER, ADMIN},
    Permission.PROJECT_ARCHIVE: {OWNER, ADMIN},
    Permission.PROJECT_DELETE: {OWNER, ADMIN},
    Permission.PROJECT_ASSIGN: {OWNER, ADMIN},
    Permission.BRAND_KIT_READ: {OWNER, ADMIN, MEMBER},
    Permission.BRAND_KIT_CREATE: {OWNER, ADMIN},
    Permission.BRAND_KIT_EDIT: {OWNER, ADMIN},
    Permission.BRAND_KIT_DELETE: {OWNER, ADMIN},
    Permission.MEMBER_READ: {OWNER, ADMIN, MEMBER},
    Permission.MEMBER_INVITE: {OWNER, ADMIN},
    Permission.MEMBER_CHANGE: {OWNER, ADMIN},
    Permission.MEMBER_REMOVE: {OWNER, ADMIN},
    Permission.CREDENTIAL_READ: {OWNER, ADMIN},
    Permission.CREDENTIAL_MANAGE: {OWNER, ADMIN},
    Permission.WEBHOOK_READ: {OWNER, ADMIN},
    Permission.WEBHOOK_MANAGE: {OWNER, ADMIN},
    Permission.EVENT_READ: {OWNER, ADMIN},
    Permission.USAGE_READ: {OWNER, ADMIN, MEMBER},
    Permission.PLAN_CHANGE: {OWNER},
    Permission.OWNERSHIP_CHANGE: {OWNER},
}
READING = {permission for permission in Permission if permission.name.endswith("_READ")}


def outcome(actor: Actor, permission: Permission) -> type[Refusal] | None:
    """What asking for the permission raises."""
    try:
        actor.require(permission)
    except Refusal as refusal:
        return type(refusal)
    return None


class TestRequire:
    def test_the_matrix_names_every_permission(self) -> None:
        """A new permission has to be written down here."""
        assert set(Permission) == set(MATRIX)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("permission", Permission)
    def test_a_full_credential_does_what_its_role_may(self, permission: Permission, role: Role) -> None:
        """The role decides, and the refusal names the permission."""
        expected = None if role in MATRIX[permission] else Forbidden
        assert expected is outcome(Actor(1, 1, role), permission)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("permission", Permission)
    def test_a_read_only_credential_reads(self, permission: Permission, role: Role) -> None:
        """It reads what its role may read; where the role itself lacks the permission, that is said first."""
        expected: type[Refusal] | None = ReadOnly
        if role not in MATRIX[permission]:
            expected = Forbidden
        elif permission in READING:
            expected = None
        assert expected is outcome(Actor(1, 1, role, Scope.READ_ONLY), permission)

    def test_the_refusal_names_what_was_missing(self) -> None:
        """A `Forbidden` says which permission it was about."""
        with pytest.raises(Forbidden) as caught:
            Actor(1, 1, Role.MEMBER).require(Permission.PROJECT_DELETE)
        assert caught.value.permission == "project.delete"


class TestSight:
    @pytest.mark.parametrize(("role", "all_of_it"), [(OWNER, True), (ADMIN, True), (MEMBER, False)])
    def test_owners_and_admins_see_private_projects_of_others(self, role: Role, all_of_it: bool) -> None:
        """Members see what is team-wide or theirs."""
        assert Actor(1, 1, role).sight.user is (None if all_of_it else 1)


class TestOperator:
    def test_the_command_line_may_do_everything(self) -> None:
        """The operator is an owner of whatever workspace is named, and nobody's user."""
        made = operator(7)
        assert (7, 0, None) == (made.workspace, made.user, made.credential)
        assert [outcome(made, permission) for permission in Permission] == [None] * len(Permission)
