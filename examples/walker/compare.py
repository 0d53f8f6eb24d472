"""Whether every walk shows what was made: all, once, unchanged, in the stated order, under a true total."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise

from .order import disorder
from .recognise import Known, recognise
from .rows import NOUNS, Difference, Door, Item, Made, Row, Walk, changes
from .walk import Before

TIMED_FIRST: tuple[Door, ...] = ("craftdesk", "creatopy")


def compare(made: list[Made], before: Before, walks: list[Walk]) -> list[Difference]:
    """CraftDesk's lists come first: they show the times, and Creatopy's are checked with them."""
    found: list[Difference] = []
    for noun in NOUNS:
        ours = [one for one in made if one.item.noun == noun]
        times: dict[Item, Row] = {}
        for door in TIMED_FIRST:
            here = [walk for walk in walks if (walk.noun, walk.door) == (noun, door)]
            known, differences = recognise(ours, before[noun, door], here)
            times = times or _times(here, known)
            found += differences
            for walk in here:
                found += _walk_differences(walk, known, times)
            found += _size_differences(here)
    return found


def _times(walks: list[Walk], known: Known) -> dict[Item, Row]:
    """A row that tells when, for each item but those that read the same as another where no colours are shown."""
    same = Counter(item.content[:2] for item in known.values())
    rows = [row for walk in walks for row in walk.rows if row.id in known]
    return {known[row.id]: row for row in rows if same[known[row.id].content[:2]] == 1}


def _walk_differences(walk: Walk, known: Known, times: dict[Item, Row]) -> Iterator[Difference]:
    yield from _each("wire", walk, walk.faults)
    if walk.broken:
        return
    ids = Counter(row.id for row in walk.rows)
    lost = (f"row {key} {item.name!r}" for key, item in known.items() if key not in ids)
    changed = (change for row in walk.rows if row.id in known for change in changes(known[row.id], row))
    yield from _each("lost", walk, lost)
    yield from _each("doubled", walk, (f"row {key} {n} times" for key, n in ids.items() if n > 1))
    yield from _each("changed", walk, changed)
    yield from _each("order", walk, disorder(walk.ordering, [_timed(row, known, times) for row in walk.rows]))
    yield from _each("total", walk, _untrue_totals(walk, len(known)))


def _each(kind: str, walk: Walk, sentences: Iterable[str]) -> Iterator[Difference]:
    return (Difference(kind, walk.where, sentence) for sentence in sentences)


def _timed(row: Row, known: Known, times: dict[Item, Row]) -> Row:
    told = times.get(known[row.id]) if row.id in known and row.created_at is None else None
    return row if told is None else replace(row, created_at=told.created_at, updated_at=told.updated_at)


def _untrue_totals(walk: Walk, made: int) -> Iterator[str]:
    """On every page the total is all rows of the list, which are ours and those that were there before."""
    for total in sorted(set(walk.totals) - {len(walk.rows)}):
        yield f"{walk.totals.count(total)} pages say {total}, but {len(walk.rows)} rows were walked"
    if min(walk.totals) < made:
        yield f"a page says {min(walk.totals)}, but {made} rows were made"


def _size_differences(walks: list[Walk]) -> Iterator[Difference]:
    """The same rows in the same ordering come in the same sequence, whatever the page size: ties too."""
    whole = [walk for walk in walks if not walk.broken]
    for _, same in groupby(whole, key=lambda walk: walk.ordering.label):
        for one, other in pairwise(same):
            pairs = enumerate(zip(one.rows, other.rows, strict=False))
            parted = next(((n, a, b) for n, (a, b) in pairs if a.id != b.id), None)
            if parted and {row.id for row in one.rows} == {row.id for row in other.rows}:
                at, row, instead = parted
                what = f"row {at} is {instead.name!r} here, and {row.name!r} with {one.size} a page"
                yield Difference("order", other.where, what)
