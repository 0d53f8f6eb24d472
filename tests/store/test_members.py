"""People and their roles as rows."""

from maquette.model.actor import Role
from maquette.model.ids import new_id
from maquette.store import members
from tests.store.conftest import Home, unique


class TestInsertUser:
    async def test_everything_is_kept(self, home: Home) -> None:
        """A person is found by the address they were added with."""
        id, email = new_id(1), unique("ann") + "@example.com"
        user = await home.write(lambda tx: members.insert_user(tx, id=id, email=email, name="Ann", now_ms=5))
        assert (id, email, "Ann", 5) == (user.id, user.email, user.name, user.created_at)
        assert user == await home.read(lambda tx: members.user_by_email(tx, email))

    async def test_nobody_has_an_unknown_address(self, home: Home) -> None:
        """None, rather than somebody else."""
        assert await home.read(lambda tx: members.user_by_email(tx, unique("nobody"))) is None


class TestPut:
    async def test_again_changes_the_role(self, home: Home) -> None:
        """A person has one role in a workspace, the last one given."""
        user = await home.user(Role.MEMBER)
        await home.write(lambda tx: members.put(tx, workspace=home.serial, user=user.serial, role=Role.ADMIN, now_ms=2))
        assert Role.ADMIN is await home.read(lambda tx: members.role_of(tx, home.serial, user.serial))

    async def test_a_removed_member_can_come_back(self, home: Home) -> None:
        """Somebody who was removed holds nothing, until they are put again."""
        user = await home.user(Role.ADMIN)
        await home.write(lambda tx: tx.run("UPDATE members SET removed_at = 1 WHERE user_serial = $1", user.serial))
        assert await home.read(lambda tx: members.role_of(tx, home.serial, user.serial)) is None
        await home.write(
            lambda tx: members.put(tx, workspace=home.serial, user=user.serial, role=Role.MEMBER, now_ms=2)
        )
        assert Role.MEMBER is await home.read(lambda tx: members.role_of(tx, home.serial, user.serial))


class TestRoleOf:
    async def test_it_is_the_workspaces_own(self, home: Home, neighbour: Home) -> None:
        """An owner here is nobody next door."""
        assert Role.OWNER is await home.read(lambda tx: members.role_of(tx, home.serial, home.owner.serial))
        assert await home.read(lambda tx: members.role_of(tx, neighbour.serial, home.owner.serial)) is None


class TestFirstOwner:
    async def test_the_one_who_has_been_one_the_longest(self, home: Home) -> None:
        """Later owners and other roles don't count."""
        await home.user(Role.ADMIN)
        home.clock.advance(seconds=1)
        await home.user(Role.OWNER)
        assert home.owner == await home.read(lambda tx: members.first_owner(tx, home.serial))

    async def test_a_removed_owner_is_passed_over(self, home: Home) -> None:
        """The next owner takes the place."""
        home.clock.advance(seconds=1)
        second = await home.user(Role.OWNER)
        await home.write(
            lambda tx: tx.run("UPDATE members SET removed_at = 1 WHERE user_serial = $1", home.owner.serial)
        )
        assert second == await home.read(lambda tx: members.first_owner(tx, home.serial))
