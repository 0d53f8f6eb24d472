"""Which walks there are, and what one brings back.

Every list in every ordering that its dialect has, in two page sizes, and once with no parameters at all.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import count
from typing import Protocol

from .calls import UNREADABLE, AnswerError, Calls, together
from .rows import NOUNS, Door, Item, Noun, Ordering, Page, Row, RowId, Walk


class Dialect(Protocol):
    """What the loader and the walks ask of a dialect."""

    calls: Calls

    @property
    def door(self) -> Door: ...
    @property
    def orderings(self) -> tuple[Ordering, ...]: ...
    @property
    def search_by(self) -> str: ...
    async def create(self, item: Item, kit: RowId | None, /) -> Row: ...
    async def rename(self, noun: Noun, row_id: RowId, name: str) -> Row: ...
    def pages(self, noun: Noun, ordering: Ordering, size: int | None) -> AsyncGenerator[Page, None]: ...


Before = dict[tuple[Noun, Door], set[RowId]]


async def look_before(dialects: tuple[Dialect, ...]) -> Before:
    """The ids that are there already. Raises AnswerError when a list can't be read at all."""
    before: Before = {}
    for dialect in dialects:
        for noun in NOUNS:
            walk = await take(Walk(noun, dialect.door, dialect.orderings[0], 100), dialect)
            if walk.broken:
                raise AnswerError(walk.faults[-1])
            before[noun, dialect.door] = {row.id for row in walk.rows}
    return before


def plan(dialects: tuple[Dialect, ...], expected: dict[Noun, int]) -> list[tuple[Dialect, Walk]]:
    """`expected` is about how many rows each list has, from which odd page sizes are chosen."""
    turns = count()
    return [
        (dialect, Walk(noun, dialect.door, ordering, size))
        for noun in NOUNS
        for dialect in dialects
        for ordering in dialect.orderings
        for size in ((100, _odd_size(expected[noun], next(turns))) if ordering.params else (None,))
    ]


def _odd_size(rows: int, turn: int) -> int:
    """Another size each time, and small enough for a few pages."""
    return max(2, min(40, rows // 4) - turn % 7)


async def take_all(planned: list[tuple[Dialect, Walk]], advance: Callable[[], None]) -> list[Walk]:
    async def one(dialect: Dialect, walk: Walk) -> None:
        await take(walk, dialect)
        advance()

    await together(one(dialect, walk) for dialect, walk in planned)
    return [walk for _, walk in planned]


async def take(walk: Walk, dialect: Dialect) -> Walk:
    """Fill the walk. An unreadable page ends it as `broken`: its rows then say nothing about what is lost."""
    try:
        async with aclosing(dialect.pages(walk.noun, walk.ordering, walk.size)) as pages:
            async for page in pages:
                walk.rows += page.rows
                walk.totals.append(page.total)
                walk.faults += page.faults
                if len(walk.rows) > 2 * page.total + 1000:
                    raise AnswerError(f"still going after {len(walk.rows)} rows of {page.total}")
    except UNREADABLE as error:
        walk.faults.append(f"ended early, {type(error).__name__}: {error}")
        walk.broken = True
    return walk
