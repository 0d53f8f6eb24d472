"""Does a search by the index find what reading every row finds? Any text in any text, as it comes and goes."""

import itertools
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.model.actor import Sight
from maquette.model.page import AfterCursor, ByPage, Order, Place, SortField
from maquette.model.text import fold
from maquette.store import projects
from maquette.store.database import Transaction
from maquette.store.filters import ProjectFilter
from maquette.store.totals import Totals
from tests.store.conftest import OLDEST, Home, unique

ODD = "ab%_\\'\"*()-:^+{} \t项目東京ée\u0301ßﬁ👩‍👩‍👧\u200dΩ\U0010ffff"
TEXTS = st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
NAMES = TEXTS.map(lambda text: text.strip() or "x")
LIKELY = [
    "ab",
    "a",
    "%",
    "項",
    "目",
    "项目",
    '"',
    "OR",
    "ab%",
    "e\u0301",
    "👩‍👩",
    "\U0010ffff",
    "name",
    "{name}",
    "*",
    "\x01",
    "ab\x01",
]

quickly = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


ALL = 10**12
MILLION = 10**6
# How many match decides which way a search takes, as does how many projects the index takes in at once, before others
# wait in its tail; all ways lead to the same.
COMMON = {"search_planner.MAX_SORTED_HITS": -1}
READ = {"counting.MAX_CHEAP_TRIGRAMS": -1, "counting.PROBE_HITS": ALL}
SORTED = COMMON | {"search_planner.DENSE_RATIO": 0, "search_planner.SORT_FACTOR": ALL}
MET = COMMON | {"search_planner.DENSE_RATIO": 0, "search_planner.SORT_FACTOR": 0}
WAYS: dict[str, tuple[int, dict[str, int]]] = {
    "rare, in the tail": (0, {}),
    "rare, in the index": (ALL, {}),
    "rare, in both": (2, {}),
    "sorted, in the tail": (0, SORTED),
    "sorted, in the index": (ALL, SORTED | {"counting.MAX_CHEAP_TRIGRAMS": -1}),
    "sorted, in both": (2, SORTED),
    "met, in the tail": (0, MET),
    "met, in the index": (ALL, MET | READ),
    "met, in both": (2, MET | {"search_planner.LOOKAHEAD_MATCHES": 1}),
    "walked": (ALL, COMMON | READ | {"search.MAX_TRIGRAMS": -1, "search_planner.DENSE_RATIO": ALL}),
}

EACH_WAY = pytest.mark.parametrize(
    ("engine", "way"),
    [
        *(pytest.param("sqlite", way, id=f"sqlite, {way}") for way in WAYS),
        pytest.param("postgres", "walked", id="postgres", marks=pytest.mark.postgres),  # which goes a way of its own
    ],
)

Indexed = Callable[[str], Awaitable[None]]


@pytest.fixture
def indexed(home: Home, monkeypatch: pytest.MonkeyPatch) -> Indexed:
    """Lets the index be asked in that way, as if the workspace were large."""

    async def bound(way: str) -> None:
        taken_in, bounds = WAYS[way]
        monkeypatch.setattr(Totals, "put", lambda *_: None)  # the store alone gives no new versions
        for name, value in bounds.items():
            monkeypatch.setattr(f"maquette.store.{name}", value)
        await home.write(lambda tx: _begin(tx, home.serial, taken_in))

    return bound


async def _begin(tx: Transaction, workspace: int, taken_in: int) -> None:
    await tx.run("UPDATE workspaces SET active_private = $2 WHERE serial = $1", workspace, MILLION)
    if tx.engine == "sqlite":
        await tx.run(
            "UPDATE projects_indexed SET serial = (SELECT COALESCE(MAX(serial), 0) FROM projects) + $1", taken_in
        )


async def _change(home: Home, serial: int, **values: Any) -> None:
    await home.write(lambda tx: projects.change(tx, serial, values))


async def _found(home: Home, order: Order = OLDEST, sight: Sight = Sight(), **filter: Any) -> list[int]:  # noqa: B008  frozen
    found = await home.projects(ProjectFilter(**filter), order=order, sight=sight)
    assert len(found.items) == found.total
    return [project.serial for project in found.items]


@EACH_WAY
class TestAnyText:
    async def test_what_holds_it_is_found(self, home: Home, indexed: Indexed, way: str) -> None:
        """Parts of one to many characters, at the start, in the middle, at the end, and of the whole."""
        await indexed(way)
        text = fold('Ünïcode 项目 100%_"quoted" 👩‍👩‍👧 e\u0301')
        made = await home.project(text)
        other = await home.project("something else")
        for start, end in itertools.combinations(range(len(text) + 1), 2):
            part = text[start:end]
            others = [other.serial] if part in "something else" else []
            assert [made.serial, *others] == await _found(home, keyword=part), part

    async def test_descriptions_count_for_text_alone(self, home: Home, indexed: Indexed, way: str) -> None:
        """A keyword looks at names; nothing runs from the name over into the description."""
        await indexed(way)
        made = await home.project("wool", description="sheep", description_folded="sheep")
        for word in ("sheep", "sh", "p"):
            assert [made.serial] == await _found(home, text=word)
            assert [] == await _found(home, keyword=word)
        assert [] == await _found(home, text="woolsheep")
        assert [] == await _found(home, text="ls")

    async def test_what_changes_is_found_as_it_is(self, home: Home, indexed: Indexed, way: str) -> None:
        """A new name, description or state counts at once; a deleted project is gone."""
        await indexed(way)
        made = await home.project("first name")
        await _change(home, made.serial, name_folded="second", description_folded="told", updated_at=2)
        assert ([], [made.serial]) == (await _found(home, text="first"), await _found(home, text="second"))
        await _change(home, made.serial, description_folded=None)
        assert [] == await _found(home, text="told")
        await _change(home, made.serial, archived_at=1)
        states: dict[bool | None, list[int]] = {None: [made.serial], True: [made.serial], False: []}
        assert states == {state: await _found(home, text="second", archived=state) for state in states}
        await home.write(lambda tx: projects.delete(tx, made.serial))
        assert [] == await _found(home, text="second")

    async def test_only_what_is_in_sight(self, home: Home, neighbour: Home, indexed: Indexed, way: str) -> None:
        """Neither another workspace's nor somebody else's private ones, and other filters hold too."""
        await indexed(way)
        user = await home.user()
        team, private = await home.project("wool"), await home.project("wool", visibility="private")
        named = await home.project("wool", visibility="private")
        await neighbour.project("wool")
        for word in ("wool", "wo"):
            assert [team.serial] == await _found(home, keyword=word, sight=Sight(user.serial))
            assert [named.serial] == await _found(home, keyword=word, sight=Sight(None, (named.id,)))
            assert [private.serial] == await _found(home, keyword=word, ids=(private.id,))

    async def test_the_mark_of_an_end_is_no_text(self, home: Home, indexed: Indexed, way: str) -> None:
        """What the index puts behind each text is found by nobody, and the last characters still are."""
        await indexed(way)
        made = await home.project("wool")
        for word in ("wool\x01", "l\x01\x01", "l\x01", "\x01"):
            assert [] == await _found(home, keyword=word)
        for word in ("ool", "ol", "l"):
            assert [made.serial] == await _found(home, keyword=word)

    @pytest.mark.parametrize("field", SortField)
    async def test_windows_of_it_go_on_from_each_other(
        self, home: Home, indexed: Indexed, way: str, field: SortField
    ) -> None:
        """By cursor and by page, every match once and in order."""
        await indexed(way)
        made = [await home.project(f"{'bac'[n % 3]} wool", created_at=n // 3, updated_at=9 - n) for n in range(9)]
        await home.project("silk")
        for order in (Order(field, descending=False), Order(field, descending=True)):
            whole = await _found(home, order, keyword="wool")
            assert sorted(project.serial for project in made) == sorted(whole)
            paged, walked, place = [], [], None
            for number in (1, 2, 3):
                page = await home.projects(ProjectFilter(keyword="wool"), order=order, window=ByPage(number, 4))
                after = await home.projects(ProjectFilter(keyword="wool"), order=order, window=AfterCursor(4, place))
                paged += [project.serial for project in page.items]
                walked += [project.serial for project in after.items]
                assert (9, number < 3) == (page.total, page.has_next)
                last = after.items[-1]
                value = {SortField.NAME: last.name, SortField.SERIAL: None}.get(field, getattr(last, field.value))
                place = Place(value, last.serial)
            assert (whole, whole) == (paged, walked)


class TestNaiveScan:
    @EACH_WAY
    @quickly
    @given(
        texts=st.lists(st.tuples(NAMES, st.none() | TEXTS), max_size=5),
        words=st.lists(TEXTS.filter(bool) | st.sampled_from(LIKELY), min_size=1, max_size=5),
    )
    async def test_the_same_is_found(
        self, home: Home, indexed: Indexed, way: str, texts: list[tuple[str, str | None]], words: list[str]
    ) -> None:
        """Whatever the texts and the words: names and descriptions that hold the word, and no others."""
        await indexed(way)
        folded = [(fold(name), None if text is None else fold(text)) for name, text in texts]

        async def body(tx: Transaction) -> list[int]:
            await tx.run("DELETE FROM projects WHERE workspace = $1", home.serial)
            inserted = [await projects.insert(tx, _row(home, name, text)) for name, text in folded]
            return [*filter(None, inserted)]

        rows = list(zip(await home.write(body), folded, strict=True))
        for word in {fold(word) for word in words} | {part for name, _ in folded for part in (name[-2:], name[:4])}:
            in_names = [serial for serial, (name, _) in rows if word in name]
            in_either = [serial for serial, (name, text) in rows if word in name or word in (text or "")]
            assert (in_names, in_either) == (await _found(home, keyword=word), await _found(home, text=word)), word


class TestLongWords:
    @EACH_WAY
    @pytest.mark.parametrize("length", [63, 64, 65, 300, 1_000, 1_001, 1_500])
    async def test_each_is_found_to_its_last_character(
        self, home: Home, indexed: Indexed, way: str, length: int
    ) -> None:
        """However long: what differs in its first, its last or one in the middle is another one."""
        await indexed(way)
        word = ("_%.*\\[項" * length)[: length - 1] + "z"
        holds = f"a{word}b"
        made = await home.project("wool", description=holds, description_folded=holds)
        assert [made.serial] == await _found(home, text=word)
        for at in (0, length // 2, length - 1):
            assert [] == await _found(home, text=word[:at] + "x" + word[at + 1 :])

    async def test_one_that_begins_everywhere_takes_no_longer(self, home: Home) -> None:
        """A text that repeats itself isn't compared with all of the word at each of its places."""
        for number in range(5):
            await home.project(f"wool {number}", description_folded="′" * 40_000)

        async def took(length: int) -> float:
            """The least of three times, for words that differ in their last or a middle character."""
            times = []
            for _ in range(3):
                start = perf_counter()
                for before in (length - 1, length // 2):
                    assert [] == await _found(home, text="′" * before + "x" + "′" * (length - 1 - before))
                times.append(perf_counter() - start)
            return min(times)

        assert await took(900) < 6 * await took(60)


def _row(home: Home, name: str, description: str | None) -> dict[str, Any]:
    return {
        "id": unique("id"),
        "workspace": home.serial,
        "name": name,
        "name_folded": name,
        "slug": unique("slug"),
        "description": description,
        "description_folded": description,
        "visibility": "team",
        "kit_selectable": 1,
        "created_by": home.owner.serial,
        "created_at": 1,
        "updated_at": 1,
    }
