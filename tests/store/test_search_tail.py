"""Does a search find what the index hasn't taken in yet, and only once? The embedded engine's index and its tail."""

import asyncio
import random
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.model.actor import Sight
from maquette.model.page import AfterCursor, ByPage, Place, Window
from maquette.settings import Settings
from maquette.store import migrations, projects, search, search_planner
from maquette.store.database import Transaction, Value, embedded_file, open_database
from maquette.store.filters import Criteria, ProjectFilter, matching
from maquette.store.query import Where
from maquette.store.sqlite import SqliteDatabase
from maquette.store.totals import Totals
from tests.office import StillClock
from tests.store.conftest import OLDEST, Home, new_home, unique

BATCH, LONG = 256, 2_000

quickly = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def engine() -> str:
    """SQLite alone: PostgreSQL's index is its own."""
    return "sqlite"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is asked in the smallest workspace, and counts anew each time."""
    monkeypatch.setattr(search_planner, "MAX_SCANNED_PROJECTS", -1)
    monkeypatch.setattr(Totals, "put", lambda *_: None)


async def _grow(home: Home, count: int, name: str = "wool", *, description: str | None = None) -> None:
    await home.write(lambda tx: _add(tx, home, count, name, description))


async def _add(tx: Transaction, home: Home, count: int, name: str, description: str | None = None) -> None:
    await tx.run(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $3)"
        " INSERT INTO projects (id, workspace, name, name_folded, slug, description, description_folded, visibility,"
        " kit_selectable, created_by, created_at, updated_at)"
        " SELECT $4 || n, $1, $5, $5, $4 || n, $6, $6, 'team', 1, $2, n, n FROM numbers",
        home.serial,
        home.owner.serial,
        count,
        unique(""),
        name,
        description,
    )


async def _catch_up(home: Home) -> None:
    last = "(SELECT MAX(serial) FROM projects)"
    await home.write(lambda tx: tx.run(f"UPDATE projects_indexed SET serial = {last} WHERE serial < {last}"))


async def _tail(home: Home) -> int:
    sql = "SELECT COUNT(*) FROM projects WHERE serial > (SELECT serial FROM projects_indexed)"
    count: int = await home.read(lambda tx: tx.value(sql))
    return count


async def _found(home: Home, word: str) -> list[int]:
    found = await home.projects(ProjectFilter(text=word), order=OLDEST, window=ByPage(1, 10_000))
    serials = [project.serial for project in found.items]
    assert found.total == len(serials)
    return serials


async def _require_true(home: Home) -> None:
    """The index holds each of the workspace's projects up to its serial, as it is now, once, and nothing else."""
    rows = await home.read(
        lambda tx: tx.rows(
            "SELECT serial, name_folded, COALESCE(description_folded, '') FROM projects"
            " WHERE workspace = $1 AND serial <= (SELECT serial FROM projects_indexed) ORDER BY serial",
            home.serial,
        )
    )
    base = home.serial << search.SERIAL_BITS
    every = "SELECT DISTINCT doc FROM projects_terms WHERE doc BETWEEN $1 AND $2 ORDER BY doc"
    held = await home.read(lambda tx: tx.rows(every, base, base + (1 << search.SERIAL_BITS)))
    assert [serial for serial, _, _ in rows] == [place - base for (place,) in held]
    words = {text[at : at + 3] for _, *texts in rows for text in texts for at in range(len(text) - 2)}
    for word in words | {"xyz"}:
        holding = [serial for serial, name, description in rows if word in name or word in description]
        assert holding == await _entries(home, word), word


async def _entries(home: Home, word: str) -> list[int]:
    """What the index has of the workspace."""
    index = search.IndexQuery(search._quoted(word), "", home.serial << search.SERIAL_BITS, is_exact=True, trigrams=1)
    where = Where()
    sql = f"SELECT rowid FROM projects_search WHERE {search._is_hit(where, index, index.expression)} ORDER BY rowid"
    return [place - index.base for (place,) in await home.read(lambda tx: tx.rows(sql, *where.args))]


class TestTail:
    async def test_many_are_taken_in_together(self, home: Home) -> None:
        """One short of a batch waits; the next one takes all of them in."""
        await _grow(home, BATCH - 1)
        assert (BATCH - 1, []) == (await _tail(home), await _entries(home, "wool"))
        await _grow(home, 1)
        assert 0 == await _tail(home)
        await _require_true(home)

    async def test_it_stays_short_in_one_statement(self, home: Home) -> None:
        """However many projects come at once."""
        await _grow(home, 5 * BATCH + 7)
        assert 7 == await _tail(home)
        assert 5 * BATCH + 7 == len(await _found(home, "wool"))
        await _require_true(home)

    @pytest.mark.parametrize(
        ("count", "length", "left"), [(1, LONG, 1), (1, LONG + 1, 0), (64, 1_000, 0)], ids=["waits", "long", "much"]
    )
    async def test_it_never_holds_much_text(self, home: Home, count: int, length: int, left: int) -> None:
        """A long description doesn't wait, nor do many shorter ones; every sixteenth project is a time to look."""
        await _grow(home, count, description="x" * length)
        assert left == await _tail(home)
        assert count == len(await _found(home, "xxx"))
        await _require_true(home)

    async def test_what_was_taken_in_is_joined_eight_at_a_time(self, home: Home) -> None:
        """Few parts are quicker searched, but each joining writes their projects anew."""
        parts = "SELECT COUNT(DISTINCT segid) FROM projects_search_idx"
        chance, counts = random.Random(7), []
        for _ in range(12):
            await _grow(home, 1, description="".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(40_000)))
            counts.append(await home.read(lambda tx: tx.value(parts)))
        assert [1, 2, 3, 4, 5, 6, 7] == counts[:7]
        assert counts[-1] < 7
        assert 12 == len(await _found(home, "wool"))

    async def test_a_change_in_it_waits_too(self, home: Home) -> None:
        """What isn't in the index yet is found as it is now, and goes there once."""
        made = [await home.project(name) for name in ("first", "second", "third")]
        await home.write(lambda tx: projects.change(tx, made[0].serial, {"name_folded": "silk"}))
        await home.write(lambda tx: projects.delete(tx, made[1].serial))
        assert 2 == await _tail(home)
        assert ([made[0].serial], [], []) == tuple([await _found(home, word) for word in ("silk", "first", "second")])
        await _catch_up(home)
        assert 0 == await _tail(home)
        await _require_true(home)

    async def test_what_grows_in_it_is_taken_in(self, home: Home) -> None:
        """A description that becomes long takes its project and those before it into the index, as they are now."""
        made = [await home.project(name) for name in ("first", "second", "third")]
        await home.write(lambda tx: projects.change(tx, made[1].serial, {"description_folded": "x" * (LONG + 1)}))
        assert 1 == await _tail(home)
        assert [made[1].serial] == await _found(home, "xxxx")
        await _require_true(home)

    async def test_a_serial_chosen_by_hand(self, home: Home) -> None:
        """One below what the index has is taken in at once, one far above with all before it."""
        await _grow(home, BATCH)
        (first, *_) = await _found(home, "wool")
        await home.write(lambda tx: projects.delete(tx, first))
        for serial in (first, first + 10**6):
            made = await home.project("silk", serial=serial)
            assert serial == made.serial
            assert 0 == await _tail(home)
        assert [first, first + 10**6] == await _found(home, "silk")
        await _require_true(home)

    async def test_it_costs_no_sorting_in_order_of_serials(self, home: Home) -> None:
        """Index and tail are merged, so that a page of many matches ends soon; only the short tail is sorted."""
        criteria = Criteria(Sight(), ProjectFilter(text="wool"))
        for descending in (False, True):
            for window in (ByPage(1, 20), AfterCursor(20, None), AfterCursor(20, Place(None, 7))):
                plan = await home.read(lambda tx: _plan(tx, home, criteria, descending, window))  # noqa: B023  run at once
                assert any("MERGE" in step for step in plan)
                assert ["RIGHT", "TEMP B-TREE"] == _sorted_part(plan)


def _sorted_part(plan: list[str]) -> list[str]:
    """Where in the merge of index (left) and tail (right) there is sorting: nothing is sorted left of the mark."""
    marks = ("RIGHT", "TEMP B-TREE")
    return [mark for step in plan for mark in marks if mark in step]


async def _plan(tx: Transaction, home: Home, criteria: Criteria, descending: bool, window: Window) -> list[str]:
    index = await search.index_query(tx, home.serial, criteria)
    assert index
    where = matching(tx, home.serial, criteria.sight, criteria.filter)
    sql, args = search.in_order_sql(where, index, descending=descending, window=window)
    return [str(row[3]) for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}", *args)]


class TestAtomicity:
    async def test_what_is_undone_was_never_taken_in(self, home: Home) -> None:
        """A body that fails after it moved the serial leaves serial and index as they were, and others' writes."""
        await _grow(home, 3)

        async def fail(tx: Transaction) -> None:
            await _add(tx, home, BATCH, "silk")
            raise RuntimeError("a mistake of ours")

        outcomes = await asyncio.gather(
            home.write(fail), home.write(lambda tx: _add(tx, home, BATCH - 4, "wool")), return_exceptions=True
        )
        assert [RuntimeError, type(None)] == [type(outcome) for outcome in outcomes]
        assert (BATCH - 1, [], []) == (await _tail(home), await _found(home, "silk"), await _entries(home, "silk"))
        await _grow(home, 1)
        await _require_true(home)

    async def test_a_process_killed_between(self, home: Home, engine_settings: Settings) -> None:
        """Killed after it moved the serial and before its commit: nothing of it is left, nothing else is lost."""
        await _grow(home, BATCH - 1)
        file = embedded_file(engine_settings.data)
        child = subprocess.Popen(
            [sys.executable, "-c", PAUSING, str(file), str(home.serial), str(home.owner.serial)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout
        assert "0\n" == child.stdout.readline()  # its own tail
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert (BATCH - 1, []) == (await _tail(home), await _entries(home, "wool"))
        await _grow(home, 2)
        assert BATCH + 1 == len(await _found(home, "wool"))
        assert 1 == await _tail(home)
        await _require_true(home)

    async def test_two_processes_take_turns(self, home: Home, engine_settings: Settings, clock: StillClock) -> None:
        """Two connections on one file, which may as well be two processes': one tail, and each sees the other's."""
        other = SqliteDatabase(embedded_file(engine_settings.data))
        beside = Home(other, clock, home.workspace, home.owner)
        try:
            for _ in range(6):
                await asyncio.gather(_grow(home, 50), _grow(beside, 37, "silk"))
            assert (300, 222) == (len(await _found(beside, "wool")), len(await _found(home, "silk")))
            assert 522 % BATCH >= await _tail(home)
            await _require_true(beside)
        finally:
            await other.close()


class TestUpgrade:
    async def test_what_was_there_before_is_in_the_index(
        self, engine_settings: Settings, clock: StillClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A store from before the index is taken in as a whole, and goes on with an empty tail."""
        store = open_database(url=None, data=engine_settings.data)
        try:
            with monkeypatch.context() as release:
                steps = migrations.migrations("sqlite")[:3]
                release.setattr(migrations, "migrations", lambda _: steps)
                await store.migrate(1)
                home = await new_home(store, clock)
                await _grow(home, 300, "wool", description="of sheep")
            await store.migrate(1)
            assert 0 == await _tail(home)
            assert 300 == len(await _found(home, "sheep"))
            await _grow(home, 1)
            assert 1 == await _tail(home)
            await _require_true(home)
        finally:
            await store.close()


WORDS = ["a", "b", "ab", "ba", "aba", "bab", "abab", "项", "目项", "a项目"]
TEXTS = st.text("ab项目", min_size=1, max_size=6)
STEPS = st.tuples(st.sampled_from("iiiinnddxacm"), st.integers(0, 20), TEXTS, st.none() | TEXTS)


@dataclass
class Told:
    """A workspace, and what its projects' names and descriptions must be."""

    home: Home
    neighbour: Home
    texts: dict[int, tuple[str, str | None]]

    async def take(self, kind: str, at: int, name: str, description: str | None) -> None:
        """One step: insert, name, describe, delete (x), archive, catch up, or many of a neighbour's."""
        if kind == "i" or not self.texts:
            made = await self.home.project(name, description=description, description_folded=description)
            self.texts[made.serial] = (name, description)
        elif kind == "c":
            await _catch_up(self.home)
        elif kind == "m":
            await _grow(self.neighbour, 200, name, description=description)
        else:
            await self._change(sorted(self.texts)[at % len(self.texts)], kind, at, name, description)

    async def _change(self, serial: int, kind: str, at: int, name: str, description: str | None) -> None:
        if kind == "x":
            del self.texts[serial]
            await self.home.write(lambda tx: projects.delete(tx, serial))
            return
        values: dict[str, dict[str, Value]] = {
            "n": {"name_folded": name},
            "d": {"description_folded": description},
            "a": {"archived_at": at or None},
        }
        await self.home.write(lambda tx: projects.change(tx, serial, values[kind]))
        before = self.texts[serial]
        self.texts[serial] = {"n": (name, before[1]), "d": (before[0], description), "a": before}[kind]

    def holding(self, word: str) -> list[int]:
        """The serials of those that hold it."""
        return [
            n for n, (name, description) in sorted(self.texts.items()) if word in name or word in (description or "")
        ]


class TestNaiveScan:
    @quickly
    @given(st.lists(STEPS, max_size=14), st.sampled_from([0, 500]))
    async def test_the_same_is_found(
        self,
        home: Home,
        neighbour: Home,
        monkeypatch: pytest.MonkeyPatch,
        steps: list[tuple[str, int, str, str | None]],
        rare: int,
    ) -> None:
        """Whatever comes, changes and goes, in the tail and in the index, and whenever that catches up."""
        monkeypatch.setattr(search_planner, "MAX_SORTED_HITS", rare)
        await home.write(lambda tx: tx.run("DELETE FROM projects WHERE workspace = $1", home.serial))
        told = Told(home, neighbour, {})
        for number, step in enumerate(steps):
            await told.take(*step)
            for word in WORDS[number % 3 :: 3]:
                assert told.holding(word) == await _found(home, word), word
        await _require_true(home)


PAUSING = """
import asyncio, sys, time
from pathlib import Path
from maquette.store.sqlite import SqliteDatabase

async def main(file, workspace, owner):
    store = SqliteDatabase(Path(file))

    async def body(tx):
        await tx.run(
            "INSERT INTO projects (id, workspace, name, name_folded, slug, visibility, kit_selectable, created_by,"
            " created_at, updated_at) VALUES ('killed', $1, 'silk', 'silk', 'killed', 'team', 1, $2, 1, 1)",
            int(workspace), int(owner),
        )
        sql = "SELECT COUNT(*) FROM projects WHERE serial > (SELECT serial FROM projects_indexed)"
        print(await tx.value(sql), flush=True)
        time.sleep(60)

    await store.write(body)

asyncio.run(main(*sys.argv[1:]))
"""
