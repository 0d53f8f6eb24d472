"""What does a custom key reach? Its grants, permission by permission."""

import pytest

from maquette.model.actor import Access, Actor, Grants, Permission, Resource, Role, Scope, Sight
from maquette.model.errors import Forbidden, OutOfScope

READ, WRITE = Access.READ, Access.WRITE
NOUNS = {
    Resource.PROJECTS: "project.",
    Resource.BRAND_KITS: "brand_kit.",
    Resource.MEMBERS: "member.",
    Resource.WEBHOOKS: "webhook.",
    Resource.EVENTS: "event.",
}
FREE = {Permission.WORKSPACE_READ, Permission.USAGE_READ}


def covered(grants: Grants) -> set[Permission]:
    """Everything that the grants include."""
    return {permission for permission in Permission if grants.cover(permission)}


class TestCover:
    @pytest.mark.parametrize("resource", Resource)
    def test_read_is_reading_that_resource(self, resource: Resource) -> None:
        """And what every key may do."""
        expected = {Permission(NOUNS[resource] + "read")} | FREE
        assert expected == covered(Grants({resource: READ}))

    @pytest.mark.parametrize("resource", Resource)
    def test_write_is_everything_with_that_resource(self, resource: Resource) -> None:
        """Reading too, and nothing of any other."""
        expected = {permission for permission in Permission if permission.startswith(NOUNS[resource])} | FREE
        assert expected == covered(Grants({resource: WRITE}))

    def test_all_resources_are_not_everything(self) -> None:
        """Keys, the plan, ownership and the workspace's settings are in no key's grants."""
        everything = covered(Grants(dict.fromkeys(Resource, WRITE)))
        assert {
            Permission.WORKSPACE_EDIT,
            Permission.CREDENTIAL_READ,
            Permission.CREDENTIAL_MANAGE,
            Permission.PLAN_CHANGE,
            Permission.OWNERSHIP_CHANGE,
        } == set(Permission) - everything

    def test_a_key_of_named_projects_makes_no_new_ones(self) -> None:
        """They would be out of its sight."""
        whole = covered(Grants({Resource.PROJECTS: WRITE}))
        named = covered(Grants({Resource.PROJECTS: WRITE}, projects=("a",)))
        assert {Permission.PROJECT_CREATE} == whole - named

    def test_no_grants_are_next_to_nothing(self) -> None:
        """The workspace and its usage."""
        assert FREE == covered(Grants({}))


class TestRequire:
    def test_the_role_is_asked_before_the_grants(self) -> None:
        """A member's key is refused for the role, a permission outside the grants for the scope."""
        grants = Grants({Resource.PROJECTS: WRITE})
        with pytest.raises(Forbidden, match=r"^project\.create$"):
            Actor(1, 1, Role.MEMBER, Scope.CUSTOM, grants).require(Permission.PROJECT_CREATE)
        with pytest.raises(OutOfScope, match=r"^member\.read$"):
            Actor(1, 1, Role.OWNER, Scope.CUSTOM, grants).require(Permission.MEMBER_READ)


class TestSight:
    def test_grants_narrow_what_the_role_sees(self) -> None:
        """A member sees by assignment and by name, an owner by name alone, or everything."""
        named = Grants({Resource.PROJECTS: READ}, projects=("a",))
        assert Sight(7, ("a",)) == Actor(1, 7, Role.MEMBER, Scope.CUSTOM, named).sight
        assert Sight(None, ("a",)) == Actor(1, 7, Role.OWNER, Scope.CUSTOM, named).sight
        assert Sight() == Actor(1, 7, Role.OWNER, Scope.CUSTOM, Grants({Resource.PROJECTS: READ})).sight
