"""Members in windows, narrowed keys, assignments and what the workspace calls a person, as rows."""

import secrets

import pytest

from maquette.model.actor import Access, Grants, Resource, Role
from maquette.model.ids import new_id
from maquette.model.page import AfterCursor, ByPage, Order, Place, Slice, SortField, Window
from maquette.model.records import Credential, Member, User
from maquette.model.text import fold
from maquette.store import credentials, members, projects
from tests.store.conftest import OLDEST, Home, unique

BY_NAME = Order(SortField.NAME, descending=False)


async def named(home: Home, *names: str, status: str = "active") -> list[User]:
    """Members with these names, a second between them."""
    made = []
    for name in names:
        home.clock.advance(seconds=1)
        user = await home.user(None)
        await put(home, user, name=name, status=status)
        made.append(user)
    return made


async def put(home: Home, user: User, *, name: str, role: Role = Role.MEMBER, status: str = "active") -> None:
    """Make the person a member."""
    now_ms = home.clock.now_ms()
    await home.write(
        lambda tx: members.put(
            tx,
            workspace=home.serial,
            user=user.serial,
            role=role,
            status=status,
            name=name,
            name_folded=fold(name),
            now_ms=now_ms,
        )
    )


async def window(
    home: Home, window: Window, *, keyword: str = "", order: Order = OLDEST, project: int | None = None
) -> Slice[Member]:
    """One window of the members."""
    return await home.read(
        lambda tx: members.list_(tx, home.serial, keyword=keyword, project=project, order=order, window=window)
    )


class TestMembers:
    async def test_a_person_has_a_name_in_each_workspace(self, home: Home, neighbour: Home) -> None:
        """Neither shows, finds or changes what the other calls them."""
        user = await home.user(None)
        await put(home, user, name="Ann")
        await put(neighbour, user, name="Ännchen")
        for place, name in ((home, "Ann"), (neighbour, "Ännchen")):
            found = await place.read(lambda tx, place=place: members.get(tx, place.serial, user.serial))  # type: ignore[misc]
            assert found
            assert name == found.name
        assert [] == (await window(home, ByPage(1, 10), keyword="ännchen")).items

    async def test_windows_hold_whom_the_keyword_names(self, home: Home) -> None:
        """By name or address, in the asked order, with the whole number and whether more follow."""
        await named(home, "Bea", "ada", "Cleo", "Ärne")
        found = await window(home, ByPage(2, 2), order=BY_NAME)  # the owner has no name, and comes first
        assert (["Bea", "Cleo"], 5, True) == ([each.name for each in found.items], found.total, found.has_next)
        assert ["Cleo"] == [each.name for each in (await window(home, ByPage(1, 9), keyword="cle")).items]
        assert 5 == (await window(home, ByPage(1, 9), keyword="@example")).total
        assert 0 == (await window(home, ByPage(1, 9), keyword="%")).total

    @pytest.mark.parametrize("field", SortField)
    async def test_a_cursor_goes_on_behind_its_place(self, home: Home, field: SortField) -> None:
        """In every ordering, both ways, also from somebody who is gone."""
        await named(home, "Bea", "ada", "ada", "Cleo")
        for descending in (False, True):
            order = Order(field, descending)
            whole = (await window(home, AfterCursor(100, None), order=order)).items
            first = whole[1]
            value = {
                SortField.SERIAL: None,
                SortField.NAME: fold(first.name),
                SortField.CREATED_AT: first.created_at,
                SortField.UPDATED_AT: first.updated_at,
            }[field]
            rest = await window(home, AfterCursor(2, Place(value, first.serial)), order=order)
            assert (whole[2:4], len(whole), True) == (rest.items, rest.total, rest.has_next)

    async def test_a_removed_one_is_in_none(self, home: Home, neighbour: Home) -> None:
        """Nor their assignments; what they are elsewhere stays."""
        (ann,) = await named(home, "Ann")
        await put(neighbour, ann, name="Ann")
        ours, theirs = await home.project("Ours"), await neighbour.project("Theirs")
        for project in (ours, theirs):
            await home.write(lambda tx, project=project: projects.assign(tx, ann.serial, project.serial, 1))  # type: ignore[misc]
        await home.write(lambda tx: members.remove(tx, home.serial, ann.serial, 5))
        assert await home.read(lambda tx: members.get(tx, home.serial, ann.id)) is None
        assert await home.read(lambda tx: members.by_email(tx, home.serial, ann.email)) is None
        assert not await home.read(lambda tx: projects.is_assigned(tx, ann.serial, ours.serial))
        assert await home.read(lambda tx: projects.is_assigned(tx, ann.serial, theirs.serial))
        assert await home.read(lambda tx: members.by_email(tx, neighbour.serial, ann.email))

    async def test_only_active_owners_count(self, home: Home) -> None:
        """Invited and deactivated ones can't keep a workspace."""
        for status in ("invited", "deactivated"):
            user = await home.user(None)
            await put(home, user, name="Boss", role=Role.OWNER, status=status)
        assert 1 == await home.read(lambda tx: members.count_owners(tx, home.serial))


class TestAssigned:
    async def test_a_project_has_those_assigned_to_it(self, home: Home) -> None:
        """In windows and all at once; who is taken off, or removed, is not there."""
        ann, bob, cleo = await named(home, "Ann", "Bob", "Cleo")
        poster, flyer = await home.project("Poster"), await home.project("Flyer")
        for user, project in ((ann, poster), (bob, poster), (cleo, flyer), (ann, poster)):
            await home.write(lambda tx, u=user, p=project: projects.assign(tx, u.serial, p.serial, 1))  # type: ignore[misc]
        found = await window(home, ByPage(1, 1), project=poster.serial)
        assert (["Ann"], 2, True) == ([each.name for each in found.items], found.total, found.has_next)
        await home.write(lambda tx: projects.unassign(tx, ann.serial, poster.serial))
        everybody = await home.read(lambda tx: members.assigned(tx, home.serial, poster.serial))
        assert ["Bob"] == [each.name for each in everybody]


class TestKnownIds:
    async def test_only_the_workspaces_own(self, home: Home, neighbour: Home) -> None:
        """A neighbour's and a made-up one are not."""
        ours, theirs = await home.project("Ours"), await neighbour.project("Theirs")
        ids = [ours.id, theirs.id, new_id(1)]
        assert {ours.id} == await home.read(lambda tx: projects.known_ids(tx, home.serial, ids))
        assert set() == await home.read(lambda tx: projects.known_ids(tx, home.serial, []))


class TestKeys:
    async def made(self, home: Home, grants: Grants | None = None, kind: str = "key") -> Credential:
        """A key of the owner's."""
        return await home.write(
            lambda tx: credentials.insert(
                tx,
                id=new_id(home.clock.now_ms()),
                workspace=home.serial,
                user=home.owner.serial,
                kind=kind,
                name=unique("key"),
                scope="custom" if grants else "full",
                grants=grants,
                secret_hash=secrets.token_bytes(32),
                secret_sealed=None,
                hint="…",
                expires_at=None,
                now_ms=home.clock.now_ms(),
            )
        )

    @pytest.mark.parametrize("projects", [None, ("a", "b")])
    async def test_grants_come_back_as_they_were(self, home: Home, projects: tuple[str, ...] | None) -> None:
        """Every resource with its access, and the named projects in their order."""
        grants = Grants({Resource.PROJECTS: Access.READ, Resource.EVENTS: Access.WRITE}, projects)
        key = await self.made(home, grants)
        assert grants == key.grants
        assert key == await home.read(lambda tx: credentials.get(tx, home.serial, key.id))

    async def test_windows_hold_one_kind_the_newest_first(self, home: Home, neighbour: Home) -> None:
        """Revoked ones too, and nobody else's."""
        keys = [await self.made(home) for _ in range(3)]
        await self.made(home, kind="client")
        await self.made(neighbour)
        await home.write(lambda tx: credentials.revoke(tx, home.serial, keys[2].id, 1))
        found = await home.read(lambda tx: credentials.list_(tx, home.serial, "key", ByPage(1, 2)))
        assert ([keys[2].id, keys[1].id], 3, True) == ([each.id for each in found.items], found.total, found.has_next)

    async def test_all_of_a_person_end_together(self, home: Home, neighbour: Home) -> None:
        """Here, and not next door; one that ended before keeps its time."""
        ended, alive, next_door = await self.made(home), await self.made(home), await self.made(neighbour)
        await home.write(lambda tx: credentials.revoke(tx, home.serial, ended.id, 1))
        await home.write(lambda tx: credentials.revoke_all(tx, home.serial, home.owner.serial, 2))
        found = await home.read(lambda tx: credentials.every(tx, home.serial))
        assert {ended.id: 1, alive.id: 2} == {each.id: each.revoked_at for each in found}
        assert next_door == await home.read(lambda tx: credentials.get(tx, neighbour.serial, next_door.id))
