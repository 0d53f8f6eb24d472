"""What can the embedded engine's index tell of a search? It holds the trigrams (every three characters) of each text.

It lags behind by some projects: those above the serial in `projects_indexed` are the tail, which is read.
PostgreSQL decides by itself when its own such index helps, so there is nothing to ask for.
"""

from dataclasses import dataclass

from maquette.model.page import AfterCursor, ByPage, Order, Window
from maquette.store.database import Row, Transaction, Value
from maquette.store.filters import Criteria
from maquette.store.query import Where

GRAM = 3
LONGEST = 64
TERMS = 200
"""How many trigrams are asked for, at most, for one word that is the beginning of them."""

PLACES = 3_000
"""A word that stands in this many places or more is common."""

BITS = 42
"""How many bits of a row's id are the serial; those above them are the workspace."""

MARKS = "\x01\x02"
"""What the index has behind each text, and what stands for archived."""

_ARCHIVED = '"' + MARKS[1] * GRAM + '"'
_LAST = chr(0x10FFFF) * GRAM
_TAIL = "projects p NOT INDEXED WHERE p.serial > (SELECT i.serial FROM projects_indexed i)"
_FROM_TERMS = "FROM projects_terms t WHERE t.term >= {} AND t.term <= $2 ORDER BY t.term"
_FIRST = f"SELECT term, COUNT(*) FROM (SELECT t.term {_FROM_TERMS.format('$1')} LIMIT {PLACES}) GROUP BY term"
_ALL = f"""
WITH RECURSIVE trigrams (term) AS (
    SELECT (SELECT t.term {_FROM_TERMS.format("$1")} LIMIT 1)
    UNION ALL SELECT (SELECT t.term {_FROM_TERMS.format("s.term || char(1)")} LIMIT 1)
    FROM trigrams s WHERE s.term IS NOT NULL LIMIT {TERMS + 2}
)
SELECT term FROM trigrams WHERE term IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is asked of a workspace that has so many projects at that version."""

    workspace: int
    version: int
    projects: int
    criteria: Criteria
    where: Where
    order: Order
    window: Window


@dataclass(frozen=True, slots=True)
class Index:
    """What to ask the index for; it gives all that match, and only where `is_exact` nothing else."""

    expression: str
    loose_expression: str
    """The same with at most two trigrams of a word: quicker begun, for what is looked at anyway."""
    base: int
    """What a serial of this workspace has to have added to be the row's id."""
    is_exact: bool
    trigrams: int
    """How many at most are asked for one word; 0 where the index knows that it holds none."""


async def index_for(tx: Transaction, workspace: int, criteria: Criteria, *, of_common: bool = False) -> Index | None:
    """The index for this search; None where a short word is the start of too many trigrams.

    The trigrams that a common short word is the start of take some milliseconds to find: only where they are asked for.
    """
    wholly, loosely, max_trigrams, is_exact = [], [], 1, criteria.is_of_text_alone()
    for column, word in criteria.filter.words():
        is_marked = any(mark in word for mark in MARKS)
        columns = f"{column} : " if column else ""
        is_exact = is_exact and len(word) <= LONGEST and not is_marked
        whole = loose = _quoted(word[:LONGEST])
        if len(word) > GRAM + 1:
            loose = f"({_quoted(word[:GRAM])} AND {_quoted(word[-GRAM:])})"
        elif len(word) < GRAM:
            trigrams = await _trigrams(tx, word, of_common=of_common)
            if trigrams is None:
                return None
            max_trigrams = max(max_trigrams, len(trigrams)) if trigrams else 0
            whole = loose = f"({' OR '.join(map(_quoted, trigrams or [_LAST]))})"
        wholly.append(columns + whole)
        loosely.append(columns + loose)
    state = {None: "", True: f" AND {_ARCHIVED}", False: f" NOT {_ARCHIVED}"}[criteria.filter.archived]
    expression, loose = (f"({' AND '.join(words)}){state}" for words in (wholly, loosely))
    return Index(expression, loose, workspace << BITS, is_exact, max_trigrams)


async def fetch_few(tx: Transaction, where: Where, index: Index, key: str, limit: int) -> list[Row] | None:
    """`key` and serial of all that match; None where the index gives more than that many."""
    copy = Where()
    within = _index_rows(copy, index, index.expression)
    sql = f"SELECT rowid FROM projects_search WHERE {within} LIMIT {limit + 1}"
    places = await tx.rows(sql, *copy.args) if index.trigrams else []
    if len(places) > limit:
        return None
    copy = where.copy()
    given = f"json_each({copy.bind(str([place - index.base for (place,) in places]))}) s"
    return list(
        await tx.rows(
            f"SELECT {key}, p.serial FROM {given} CROSS JOIN projects p ON p.serial = s.value AND {copy.conditions()}"
            f" UNION ALL SELECT {key}, p.serial FROM {_TAIL} AND {copy.conditions()}",
            *copy.args,
        )
    )


async def probe(tx: Transaction, index: Index, hits: int) -> float:
    """Of how large a part of the workspace's serials the index gives that many hits; 1 where of all."""
    where = Where()
    row = await tx.row(
        "SELECT COUNT(*), MIN(place), MAX(place), (SELECT serial FROM projects_indexed) FROM (SELECT rowid AS place"
        f" FROM projects_search WHERE {_index_rows(where, index, index.expression)} ORDER BY rowid LIMIT {hits})",
        *where.args,
    )
    assert row
    count, first, last, indexed = row
    return 1 if count < hits else (last - first + 1) / (indexed + index.base - first + 1)


async def count(tx: Transaction, where: Where, index: Index) -> int:
    """How many match: told by the index alone where it is exact."""
    copy = where.copy()
    if index.is_exact:
        within = _index_rows(copy, index, index.expression)
        tail = f"(SELECT COUNT(*) FROM {_TAIL} AND {copy.conditions()})"
        sql = f"SELECT COUNT(*) + {tail} FROM projects_search WHERE {within}"
    else:
        sql = _index_join("COUNT(*)", copy, index, index.expression) + copy.sql()
    found: int = await tx.value(sql, *copy.args)
    return found


def select_matches(what: str, where: Where, index: Index) -> str:
    """SELECT and FROM of all that match, to be put in order; `where` has the conditions, and gets arguments."""
    return _index_join(what, where, index, index.expression)


async def fetch_in_order(
    tx: Transaction, where: Where, index: Index, *, descending: bool, window: Window
) -> list[tuple[int, int]]:
    """When they were made, and serial, of the window's matches in order of serials, and of one more."""
    sql, args = in_order_sql(where, index, descending=descending, window=window)
    return [(created_at, place - index.base) for place, created_at in await tx.rows(sql, *args)]


def in_order_sql(where: Where, index: Index, *, descending: bool, window: Window) -> tuple[str, list[Value]]:
    """The statement for that, which sorts nothing but the tail: the index gives its rows in this order."""
    copy = where.copy()
    select = _index_join("s.place, p.created_at", copy, index, index.loose_expression)
    if isinstance(window, AfterCursor) and window.after is not None:
        copy.add(f"s.place {'<' if descending else '>'} {{}}", index.base + window.after.serial)
    skipped = (window.number - 1) * window.size if isinstance(window, ByPage) else 0
    limit = f" LIMIT {copy.bind(window.size + 1)} OFFSET {copy.bind(skipped)}"
    return f"{select}{copy.sql()} ORDER BY s.place {'DESC' if descending else 'ASC'}{limit}", copy.args


async def _trigrams(tx: Transaction, word: str, *, of_common: bool) -> list[str] | None:
    """All trigrams that begin so; None where they are too many, or too common to be found quickly."""
    last = word + _LAST
    if of_common:
        found = [term for (term,) in await tx.rows(_ALL, word, last)]
    else:
        first = await tx.rows(_FIRST, word, last)
        if sum(places for _, places in first) >= PLACES:
            return None
        found = [term for term, _ in first]
    return None if len(found) > TERMS else found


def _index_join(what: str, where: Where, index: Index, expression: str) -> str:
    """The index and the tail come first, then each of their projects is looked at."""
    base = where.bind(index.base)
    return (
        f"SELECT {what} FROM (SELECT rowid AS place FROM projects_search WHERE {_index_rows(where, index, expression)}"
        f" UNION ALL SELECT CAST(p.serial + {base} AS INTEGER) FROM {_TAIL}) s"  # of the same type, else it's sorted
        f" CROSS JOIN projects p ON p.serial = s.place - {base}"
    )


def _index_rows(where: Where, index: Index, expression: str) -> str:
    """The rows of this workspace that the index gives for the expression."""
    first, last = where.bind(index.base), where.bind(index.base + (1 << BITS) - 1)
    return f"projects_search MATCH {where.bind(expression)} AND rowid BETWEEN {first} AND {last}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
