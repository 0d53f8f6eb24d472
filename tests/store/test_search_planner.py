"""Is a page of a search the right one when times don't follow serials, and when few projects are in sight?"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.domain import projects as verbs
from maquette.model.actor import Actor, Role, Sight
from maquette.model.page import AfterCursor, ByPage, Order, SortField, Window
from maquette.store import member_projects, projects, search, search_planner
from maquette.store.database import Transaction
from maquette.store.filters import ProjectFilter
from maquette.store.totals import Totals
from tests.store.conftest import OLDEST, Home, unique

quickly = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ACTIVE_WOOL = ProjectFilter(text="wool", archived=False)


@pytest.fixture
def common(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word is one of the middling kind, whose newest matches the index is asked for."""
    for name, value in {
        "MAX_SCANNED_PROJECTS": -1,
        "MAX_SORTED_HITS": -1,
        "DENSE_RATIO": -1,
        "SORT_FACTOR": 0,
        "LOOKAHEAD_MATCHES": 1,
    }.items():
        monkeypatch.setattr(search_planner, name, value)
    monkeypatch.setattr(Totals, "put", lambda *_: None)  # the store alone gives no new versions


async def _made(home: Home, times: list[tuple[int, bool]], indexed: int) -> list[tuple[int, int]]:
    """When it was made, and serial, of each project that holds the word; the index has the first ones."""

    async def body(tx: Transaction) -> list[tuple[int, int]]:
        await tx.run("DELETE FROM projects WHERE workspace = $1", home.serial)
        made = []
        for number, (created_at, is_wool) in enumerate(times):
            serial = await _insert(tx, home, "wool" if is_wool else "silk", created_at)
            if number < indexed and tx.engine == "sqlite":
                await tx.run("UPDATE projects_indexed SET serial = $1 WHERE serial < $1", serial)
            if is_wool:
                made.append((created_at, serial))
        return made

    return await home.write(body)


async def _insert(tx: Transaction, home: Home, name: str, created_at: int) -> int:
    values: dict[str, Any] = {"name": name, "name_folded": name, "id": unique("id"), "slug": unique("slug")}
    values |= {"workspace": home.serial, "created_by": home.owner.serial, "visibility": "team", "kit_selectable": 1}
    serial = await projects.insert(tx, values | {"created_at": created_at, "updated_at": 1})
    assert serial
    return serial


class TestOrderOfTime:
    @quickly
    @given(
        times=st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=14),
        steps=st.sampled_from([0, 1, 5, 50]),
        far=st.sampled_from([1, 50]),
        indexed=st.integers(0, 14),
        descending=st.booleans(),
    )
    @pytest.mark.usefixtures("common")
    async def test_every_page(
        self,
        home: Home,
        monkeypatch: pytest.MonkeyPatch,
        times: list[tuple[int, bool]],
        steps: int,
        far: int,
        indexed: int,
        descending: bool,
    ) -> None:
        """Whether times follow serials (by `steps` each), stray a little or have nothing to do with them."""
        strayed = [(at + number * steps, is_wool) for number, (at, is_wool) in enumerate(times)]
        expected = [serial for _, serial in sorted(await _made(home, strayed, indexed), reverse=descending)]
        order, paged = Order(SortField.CREATED_AT, descending), []
        monkeypatch.setattr(search_planner, "ENTRIES_PER_SORTED_MATCH", far)
        for number in range(1, 9):
            page = await home.projects(ACTIVE_WOOL, order=order, window=ByPage(number, 2))
            assert (len(expected), number * 2 < len(expected)) == (page.total, page.has_next)
            paged += [project.serial for project in page.items]
        assert expected == paged

    @pytest.mark.parametrize(("late", "walks"), [(20, 0), (0, 1)], ids=["in order", "one made long before its serial"])
    @pytest.mark.usefixtures("common")
    async def test_the_index_is_enough_where_times_follow_serials(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, late: int, walks: int
    ) -> None:
        """Only where a later time may hide behind an earlier serial, the whole ordering is walked through."""
        if not home.database.sees_all_writes:
            pytest.skip("PostgreSQL goes a way of its own")
        walked: list[int] = []
        scan_plan = search_planner._scan_plan

        def noted(query: search.SearchQuery, total: int) -> search_planner.PagePlan:
            walked.append(total)
            return scan_plan(query, total)

        monkeypatch.setattr(search_planner, "_scan_plan", noted)
        made = await _made(home, [(number, True) for number in range(20)] + [(late, True)], 21)
        order = Order(SortField.CREATED_AT, descending=False)
        page = await home.projects(ACTIVE_WOOL, order=order, window=ByPage(1, 4))
        assert [serial for _, serial in sorted(made)[:4]] == [project.serial for project in page.items]
        assert walks == len(walked)


class TestPastTheEnd:
    async def test_nothing_is_read(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the total says that a page is empty, no project is looked at."""
        monkeypatch.setattr(search_planner, "MAX_SCANNED_PROJECTS", -1)
        monkeypatch.setattr(search_planner, "MAX_SORTED_HITS", -1)
        monkeypatch.setattr(search_planner, "DENSE_RATIO", -1)
        await home.project("wool")
        for word, number, total in (("wool", 2, 1), ("flax", 1, 0)):
            filter = ProjectFilter(text=word, archived=False)
            monkeypatch.setattr(search_planner, "_scan_plan", None)
            for _ in range(2):  # the second time it is remembered
                found = await home.projects(filter, order=OLDEST, window=ByPage(number, 9))
                assert ([], total, False) == (found.items, found.total, found.has_next)


class TestNone:
    async def test_a_short_word_that_nothing_holds(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """The index is asked for it once; the first project that holds it is found."""
        monkeypatch.setattr(search_planner, "MAX_SCANNED_PROJECTS", -1)
        await _made(home, [(1, False)], indexed=1)
        short = ProjectFilter(text="wo", archived=False)
        assert ([], 0) == await _found(home, short, ByPage(1, 9))
        with monkeypatch.context() as patch:
            patch.setattr(search, "index_query", None)
            assert [([], 0)] * 2 == [await _found(home, short, each) for each in (ByPage(1, 9), AfterCursor(9, None))]
        owner = Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)
        made = await home.write(lambda tx: verbs.create(tx, owner, verbs.ProjectDraft("Wool"), now_ms=2))
        assert ([made.serial], 1) == await _found(home, short, ByPage(1, 9))


async def _found(home: Home, filter: ProjectFilter, window: Window) -> tuple[list[int], int]:
    page = await home.projects(filter, order=OLDEST, window=window)
    return [project.serial for project in page.items], page.total


class TestAmongMany:
    @pytest.mark.usefixtures("common")
    async def test_a_short_word_that_others_use(
        self, home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What stands in many places elsewhere is found by the index here, too."""
        monkeypatch.setattr(search, "COMMON_OCCURRENCES", 1)
        await home.write(
            lambda tx: tx.run("UPDATE workspaces SET active_private = 9999 WHERE serial = $1", home.serial)
        )
        made = [await each.project(name) for name in ("wool", "two", "silk") for each in (home, neighbour)]
        for field, expected in ((SortField.NAME, [made[2], made[0]]), (SortField.SERIAL, [made[0], made[2]])):
            order = Order(field, descending=False)
            found = await home.projects(ProjectFilter(text="wo", archived=False), order=order, window=ByPage(1, 9))
            assert (expected, 2) == (found.items, found.total)


class TestFewInSight:
    @pytest.mark.parametrize("few", [0, 10], ids=["by the index", "by what they see"])
    @pytest.mark.usefixtures("common")
    async def test_a_members_matches(
        self, home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        """The team's and those assigned to them, in every order, and nobody else's."""
        monkeypatch.setattr(member_projects, "MAX_VISIBLE", few)
        user = await home.user()
        team, mine = await home.project("wool b"), await home.project("wool a", visibility="private")
        others = [await home.project("wool", visibility="private"), await home.project("silk")]
        others += [await home.project("wool", archived_at=1), await neighbour.project("wool")]
        for each in (mine, team, *others[2:]):
            await home.write(lambda tx, each=each: projects.assign(tx, user.serial, each.serial, 1))  # type: ignore[misc]
        for field, expected in ((SortField.SERIAL, [team, mine]), (SortField.NAME, [mine, team])):
            order = Order(field, descending=False)
            found = await home.projects(ACTIVE_WOOL, sight=Sight(user.serial), order=order, window=ByPage(1, 9))
            assert (expected, 2, False) == (found.items, found.total, found.has_next)

    async def test_a_keys_few(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Projects that are named are looked at one by one; the index isn't asked."""
        monkeypatch.setattr(search_planner, "MAX_SCANNED_PROJECTS", -1)
        monkeypatch.setattr(search, "index_query", None)
        named, _ = await home.project("wool"), await home.project("wool")
        silk = await home.project("silk")
        found = await home.projects(ACTIVE_WOOL, sight=Sight(None, (named.id, silk.id)))
        assert ([named], 1) == (found.items, found.total)
