"""Are remembered totals true at every version, and forgotten where that can't be told?"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from maquette.domain import assignments, projects
from maquette.domain.projects import ProjectDraft, ProjectPatch
from maquette.model.actor import Actor, Role
from maquette.model.page import ByPage
from maquette.model.records import UNSET
from maquette.settings import Settings
from maquette.store import search_planner
from maquette.store.database import Database, open_database
from maquette.store.filters import ProjectFilter
from maquette.store.totals import ENTRIES_PER_WORKSPACE, MAX_RECORDED_COMMITS, MAX_WORKSPACES, RowChange, Totals
from tests.store.conftest import NEWEST, Home


class Word(str):
    """A key of the texts that hold it; with a question mark, more than the texts decides what matches."""

    def matcher(self) -> Callable[[str], bool] | None:
        """Whether a text holds it."""
        return None if "?" in self else self._holds

    def _holds(self, text: str) -> bool:
        return self in text


class TestTotals:
    def test_one_is_known_at_its_version_alone(self) -> None:
        """Another version, another key and another workspace have to be counted."""
        totals = Totals()
        totals.put(1, 5, Word("wool"), 3)
        assert [3, None, None, None] == [
            totals.get(1, 5, Word("wool")),
            totals.get(1, 6, Word("wool")),
            totals.get(1, 5, Word("silk")),
            totals.get(2, 5, Word("wool")),
        ]

    def test_it_follows_what_changes(self) -> None:
        """What comes, goes or is renamed is added and taken away."""
        totals = Totals()
        totals.put(1, 5, Word("wool"), 3)
        totals.follow(
            1,
            6,
            [RowChange(None, "wool"), RowChange(None, "woollen"), RowChange("wool", "silk"), RowChange("silk", None)],
        )
        assert 4 == totals.get(1, 6, Word("wool"))
        totals.follow(1, 7, [])
        assert 4 == totals.get(1, 7, Word("wool"))

    def test_it_says_whether_it_has_any(self) -> None:
        """Once one is known, or while somebody counts; else a commit need not be told of."""
        totals = Totals()
        assert not totals.has_entries()
        with totals.counting(1):
            assert totals.has_entries()
        assert not totals.has_entries()
        totals.put(1, 5, Word("wool"), 3)
        assert totals.has_entries()

    @pytest.mark.parametrize(
        ("asked", "version", "row_changes"),
        [("wool", 6, None), ("wool", 7, []), ("?", 6, [RowChange(None, "wool")])],
        ids=["unknown", "gap", "undecided"],
    )
    def test_it_is_forgotten(self, asked: str, version: int, row_changes: list[RowChange] | None) -> None:
        """After a change that says nothing, a version that wasn't seen, and a row that doesn't decide by itself."""
        totals = Totals()
        totals.put(1, 5, Word(asked), 3)
        totals.follow(1, version, row_changes)
        assert [None, None] == [totals.get(1, each, Word(asked)) for each in (6, 7)]

    def test_one_that_more_than_a_row_decides_stays_while_no_row_changes(self) -> None:
        """A new version says nothing of the rows by itself."""
        totals = Totals()
        totals.put(1, 5, Word("?"), 3)
        totals.follow(1, 6, [])
        assert 3 == totals.get(1, 6, Word("?"))

    def test_one_that_was_counted_after_the_commit_stays(self) -> None:
        """The commit is announced a moment after others can read it."""
        totals = Totals()
        totals.put(1, 6, Word("wool"), 3)
        totals.follow(1, 6, [RowChange(None, "wool")])
        assert 3 == totals.get(1, 6, Word("wool"))

    def test_commits_that_came_while_it_was_counted(self) -> None:
        """What was counted in an older snapshot is taken along by them, each once."""
        totals = Totals()
        with totals.counting(1):
            for version in (5, 6, 7):
                totals.follow(1, version, [RowChange(None, "wool")])
            totals.put(1, 5, Word("wool"), 3)
        assert [None, 5] == [totals.get(1, version, Word("wool")) for version in (5, 7)]
        totals.follow(1, 8, [RowChange("wool", None)])
        assert 4 == totals.get(1, 8, Word("wool"))

    @pytest.mark.parametrize(
        ("asked", "commits"),
        [
            ("wool", [(6, None), (7, [])]),
            ("wool", [(7, [])]),
            ("?", [(6, [RowChange(None, "wool")]), (7, [])]),
            ("wool", [(n, []) for n in range(6, 9 + MAX_RECORDED_COMMITS)]),
        ],
        ids=["unknown", "gap", "undecided", "too many"],
    )
    def test_what_came_meanwhile_is_not_known(
        self, asked: str, commits: list[tuple[int, list[RowChange] | None]]
    ) -> None:
        """Then it is counted again, after the next commit at the latest."""
        totals = Totals()
        with totals.counting(1):
            for commit in commits:
                totals.follow(1, *commit)
            totals.put(1, 5, Word(asked), 3)
        last = commits[-1][0]
        assert totals.get(1, last, Word(asked)) is None
        totals.follow(1, last + 1, [])
        assert totals.get(1, last + 1, Word(asked)) is None

    def test_nothing_is_noted_when_nobody_counts(self) -> None:
        """Neither before the first nor after the last of them has ended, however it ended."""
        totals = Totals()
        with pytest.raises(RuntimeError), totals.counting(1), totals.counting(1):
            raise RuntimeError("a mistake of ours")
        totals.follow(1, 6, [RowChange(None, "wool")])
        with totals.counting(1):
            totals.put(1, 5, Word("wool"), 3)
        assert [3, None] == [totals.get(1, version, Word("wool")) for version in (5, 6)]

    def test_all_are_forgotten_when_anything_may_have_changed(self) -> None:
        """Also what was being counted."""
        totals = Totals()
        totals.put(1, 5, Word("wool"), 3)
        with totals.counting(1):
            totals.follow(None, None, None)
            totals.put(1, 5, Word("silk"), 3)
        assert [None, None] == [totals.get(1, 5, Word(each)) for each in ("wool", "silk")]

    def test_an_older_snapshot_replaces_nothing(self) -> None:
        """What was counted in a later one stays."""
        totals = Totals()
        totals.put(1, 6, Word("wool"), 4)
        totals.put(1, 5, Word("wool"), 3)
        assert 4 == totals.get(1, 6, Word("wool"))

    def test_they_are_bounded(self) -> None:
        """Keys that nothing matches go first, then those asked for longest ago, and the oldest workspaces."""
        totals = Totals()
        for number in range(ENTRIES_PER_WORKSPACE):
            totals.put(0, 1, Word(number), 0 if number == 5 else 9)
        assert 9 == totals.get(0, 1, Word(0))
        totals.put(0, 1, Word("wool"), 1)
        assert [9, 9, None] == [totals.get(0, 1, Word(number)) for number in (0, 1, 5)]
        for number in (0, 2, 3):
            totals.get(0, 1, Word(number))
        totals.put(0, 1, Word("silk"), 1)
        assert [9, None, 9] == [totals.get(0, 1, Word(number)) for number in (0, 4, 2)]
        for number in range(1, MAX_WORKSPACES + 1):
            totals.put(number, 1, Word("wool"), 1)
        assert [None, 1] == [totals.get(0, 1, Word(2)), totals.get(1, 1, Word("wool"))]


class TestRemembered:
    """Through the domain, on both engines."""

    @pytest.fixture
    async def owner(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> Actor:
        """The owner of a workspace in which every search is a common one."""
        for bound in ("MAX_SCANNED_PROJECTS", "MAX_SORTED_HITS"):
            monkeypatch.setattr(search_planner, bound, -1)
        return Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)

    async def test_they_are_counted_once_and_stay_true(self, home: Home, owner: Actor, counted: list[str]) -> None:
        """Through creating, renaming, describing, archiving, unarchiving and deleting, no count is made again."""
        made = await _create(home, owner, "Wool One")
        expected = [await _total(home, owner, **asked) for asked in FILTERS]
        assert ([1, 1, 0, 1, 1], 5) == (expected, len(counted))
        second = await _create(home, owner, "Silk", "as warm as WOOL")
        assert [1, 2, 0, 2, 1] == [await _total(home, owner, **asked) for asked in FILTERS]
        await _patch(home, owner, made, name="Linen")
        assert [0, 1, 0, 1, 0] == [await _total(home, owner, **asked) for asked in FILTERS]
        await home.write(lambda tx: projects.archive(tx, owner, second, now_ms=3))
        assert [0, 0, 1, 1, 0] == [await _total(home, owner, **asked) for asked in FILTERS]
        await home.write(lambda tx: projects.unarchive(tx, owner, second, now_ms=4))
        await home.write(lambda tx: projects.remove(tx, owner, made, now_ms=5))
        assert [0, 1, 0, 1, 0] == [await _total(home, owner, **asked) for asked in FILTERS]
        assert 5 == len(counted)

    async def test_a_members_is_counted_again(self, home: Home, owner: Actor) -> None:
        """An assignment changes what they see, and no project says so."""
        user = await home.user()
        member = Actor(home.serial, user.serial, Role.MEMBER)
        made = await _create(home, owner, "Wool")
        assert 0 == await _total(home, member, keyword="wool")
        await home.write(lambda tx: assignments.assign(tx, owner, made, user.serial, now_ms=3))
        assert 1 == await _total(home, member, keyword="wool")

    async def test_more_than_texts_may_decide(self, home: Home, owner: Actor) -> None:
        """A new project that holds the word is none of theirs who don't see it, nor of another time's or maker's."""
        member = Actor(home.serial, (await home.user()).serial, Role.MEMBER)
        asked: list[tuple[Actor, dict[str, Any]]] = [
            (member, {"keyword": "wool"}),
            (owner, {"keyword": "wool", "created_before": 2}),
            (owner, {"text": "wool", "created_by": "somebody else"}),
        ]
        for _ in range(2):
            assert [0, 0, 0] == [await _total(home, actor, **filter) for actor, filter in asked]
            await _create(home, owner, "Wool")

    @pytest.fixture
    async def second(self, database: Database, engine_settings: Settings) -> AsyncIterator[Database]:
        """Another process's view of the same store."""
        other = open_database(url=engine_settings.database_url, data=engine_settings.data)
        yield other
        await other.close()

    async def test_what_another_process_writes_is_counted(self, home: Home, owner: Actor, second: Database) -> None:
        """Its version is one that this process has not seen come."""
        await _create(home, owner, "Wool")
        assert 1 == await _total(home, owner, keyword="wool")
        await second.write(lambda tx: projects.create(tx, owner, ProjectDraft("Wool too"), now_ms=3))
        assert 2 == await _total(home, owner, keyword="wool")


FILTERS: list[dict[str, Any]] = [
    {"keyword": "wool", "archived": False},
    {"text": "wool", "archived": False},
    {"text": "wool", "archived": True},
    {"text": "wool"},
    {"keyword": "wo", "archived": False},
]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each total that is put down."""
    counted: list[str] = []
    put = Totals.put

    def noted(self: Totals, workspace: int, version: int, key: Any, total: int) -> None:
        counted.append(str(key))
        put(self, workspace, version, key, total)

    monkeypatch.setattr(Totals, "put", noted)
    return counted


async def _create(home: Home, owner: Actor, name: str, description: str | None = None) -> int:
    draft = ProjectDraft(name, description)
    return (await home.write(lambda tx: projects.create(tx, owner, draft, now_ms=2))).serial


async def _patch(home: Home, owner: Actor, serial: int, name: str) -> None:
    patch = ProjectPatch(name=name, description=UNSET)
    await home.write(lambda tx: projects.change(tx, owner, serial, patch, now_ms=2))


async def _total(home: Home, actor: Actor, **filter: Any) -> int:
    window = ByPage(1, 20)
    return (await home.read(lambda tx: projects.list_(tx, actor, ProjectFilter(**filter), NEWEST, window))).total
