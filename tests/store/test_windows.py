"""Walks through ordered lists: whatever the ordering, every row once, ties included."""

import pytest

from maquette.model.page import AfterCursor, ByPage, Order, Place, SortField
from maquette.model.records import Project
from maquette.store import projects
from tests.store.conftest import Home

ORDERS = [Order(field, descending) for field in SortField for descending in (False, True)]


def _place(project: Project, order: Order) -> Place:
    value: str | int | None = {
        SortField.SERIAL: None,
        SortField.NAME: project.name.casefold(),
        SortField.CREATED_AT: project.created_at,
        SortField.UPDATED_AT: project.updated_at,
    }[order.field]
    return Place(value, project.serial)


async def _tied(home: Home) -> list[Project]:
    """Nine projects that share three names and three times, in two different ways."""
    return [await home.project("bac"[n % 3], created_at=n // 3, updated_at=100 - n // 3) for n in range(9)]


def _sorted(rows: list[Project], order: Order) -> list[int]:
    def key(project: Project) -> tuple[str | int, int]:
        place = _place(project, order)
        return place.value if place.value is not None else 0, place.serial

    return [project.serial for project in sorted(rows, key=key, reverse=order.descending)]


@pytest.mark.parametrize("order", ORDERS, ids=str)
class TestWalk:
    async def test_by_cursor(self, home: Home, order: Order) -> None:
        """Windows of two, each after the last row of the one before, show every row once and in order."""
        rows, walked, after, more = await _tied(home), [], None, True
        while more:
            found = await home.projects(order=order, window=AfterCursor(2, after))
            walked += [project.serial for project in found.items]
            after, more = _place(found.items[-1], order), found.has_next
        assert _sorted(rows, order) == walked

    async def test_by_page(self, home: Home, order: Order) -> None:
        """Pages of two do the same on a quiet list."""
        rows, walked = await _tied(home), []
        for number in range(1, 6):
            found = await home.projects(order=order, window=ByPage(number, 2))
            walked += [project.serial for project in found.items]
            assert (number < 5) == found.has_next
        assert _sorted(rows, order) == walked

    async def test_a_cursor_outlives_its_row(self, home: Home, order: Order) -> None:
        """After the row that a cursor names is deleted, the walk goes on where it stood."""
        rows = await _tied(home)
        first = await home.projects(order=order, window=AfterCursor(4, None))
        last = first.items[-1]
        await home.write(lambda tx: projects.delete(tx, last.serial))
        rest = await home.projects(order=order, window=AfterCursor(100, _place(last, order)))
        assert _sorted(rows, order)[4:] == [project.serial for project in rest.items]


class TestOrder:
    async def test_folded_text_is_compared_by_code_point(self, home: Home) -> None:
        """Both engines order names alike, in any script."""
        for name in ("é", "z", "a", "项", "Ω", "b-1", "b_1", "b1"):
            await home.project(name)
        found = await home.projects(order=Order(SortField.NAME, descending=False))
        assert ["a", "b-1", "b1", "b_1", "z", "é", "Ω", "项"] == [project.name for project in found.items]
