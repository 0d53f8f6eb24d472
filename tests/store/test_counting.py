"""Are matches counted right whichever way is taken, once for all who ask at the same time, and kept true meanwhile?"""

import asyncio
import itertools
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from maquette.domain import projects
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Actor, Role, Sight
from maquette.model.page import AfterCursor, ByPage
from maquette.store import counting, search_planner
from maquette.store.database import Transaction
from maquette.store.filters import Criteria, ProjectFilter, matching
from maquette.store.query import Where
from maquette.store.search import SearchQuery
from tests.store.conftest import NEWEST, Home, new_home

CALLERS = 10


@pytest.fixture
def owner(home: Home, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """The owner of a workspace in which every search is a common one."""
    for bound in ("MAX_SCANNED_PROJECTS", "MAX_SORTED_HITS"):
        monkeypatch.setattr(search_planner, bound, -1)
    return Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)


async def _create(home: Home, owner: Actor, name: str) -> None:
    await home.write(lambda tx: projects.create(tx, owner, ProjectDraft(name), now_ms=2))


async def _total(home: Home, owner: Actor, word: str = "wool") -> int:
    filter = ProjectFilter(text=word, archived=False)
    return (await home.read(lambda tx: projects.list_(tx, owner, filter, NEWEST, ByPage(1, 20)))).total


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[SearchQuery]:
    """Grows with each count that is begun."""
    begun: list[SearchQuery] = []
    count = counting._count

    async def noted(tx: Transaction, query: SearchQuery, index: Any) -> int:
        begun.append(query)
        return await count(tx, query, index)

    monkeypatch.setattr(counting, "_count", noted)
    return begun


class TestOnce:
    async def test_many_ask_at_the_same_time(self, home: Home, owner: Actor, counted: list[SearchQuery]) -> None:
        """One counts, the others wait for it and find the total remembered."""
        await _create(home, owner, "Wool")
        assert [1] * CALLERS == await asyncio.gather(*(_total(home, owner) for _ in range(CALLERS)))
        assert 1 == len(counted)

    async def test_other_words_are_counted_beside_it(
        self, home: Home, owner: Actor, counted: list[SearchQuery]
    ) -> None:
        """Each word once."""
        await _create(home, owner, "Wool and silk")
        words = ["wool", "silk", "flax"] * 3
        assert [1, 1, 0] * 3 == await asyncio.gather(*(_total(home, owner, word) for word in words))
        assert 3 == len(counted)

    async def test_callers_who_go_away(self, home: Home, owner: Actor) -> None:
        """The others get their total, whether the one who began to count went or one who waited."""
        await _create(home, owner, "Wool")
        first, second, *others = [asyncio.create_task(_total(home, owner)) for _ in range(CALLERS)]
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        assert [1] * (CALLERS - 2) == await asyncio.gather(*others)

    async def test_one_that_fails(self, home: Home, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        """It fails for its caller alone; the next one counts."""
        await _create(home, owner, "Wool")
        count, failures = counting._count, itertools.count()

        async def failing(tx: Transaction, query: SearchQuery, index: Any) -> int:
            if next(failures) == 0:
                raise RuntimeError("a mistake of ours")
            return await count(tx, query, index)

        monkeypatch.setattr(counting, "_count", failing)
        found = await asyncio.gather(*(_total(home, owner) for _ in range(CALLERS)), return_exceptions=True)
        assert [1] * (CALLERS - 1) == [each for each in found if each == 1]
        assert 1 == sum(isinstance(each, RuntimeError) for each in found)


@dataclass
class Held:
    """A count that has its result, and keeps it until it may end."""

    has_counted: asyncio.Event
    may_end: threading.Event


class TestMeanwhile:
    @pytest.fixture
    def engine(self) -> str:
        """SQLite, which counts in a thread that can be held up."""
        return "sqlite"

    @pytest.fixture
    async def held(self, counted: list[SearchQuery], monkeypatch: pytest.MonkeyPatch) -> Held:
        """Every count is held up."""
        count, held = counting._count, Held(asyncio.Event(), threading.Event())
        loop = asyncio.get_running_loop()

        async def slow(tx: Transaction, query: SearchQuery, index: Any) -> int:
            total = await count(tx, query, index)
            loop.call_soon_threadsafe(held.has_counted.set)
            assert held.may_end.wait(30)
            return total

        monkeypatch.setattr(counting, "_count", slow)
        return held

    async def test_commits_are_taken_along(
        self, home: Home, owner: Actor, counted: list[SearchQuery], held: Held
    ) -> None:
        """A count that writes overtake has the total of its own snapshot, and isn't made again for the next one."""
        await _create(home, owner, "Wool")
        counts = asyncio.create_task(_total(home, owner))
        await held.has_counted.wait()
        for name in ("Woollen", "Silk", "Wool again"):
            await _create(home, owner, name)
        held.may_end.set()
        assert [1, 3] == [await counts, await _total(home, owner)]
        assert 1 == len(counted)

    async def test_it_goes_on_without_its_caller(
        self, home: Home, owner: Actor, counted: list[SearchQuery], held: Held
    ) -> None:
        """Who began to count goes away; who waits gets that total."""
        await _create(home, owner, "Wool")
        first, *others = [asyncio.create_task(_total(home, owner)) for _ in range(CALLERS)]
        await held.has_counted.wait()
        first.cancel()
        await asyncio.sleep(0.05)  # time enough for another to begin
        held.may_end.set()
        assert [1] * (CALLERS - 1) == await asyncio.gather(*others)
        assert 1 == len(counted)


FILTERS = [
    ProjectFilter(text="wo", archived=False),
    ProjectFilter(text="wool", archived=True),
    ProjectFilter(text="o"),
    ProjectFilter(keyword="wo", archived=False),
    ProjectFilter(keyword="wo"),
    ProjectFilter(keyword="wool", text="sheep", archived=False),
    ProjectFilter(keyword="wool", created_from=3),
    ProjectFilter(text="x" * 65, archived=False),
    ProjectFilter(text="\x02\x02\x02"),
    ProjectFilter(keyword="\x02\x02\x02", archived=True),
]


class TestWays:
    @pytest.mark.parametrize(
        ("easy", "probed"), [(16, 1_000), (-1, 1), (-1, 10**12)], ids=["by the index", "by a probe", "by reading"]
    )
    async def test_all_come_to_the_same(
        self, home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch, easy: int, probed: int
    ) -> None:
        """Whatever is asked, for an owner and a member, with projects in the index and in its tail."""
        monkeypatch.setattr(counting, "MAX_CHEAP_TRIGRAMS", easy)
        monkeypatch.setattr(counting, "PROBE_HITS", probed)
        user = await home.user()
        for each in (neighbour, home, await new_home(home.database, home.clock)):
            for number, name in enumerate(["wool", "wo", "two wools", "silk", "x" * 70, "x" * 64]):
                text = "of sheep" if number % 2 else None
                values: dict[str, Any] = {"description": text, "description_folded": text, "created_at": number}
                await each.project(name, visibility="private" if number == 2 else "team", **values)
                last = await each.project(name, archived_at=7, **values)
        if home.database.sees_all_writes:
            await home.write(lambda tx: tx.run("UPDATE projects_indexed SET serial = $1", last.serial - 7))
        for filter, sight in itertools.product(FILTERS, (Sight(), Sight(user.serial))):
            where = await home.read(lambda tx, criteria=(sight, filter): _matching(tx, home, *criteria))  # type: ignore[misc]
            query = SearchQuery(home.serial, 1, 1_000, Criteria(sight, filter), where, NEWEST, AfterCursor(1, None))
            read = await home.read(lambda tx, query=query: counting.count_rows(tx, query.where))  # type: ignore[misc]
            assert read == await home.read(lambda tx, query=query: counting._count(tx, query, None)), filter  # type: ignore[misc]


async def _matching(tx: Transaction, home: Home, sight: Sight, filter: ProjectFilter) -> Where:
    return matching(tx, home.serial, sight, filter)
