"""Projects as rows: what is kept, found, filtered and counted."""

from typing import Any

import pytest

from maquette.model.actor import Sight
from maquette.model.ids import new_id
from maquette.model.page import ByPage, Order, Slice, SortField
from maquette.model.records import Font, Project, Visibility
from maquette.store import member_projects, projects
from maquette.store.database import Value
from maquette.store.projects import ProjectFilter
from tests.store.conftest import NEWEST, Home


class TestInsert:
    async def test_every_column_is_kept(self, home: Home) -> None:
        """A project is read as it was written, its kit and its maker's id joined in."""
        kit = await home.kit("House", (Font(None, "Roboto", 48, "700", "title"),))
        made = await home.project(
            "Ünïcode ✓ 项目",
            description="two\nlines",
            color="#AbC",
            visibility="private",
            brand_kit=kit.serial,
            kit_selectable=0,
            created_at=5,
            updated_at=6,
            archived_at=7,
        )
        assert "Ünïcode ✓ 项目" == made.name
        assert ("two\nlines", "#AbC", Visibility.PRIVATE, False) == (
            made.description,
            made.color,
            made.visibility,
            made.kit_selectable,
        )
        assert (5, 6, 7) == (made.created_at, made.updated_at, made.archived_at)
        assert (home.owner.serial, home.owner.id) == (made.created_by, made.created_by_id)
        assert kit == made.brand_kit

    async def test_serials_grow_and_are_never_used_again(self, home: Home) -> None:
        """The serial of a deleted project stays its own, so that a cursor never names another one."""
        first = await home.project()
        await home.write(lambda tx: projects.delete(tx, first.serial))
        second = await home.project()
        assert second.serial > first.serial

    async def test_no_kit_is_none(self, home: Home) -> None:
        """Without a kit, none is joined in."""
        assert (await home.project()).brand_kit is None

    async def test_a_slug_that_is_taken_adds_nothing(self, home: Home, neighbour: Home) -> None:
        """In the same workspace; another one may have it too."""
        ours = await home.project()
        row: dict[str, Value] = {
            "id": new_id(7),
            "workspace": home.serial,
            "name": "Other",
            "name_folded": "other",
            "slug": ours.slug,
            "visibility": "team",
            "kit_selectable": 1,
            "created_by": home.owner.serial,
            "created_at": 7,
            "updated_at": 7,
        }
        assert await home.write(lambda tx: projects.insert(tx, row)) is None
        theirs: dict[str, Value] = row | {"workspace": neighbour.serial, "created_by": neighbour.owner.serial}
        serial = await home.write(lambda tx: projects.insert(tx, theirs))
        found = await neighbour.got(serial or 0)
        assert found
        assert ("Other", neighbour.owner.id) == (found.name, found.created_by_id)


class TestGet:
    @pytest.mark.parametrize("column", ["serial", "id", "slug"])
    async def test_it_is_found_by(self, home: Home, column: str) -> None:
        """Each of the three names finds the project."""
        made = await home.project()
        assert made == await home.got(getattr(made, column), column)

    @pytest.mark.parametrize("column", ["serial", "id", "slug"])
    async def test_another_workspaces_is_not_there(self, home: Home, neighbour: Home, column: str) -> None:
        """No name finds a project of another workspace."""
        made = await home.project()
        assert await neighbour.got(getattr(made, column), column) is None


class TestChange:
    async def test_only_the_named_columns_change(self, home: Home) -> None:
        """The other columns, and the other projects, stay."""
        made, other = await home.project("One"), await home.project("Two")
        await home.write(lambda tx: projects.change(tx, made.serial, {"name": "Uno", "color": None, "updated_at": 9}))
        changed = await home.got(made.serial)
        assert changed
        assert ("Uno", None, 9, made.slug) == (changed.name, changed.color, changed.updated_at, changed.slug)
        assert other == await home.got(other.serial)


class TestDelete:
    async def test_its_assignments_go_with_it(self, home: Home) -> None:
        """Nobody stays assigned to a project that is gone; other assignments stay."""
        user, gone, kept = await home.user(), await home.project(), await home.project()
        for project in (gone, kept):
            await home.write(lambda tx, serial=project.serial: projects.assign(tx, user.serial, serial, 1))  # type: ignore[misc]
        await home.write(lambda tx: projects.delete(tx, gone.serial))
        assert await home.got(gone.serial) is None
        assert not await home.read(lambda tx: projects.is_assigned(tx, user.serial, gone.serial))
        assert await home.read(lambda tx: projects.is_assigned(tx, user.serial, kept.serial))


class TestAssign:
    async def test_again_changes_nothing(self, home: Home) -> None:
        """Assigning twice is one assignment."""
        user, project = await home.user(), await home.project(visibility="private")
        for _ in range(2):
            await home.write(lambda tx: projects.assign(tx, user.serial, project.serial, 1))
        assert 1 == await home.read(lambda tx: projects.count_assigned(tx, home.serial, user.serial, None))

    async def test_it_is_one_persons(self, home: Home) -> None:
        """What one is assigned to says nothing of another."""
        user, other, project = await home.user(), await home.user(), await home.project()
        await home.write(lambda tx: projects.assign(tx, user.serial, project.serial, 1))
        assert not await home.read(lambda tx: projects.is_assigned(tx, other.serial, project.serial))


class TestCountAssigned:
    @pytest.mark.parametrize(("archived", "count"), [(None, 2), (True, 1), (False, 1)])
    async def test_private_ones_are_counted(self, home: Home, archived: bool | None, count: int) -> None:
        """Team-wide projects are seen without an assignment, and not counted as seen by one."""
        user = await home.user()
        for values in ({"visibility": "private"}, {"visibility": "private", "archived_at": 1}, {"visibility": "team"}):
            project = await home.project(**values)
            await home.write(lambda tx, serial=project.serial: projects.assign(tx, user.serial, serial, 1))  # type: ignore[misc]
        assert count == await home.read(lambda tx: projects.count_assigned(tx, home.serial, user.serial, archived))


class TestTakenSlugs:
    async def test_those_of_the_workspace(self, home: Home, neighbour: Home) -> None:
        """A slug is taken in its own workspace alone, by an archived project too."""
        ours, archived = await home.project(), await home.project(archived_at=1)
        theirs = await neighbour.project()
        slugs = [ours.slug, archived.slug, theirs.slug, "free"]
        assert {ours.slug, archived.slug} == await home.read(lambda tx: projects.taken_slugs(tx, home.serial, slugs))


class TestList:
    async def test_a_page_its_total_and_whether_more_follow(self, home: Home, neighbour: Home) -> None:
        """The total counts all that match, of this workspace alone."""
        made = [await home.project() for _ in range(5)]
        await neighbour.project()
        found = await home.projects(order=NEWEST, window=ByPage(1, 3))
        assert (made[:1:-1], 5, True) == (found.items, found.total, found.has_next)
        last = await home.projects(order=NEWEST, window=ByPage(2, 3))
        assert (made[1::-1], 5, False) == (last.items, last.total, last.has_next)
        assert ([], 5) == ((beyond := await home.projects(window=ByPage(9, 3))).items, beyond.total)

    async def test_a_known_total_is_not_counted_again(self, home: Home) -> None:
        """What the caller keeps is believed."""
        found = await home.read(
            lambda tx: projects.list_(
                tx,
                home.serial,
                sight=Sight(),
                filter=ProjectFilter(),
                order=NEWEST,
                window=ByPage(1, 1),
                kept_total=77,
            )
        )
        assert 77 == found.total

    async def test_a_member_sees_team_wide_and_assigned_ones(self, home: Home) -> None:
        """Private projects of others are neither listed nor counted."""
        user = await home.user()
        team, mine = await home.project(), await home.project(visibility="private")
        await home.project(visibility="private")
        await home.write(lambda tx: projects.assign(tx, user.serial, mine.serial, 1))
        found = await home.projects(sight=Sight(user.serial))
        assert ([team, mine], 2) == (found.items, found.total)

    @pytest.mark.parametrize("few", [0, 10], ids=["walked", "sorted"])
    @pytest.mark.parametrize("field", SortField)
    async def test_a_members_list_is_the_same_either_way(
        self, home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch, field: SortField, few: int
    ) -> None:
        """Whether it begins at what they see or at the workspace's projects, each one shows once."""
        monkeypatch.setattr(member_projects, "MAX_VISIBLE", few)
        user = await home.user()
        seen = [await home.project("team") for _ in range(3)]
        seen += [await home.project("mine", visibility="private"), await home.project("mine and the team's")]
        hidden = [await home.project("private", visibility="private"), await home.project("old", archived_at=1)]
        elsewhere = await neighbour.project("elsewhere")
        for each in (*seen[-2:], hidden[1], elsewhere):
            await home.write(lambda tx, each=each: projects.assign(tx, user.serial, each.serial, 1))  # type: ignore[misc]
        order = Order(field, descending=True)
        found = [await _seen(home, user.serial, order, ByPage(number, 2)) for number in (1, 2, 3)]
        assert [2, 2, 1] == [len(page.items) for page in found]
        assert [True, True, False] == [page.has_next for page in found]
        assert {each.serial for each in seen} == {each.serial for page in found for each in page.items}


async def _seen(home: Home, user: int, order: Order, window: ByPage) -> Slice[Project]:
    return await home.read(
        lambda tx: projects.list_(
            tx,
            home.serial,
            sight=Sight(user),
            filter=ProjectFilter(archived=False),
            order=order,
            window=window,
            kept_total=5,
        )
    )


async def _names(home: Home, **filter: Any) -> list[str]:
    found = await home.projects(ProjectFilter(**filter))
    assert len(found.items) == found.total
    return [project.name for project in found.items]


class TestFilter:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("100%", ["100% wool"]),
            ("0_", ["100_000"]),
            ("\\", ["back\\slash"]),
            ("项", ["项目"]),
            ("éclair", ["ÉCLAIR"]),
            ("wool", ["100% wool", "Sheep"]),
            ("' OR 1=1 --", []),
        ],
    )
    async def test_text_is_sought_as_it_stands(self, home: Home, text: str, names: list[str]) -> None:
        """Name or description contains the text, in which no character is a wildcard."""
        for name in ("100% wool", "100_000", "back\\slash", "项目", "ÉCLAIR"):
            await home.project(name)
        await home.project("Sheep", description="Wool", description_folded="wool")
        assert names == await _names(home, text=text)

    async def test_a_keyword_is_sought_in_names_alone(self, home: Home) -> None:
        """Descriptions don't matter to a keyword."""
        await home.project("Wool")
        await home.project("Sheep", description="Wool", description_folded="wool")
        assert ["Wool"] == await _names(home, keyword="wool")

    async def test_exact_columns(self, home: Home) -> None:
        """Name, slug, kit and maker are compared whole."""
        kit, maker = await home.kit(), await home.user()
        await home.project("Plain")
        await home.project("Kitted", brand_kit=kit.serial)
        made = await home.project("Made", created_by=maker.serial)
        assert ["Plain"] == await _names(home, name="plain")
        assert [] == await _names(home, name="plai")
        assert ["Made"] == await _names(home, slug=made.slug)
        assert ["Kitted"] == await _names(home, brand_kit=kit.id)
        assert ["Made"] == await _names(home, created_by=maker.id)

    async def test_times_include_their_start_and_not_their_end(self, home: Home) -> None:
        """`from` is the first instant that matches, `before` the first that doesn't."""
        for at in (10, 20, 30):
            await home.project(f"at {at}", created_at=at, updated_at=at + 100)
        assert ["at 10", "at 20"] == await _names(home, created_from=10, created_before=30)
        assert ["at 20"] == await _names(home, updated_from=111, updated_before=130)

    @pytest.mark.parametrize(("archived", "names"), [(None, ["a", "b"]), (True, ["b"]), (False, ["a"])])
    async def test_archived_or_not(self, home: Home, archived: bool | None, names: list[str]) -> None:
        """None asks for both."""
        await home.project("a")
        await home.project("b", archived_at=1)
        assert names == await _names(home, archived=archived)

    async def test_ids(self, home: Home, neighbour: Home) -> None:
        """Of the named projects, those of the workspace; an unknown id is passed over."""
        one, two, theirs = await home.project("1"), await home.project("2"), await neighbour.project("3")
        assert ["1", "2"] == await _names(home, ids=(two.id, one.id, theirs.id, "nothing"))

    async def test_all_conditions_must_hold(self, home: Home) -> None:
        """Two filters are joined by AND."""
        await home.project("Wool", created_at=10)
        await home.project("Wool too", created_at=20)
        assert ["Wool too"] == await _names(home, keyword="wool", created_from=15)
