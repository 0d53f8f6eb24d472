"""Which listed row is which item.

Rows made through this door are known by the id that the create told. Those made through the other door have
another id here, so they are known by what they say: wholly, else by their name, else by their description, so
that a mangled text is called changed and not lost. Rows that were there before are nobody's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from .rows import Content, Difference, Item, Made, RowId, Walk

Known = dict[RowId, Item]
Strangers = dict[RowId, set[Content]]

LIKENESSES: tuple[Callable[[Content], object], ...] = (
    lambda content: content,
    lambda content: content[0],
    lambda content: content[1] or None,
)


def recognise(made: list[Made], before: set[RowId], walks: list[Walk]) -> tuple[Known, list[Difference]]:
    """For all walks of one list at one door. The differences: what no walk showed, and what nobody made."""
    door, where = walks[0].door, f"{walks[0].noun} · {walks[0].door} · any ordering"
    known = {one.id: one.item for one in made if one.door == door}
    waiting = [one.item for one in made if one.door != door]
    strangers = _strangers(walks, before | set(known))
    for likeness in LIKENESSES:
        waiting = _claim(waiting, strangers, known, likeness)
    lost = [Difference("lost", where, f"{item.name!r}, made through the other dialect") for item in waiting]
    return known, lost + _doubled(strangers, {one.item.name for one in made}, where)


def _strangers(walks: list[Walk], familiar: set[RowId]) -> Strangers:
    strangers: Strangers = defaultdict(set)
    for walk in walks:
        for row in walk.rows:
            if row.id not in familiar:
                strangers[row.id].add(row.content)
    return strangers


def _claim(
    waiting: Iterable[Item], strangers: Strangers, known: Known, likeness: Callable[[Content], object]
) -> list[Item]:
    """Give each waiting item a stranger that it is like; return those that found none."""
    alike: dict[object, list[RowId]] = defaultdict(list)
    for row_id, contents in strangers.items():
        for mark in {likeness(content) for content in contents} - {None}:
            alike[mark].append(row_id)
    left = []
    for item in waiting:
        found = [row_id for row_id in alike[likeness(item.content)] if row_id in strangers]
        if not found:
            left.append(item)
            continue
        known[found[0]] = item
        del strangers[found[0]]
    return left


def _doubled(strangers: Strangers, names: set[str], where: str) -> list[Difference]:
    """Strangers nobody claimed, if they look like ours: others may be writing other rows meanwhile."""
    ours = {row_id: {name for name, _, _ in contents} & names for row_id, contents in strangers.items()}
    return [
        Difference("doubled", where, f"row {row_id} is one more {min(same)!r} than was made")
        for row_id, same in ours.items()
        if same
    ]
