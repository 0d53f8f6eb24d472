"""Do the blocks hold what they say, and is the page they lead to the one that steps lead to?"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.model.page import ByPage, Order, SortField
from maquette.store import blocks, projects
from maquette.store.database import Transaction, Value
from maquette.store.filters import ProjectFilter
from tests.store.conftest import Home, unique

COLUMN = {SortField.NAME: "name_folded", SortField.CREATED_AT: "created_at", SortField.UPDATED_AT: "updated_at"}
ORDERS = [Order(field, descending) for field in blocks.BLOCK_TABLES for descending in (False, True)]
MANY = 9_001
ACTIVE = ProjectFilter(archived=False)


async def _grow(home: Home, count: int) -> None:
    """Projects whose names and times are in three different orders, some alike, in one statement."""
    start = unique("")
    await home.write(
        lambda tx: tx.run(
            "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < $3)"
            " INSERT INTO projects (id, workspace, name, name_folded, slug, visibility, kit_selectable, created_by,"
            " created_at, updated_at, archived_at)"
            " SELECT $4 || n, $1, 'x', 'name ' || (n * 7919 % 4999), $4 || n, 'team', 1, $2, n / 10, 50000 - n,"
            " CASE WHEN n % 100 = 7 THEN 1 END FROM numbers",
            home.serial,
            home.owner.serial,
            count - 1,
            start,
        )
    )


async def _held(home: Home, field: SortField) -> list[tuple[Any, int, int]]:
    table = blocks.BLOCK_TABLES[field]
    sql = f"SELECT value, serial, held FROM {table} WHERE workspace = $1 ORDER BY value, serial"
    return [tuple(row) for row in await home.read(lambda tx: tx.rows(sql, home.serial))]


async def _require_true(home: Home) -> None:
    """Each block holds as many active projects as lie from its start to the next one's, and none is too full."""
    for field, column in COLUMN.items():
        sql = f"SELECT {column}, serial FROM projects WHERE workspace = $1 AND archived_at IS NULL"
        places = sorted(tuple(row) for row in await home.read(lambda tx, sql=sql: tx.rows(sql, home.serial)))  # type: ignore[misc]
        found = await _held(home, field)
        starts = [(value, serial) for value, serial, _ in found]
        bounds = [sum(place < start for place in places) for start in starts] + [len(places)]
        assert [bounds[n + 1] - bounds[n] for n in range(len(starts))] == [held for _, _, held in found]
        assert (0, 0) == (starts[0][1], bounds[0])
        assert all(0 < held <= 4096 for _, _, held in found[1:])


async def _pages(home: Home, order: Order, numbers: list[int], size: int) -> list[tuple[list[int], bool]]:
    pages = []
    for number in numbers:
        found = await home.projects(ACTIVE, order=order, window=ByPage(number, size))
        pages.append(([project.serial for project in found.items], found.has_next))
    return pages


class TestBlocks:
    async def test_they_hold_what_they_say(self, home: Home, neighbour: Home) -> None:
        """After thousands in one statement, changes of every kind, and when nothing is left."""
        await _grow(home, MANY)
        await _grow(neighbour, 10)
        await _require_true(home)
        for change in (
            "SET updated_at = updated_at + 60000 WHERE workspace = $1 AND serial % 3 = 0",
            "SET name_folded = 'aaa', archived_at = NULL WHERE workspace = $1 AND serial % 5 = 0",
            "SET archived_at = 1 WHERE workspace = $1 AND created_at BETWEEN 100 AND 600",
        ):
            await home.write(lambda tx, change=change: tx.run(f"UPDATE projects {change}", home.serial))  # type: ignore[misc]
            await _require_true(home)
        await home.write(lambda tx: tx.run("DELETE FROM projects WHERE workspace = $1", home.serial))
        await _require_true(home)
        assert [1, 1, 1] == [len(await _held(home, field)) for field in COLUMN]
        await _require_true(neighbour)

    async def test_they_stay_as_many_as_are_needed(self, home: Home) -> None:
        """Between half full and full where projects only come."""
        await _grow(home, MANY)
        for field in COLUMN:
            assert MANY // 4096 < len(await _held(home, field)) <= MANY // 2048 + 1

    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("iuand"), st.sampled_from("abc")), max_size=12))
    async def test_one_change_at_a_time(self, home: Home, steps: list[tuple[int, str, str]]) -> None:
        """Whatever happens to a few projects in whatever order."""
        serials: list[int] = []

        async def step(tx: Transaction, at: int, kind: str, name: str) -> None:
            if kind == "i" or not serials:
                serials.append(await _insert(tx, home, name, at))
            elif kind == "d":
                await projects.delete(tx, serials.pop(at % len(serials)))
            else:
                values: dict[str, dict[str, Value]] = {
                    "u": {"updated_at": at},
                    "a": {"archived_at": at or None},
                    "n": {"name_folded": name},
                }
                await projects.change(tx, serials[at % len(serials)], values[kind])

        for one in steps:
            await home.write(lambda tx, one=one: step(tx, *one))  # type: ignore[misc]
        await _require_true(home)


@pytest.fixture
def stepping(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets from which row on the blocks are asked."""
    return lambda near: monkeypatch.setattr(blocks, "MIN_OFFSET", near)


class TestFindRange:
    async def test_every_page_of_some(self, home: Home, stepping: Any) -> None:
        """The blocks lead to the same rows as stepping over all that come before, in every order."""
        await _grow(home, MANY)
        size = 100
        last = -(-(MANY - MANY // 100) // size)
        numbers = [1, 2, 20, 21, 41, 42, last // 2, last // 2 + 1, last - 1, last, last + 1, last + 9]
        for order in ORDERS:
            stepping(10**9)
            stepped = await _pages(home, order, numbers, size)
            stepping(-1)
            assert stepped == await _pages(home, order, numbers, size), order

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    async def test_of_few(self, home: Home, stepping: Any, count: int) -> None:
        """A list of no or few projects has its pages, and none past its end."""
        for number in range(count):
            await home.project(f"name {number}")
        for order in ORDERS:
            stepping(10**9)
            stepped = await _pages(home, order, [1, 2, 3, 9], 2)
            stepping(-1)
            assert stepped == await _pages(home, order, [1, 2, 3, 9], 2)

    @pytest.mark.parametrize(
        "order", ORDERS, ids=lambda order: f"{order.field.value}{', from the end' * order.descending}"
    )
    async def test_blocks_that_hold_too_few(
        self, home: Home, stepping: Any, caplog: pytest.LogCaptureFixture, order: Order
    ) -> None:
        """A mistake in them costs steps and a line in the log, no page."""
        for number in range(5):
            await home.project(f"name {number}", created_at=number, updated_at=number)
        stepping(10**9)
        stepped = await _pages(home, order, [1, 2, 3, 4], 2)
        for table in blocks.BLOCK_TABLES.values():
            await home.write(lambda tx, table=table: tx.run(f"DELETE FROM {table} WHERE workspace = $1", home.serial))  # type: ignore[misc]
        stepping(-1)
        assert stepped == await _pages(home, order, [1, 2, 3, 4], 2)
        assert 3 == caplog.text.count("hold fewer than its 5 projects")


async def _insert(tx: Transaction, home: Home, name: str, at: int) -> int:
    serial = await projects.insert(
        tx,
        {
            "id": unique("id"),
            "workspace": home.serial,
            "name": name,
            "name_folded": name,
            "slug": unique("slug"),
            "visibility": "team",
            "kit_selectable": 1,
            "created_by": home.owner.serial,
            "created_at": at,
            "updated_at": at,
        },
    )
    assert serial
    return serial
