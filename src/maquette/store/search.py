"""Which projects hold a text? Asks the embedded engine's index of every three characters in a row.

The index lags behind by some projects: those above the serial in `projects_indexed` are the tail, which is read.
PostgreSQL decides by itself when its own such index helps, so there is nothing to ask for.
"""

from dataclasses import dataclass

from maquette.model.page import SortField
from maquette.store.database import Transaction
from maquette.store.filters import Asked
from maquette.store.query import Where

FEW = 2_000
"""So many matches, at most, are sorted to find a page of them."""

RARE = 500
"""So many matches are as quickly looked at as the index tells whose they are."""

SMALL = 1_000
"""So many projects are as quickly read as the index is."""

GRAM = 3
TERMS = 200
LONGEST = 64
END = "\x01"
"""What the index has behind each text."""

BY_SERIAL = {SortField.SERIAL: "s.serial"}
"""How the index and the tail order by themselves."""

_MATCHES = "projects_search MATCH {}"
_TAIL = "projects p NOT INDEXED WHERE p.serial > (SELECT i.serial FROM projects_indexed i)"
_LAST = chr(0x10FFFF) * GRAM


@dataclass(frozen=True, slots=True)
class Index:
    """What to ask the index for; it gives all that match, and only where `is_exact` nothing else."""

    expression: str
    is_few: bool
    is_exact: bool


async def look(
    tx: Transaction, workspace: int, asked: Asked, where: Where, total: int | None
) -> tuple[Index | None, int]:
    """What the index can do for a search, and its total; None where a walk does better. `where` stays as it is."""
    if tx.engine != "sqlite":
        return None, total if total is not None else await _count(tx, where, None)
    words = asked.filter.words()
    if all(len(word) >= GRAM for _, word in words):
        sought = " AND ".join(f"{columns} : {_quoted(word[:LONGEST])}" for columns, word in words)
        index, counted = await _rare(tx, sought, where, total)
        index = index or _local(sought, workspace, asked)
    else:
        index, counted = await _short(tx, words, where, total)
    if total is None:
        total = counted if counted is not None else await _count(tx, where, index)
    return index, total


def is_walk(total: int, size: int, projects: int) -> bool:
    """Whether a walk through the ordering has met a page of the matches before all of them are looked at and sorted."""
    return total > FEW or total * total > size * max(projects, FEW)


def joined(what: str, where: Where, index: Index) -> str:
    """SELECT and FROM: the index and the tail come first, then each of their projects is looked at.

    `where` has the conditions, and gets what the index is asked for.
    """
    place = where.bind(index.expression)
    return (
        f"SELECT {what} FROM (SELECT rowid AS serial FROM projects_search WHERE {_MATCHES.format(place)}"
        f" UNION ALL SELECT p.serial FROM {_TAIL}) s CROSS JOIN projects p ON p.serial = s.serial"
    )


async def _rare(tx: Transaction, expression: str, where: Where, total: int | None) -> tuple[Index | None, int | None]:
    """The index, where it holds the text seldom, whosever it is, and how many of those match."""
    if total is not None and total > RARE:
        return None, None
    copy = where.copy()
    place = copy.bind(expression)
    row = await tx.row(
        f"SELECT COUNT(*), COUNT(p.serial) + {_in_tail(copy)} FROM (SELECT rowid AS serial FROM projects_search"
        f" WHERE {_MATCHES.format(place)} LIMIT {RARE + 1}) s"
        f" LEFT JOIN projects p ON p.serial = s.serial AND {copy.conditions()}",
        *copy.args,
    )
    assert row
    hits, matches = row
    return (None, None) if hits > RARE else (Index(expression, is_few=True, is_exact=False), matches)


def _local(sought: str, workspace: int, asked: Asked) -> Index:
    """The index, for one workspace."""
    is_whole = all(len(word) <= LONGEST and END not in word for _, word in asked.filter.words())
    expression = f"home : ({_homes(workspace, asked.filter.archived)}) AND {sought}"
    return Index(expression, is_few=False, is_exact=is_whole and asked.is_of_text_alone())


async def _short(
    tx: Transaction, words: list[tuple[str, str]], where: Where, total: int | None
) -> tuple[Index | None, int | None]:
    """One or two characters are the start of some triples: of few and rare ones, the index is asked for each."""
    if total is not None and total > FEW:
        return None, None
    tx.step_aside()
    parts = []
    for columns, word in words:
        triples = await tx.rows(
            f"SELECT term, doc FROM projects_terms WHERE term >= $1 AND term <= $2 LIMIT {TERMS + 1}",
            word,
            word + _LAST,
        )
        if len(word) >= GRAM or len(triples) > TERMS or sum(doc for _, doc in triples) > FEW:
            return None, None
        parts.append(f"{columns} : ({' OR '.join(_quoted(term) for term, _ in triples) or _quoted(_LAST)})")
    index = Index(" AND ".join(parts), is_few=True, is_exact=False)
    return index, await _count(tx, where, index)


async def _count(tx: Transaction, where: Where, index: Index | None) -> int:
    if index is None or not index.is_few:
        tx.step_aside()
    sql, args = f"SELECT COUNT(*) FROM projects p{where.sql()}", where.args
    if index is not None and index.is_exact:
        copy = where.copy()
        place = copy.bind(index.expression)
        sql = f"SELECT COUNT(*) + {_in_tail(copy)} FROM projects_search WHERE {_MATCHES.format(place)}"
        args = copy.args
    elif index is not None:
        copy = where.copy()
        sql, args = joined("COUNT(*)", copy, index) + copy.sql(), copy.args
    found: int = await tx.value(sql, *args)
    return found


def _in_tail(where: Where) -> str:
    """How many match that the index doesn't hold yet."""
    return f"(SELECT COUNT(*) FROM {_TAIL} AND {where.conditions()})"


def _homes(workspace: int, archived: bool | None) -> str:
    """The triples that a workspace's active and archived projects bear, as the schema's triggers write them."""
    place = chr(0x4E00 + workspace // 16384) + chr(0x4E00 + workspace % 16384)
    states = (False, True) if archived is None else (archived,)
    return " OR ".join(_quoted(chr(0xE000 + state) + place) for state in states)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
