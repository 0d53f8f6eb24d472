"""Whether rows stand in the order that was asked for."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from .rows import Ordering, Row, fold


def disorder(ordering: Ordering, rows: list[Row]) -> Iterator[str]:
    """One sentence for each two neighbours the wrong way round. Rows that don't show the field are left."""
    keyed = [(key, row) for row in rows if (key := _key(ordering, row)) is not None]
    for (first, row), (second, after) in pairwise(keyed):
        if first < second if ordering.descending else first > second:
            yield f"{_told(ordering, row)} stands before {_told(ordering, after)}"
    if ordering.field == "name" and not _ties_end_in_id(keyed):
        yield "rows of one name do not follow their ids"


def _key(ordering: Ordering, row: Row) -> Any:
    return fold(row.name) if ordering.field == "name" else getattr(row, ordering.field)


def _told(ordering: Ordering, row: Row) -> str:
    return repr(row.name) if ordering.field == "name" else f"{row.name!r} ({getattr(row, ordering.field)})"


def _ties_end_in_id(keyed: list[tuple[Any, Row]]) -> bool:
    """Up or down, but one way throughout. Only whole numbers are known to be ordered as they were given."""
    ties = [[row.id for _, row in tie] for _, tie in groupby(keyed, key=lambda pair: pair[0])]
    ids = [[key for key in tie if isinstance(key, int)] for tie in ties]
    return all(tie == sorted(tie) for tie in ids) or all(tie == sorted(tie, reverse=True) for tie in ids)
