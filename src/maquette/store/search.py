"""Queries the embedded engine's full-text index, which holds the trigrams (every three characters) of each text.

The index lags behind: the projects above the serial in `projects_indexed` are the tail, whose rows are read instead.
PostgreSQL has a trigram index too, whose use its own planner decides.
"""

from dataclasses import dataclass

from maquette.model.page import AfterCursor, ByPage, Order, Window
from maquette.store.database import Row, Transaction, Value
from maquette.store.filters import Criteria
from maquette.store.query import Where

TRIGRAM_CHARS = 3
MAX_WORD_CHARS = 64
"""Characters of a word that the index is asked for; for a longer word the rows of its hits are checked."""

MAX_TRIGRAMS = 200
"""Trigrams asked for, at most, in place of a word that is too short to be one and begins them."""

COMMON_OCCURRENCES = 3_000
"""A short word that occurs this often, in all workspaces, is common."""

SERIAL_BITS = 42
"""Low bits of an index row's id, which hold the project's serial; those above hold the workspace's."""

INDEX_MARKS = "\x01\x02"
"""What the index has after each text, and what it has for an archived project."""

_ARCHIVED = '"' + INDEX_MARKS[1] * TRIGRAM_CHARS + '"'
_GREATEST_TRIGRAM = chr(0x10FFFF) * TRIGRAM_CHARS
_TAIL = "projects p NOT INDEXED WHERE p.serial > (SELECT i.serial FROM projects_indexed i)"
_FROM_TERMS = "FROM projects_terms t WHERE t.term >= {} AND t.term <= $2 ORDER BY t.term"
_OCCURRENCES = (
    f"SELECT term, COUNT(*) FROM (SELECT t.term {_FROM_TERMS.format('$1')} LIMIT {COMMON_OCCURRENCES}) GROUP BY term"
)
"""The trigrams from $1 to $2, with how often they occur; only the first `COMMON_OCCURRENCES` are read."""

_ALL_TRIGRAMS = f"""
WITH RECURSIVE trigrams (term) AS (
    SELECT (SELECT t.term {_FROM_TERMS.format("$1")} LIMIT 1)
    UNION ALL SELECT (SELECT t.term {_FROM_TERMS.format("s.term || char(1)")} LIMIT 1)
    FROM trigrams s WHERE s.term IS NOT NULL LIMIT {MAX_TRIGRAMS + 2}
)
SELECT term FROM trigrams WHERE term IS NOT NULL
"""
"""The same, however often they occur: steps from each trigram to the next one, with a look-up each."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search in a workspace; `projects` is how many it has at that version, archived ones too."""

    workspace: int
    version: int
    projects: int
    criteria: Criteria
    where: Where
    order: Order
    window: Window


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A full-text query. Its hits are all matching projects in the index and, unless `is_exact`, others."""

    expression: str
    loose_expression: str
    """The same with at most two trigrams of a word: quicker to start, for hits whose rows are read anyway."""
    base: int
    """Added to a project's serial, gives its row's id in the index."""
    is_exact: bool
    trigrams: int
    """The most alternatives for one word; 0 where a short word begins no trigram, so that there are no hits."""


async def index_query(
    tx: Transaction, workspace: int, criteria: Criteria, *, even_if_common: bool = False
) -> IndexQuery | None:
    """The query of the index for this search; None where a short word begins too many trigrams.

    Finding those that a common short word begins takes some milliseconds: without `even_if_common` it's None, too.
    """
    wholly, loosely, max_trigrams, is_exact = [], [], 1, criteria.is_of_text_alone()
    for column, word in criteria.filter.words():
        is_marked = any(mark in word for mark in INDEX_MARKS)
        columns = f"{column} : " if column else ""
        is_exact = is_exact and len(word) <= MAX_WORD_CHARS and not is_marked
        whole = loose = _quoted(word[:MAX_WORD_CHARS])
        if len(word) > TRIGRAM_CHARS + 1:
            loose = f"({_quoted(word[:TRIGRAM_CHARS])} AND {_quoted(word[-TRIGRAM_CHARS:])})"
        elif len(word) < TRIGRAM_CHARS:
            trigrams = await _trigrams(tx, word, even_if_common=even_if_common)
            if trigrams is None:
                return None
            max_trigrams = max(max_trigrams, len(trigrams)) if trigrams else 0
            whole = loose = f"({' OR '.join(map(_quoted, trigrams or [_GREATEST_TRIGRAM]))})"
        wholly.append(columns + whole)
        loosely.append(columns + loose)
    state = {None: "", True: f" AND {_ARCHIVED}", False: f" NOT {_ARCHIVED}"}[criteria.filter.archived]
    expression, loose = (f"({' AND '.join(words)}){state}" for words in (wholly, loosely))
    return IndexQuery(expression, loose, workspace << SERIAL_BITS, is_exact, max_trigrams)


async def fetch_few(tx: Transaction, where: Where, index: IndexQuery, key: str, limit: int) -> list[Row] | None:
    """`key` and serial of all matches, in no order; None if the index has more than `limit` hits."""
    copy = Where()
    is_hit = _is_hit(copy, index, index.expression)
    sql = f"SELECT rowid FROM projects_search WHERE {is_hit} LIMIT {limit + 1}"
    hits = await tx.rows(sql, *copy.args) if index.trigrams else []
    if len(hits) > limit:
        return None
    copy = where.copy()
    serials = f"json_each({copy.bind(str([rowid - index.base for (rowid,) in hits]))}) s"
    return list(
        await tx.rows(
            f"SELECT {key}, p.serial FROM {serials} CROSS JOIN projects p ON p.serial = s.value AND {copy.conditions()}"
            f" UNION ALL SELECT {key}, p.serial FROM {_TAIL} AND {copy.conditions()}",
            *copy.args,
        )
    )


async def probe(tx: Transaction, index: IndexQuery, hits: int) -> float:
    """What part of the workspace's serials in the index, from the first hit on, the first `hits` hits span.

    1 if there are fewer hits.
    """
    where = Where()
    row = await tx.row(
        "SELECT COUNT(*), MIN(place), MAX(place), (SELECT serial FROM projects_indexed) FROM (SELECT rowid AS place"
        f" FROM projects_search WHERE {_is_hit(where, index, index.expression)} ORDER BY rowid LIMIT {hits})",
        *where.args,
    )
    assert row
    count, first, last, indexed = row
    return 1 if count < hits else (last - first + 1) / (indexed + index.base - first + 1)


async def count(tx: Transaction, where: Where, index: IndexQuery) -> int:
    """Count the matches: those in the index without reading a row if the query is exact."""
    copy = where.copy()
    if index.is_exact:
        is_hit = _is_hit(copy, index, index.expression)
        tail = f"(SELECT COUNT(*) FROM {_TAIL} AND {copy.conditions()})"
        sql = f"SELECT COUNT(*) + {tail} FROM projects_search WHERE {is_hit}"
    else:
        sql = _index_join("COUNT(*)", copy, index, index.expression) + copy.sql()
    total: int = await tx.value(sql, *copy.args)
    return total


def select_matches(what: str, where: Where, index: IndexQuery) -> str:
    """SELECT and FROM of the hits and the tail, to be followed by `where`, in which it binds its arguments."""
    return _index_join(what, where, index, index.expression)


async def fetch_in_order(
    tx: Transaction, where: Where, index: IndexQuery, *, descending: bool, window: Window
) -> list[tuple[int, int]]:
    """Creation time and serial of the window's matches, and of one more, in order of serials."""
    sql, args = in_order_sql(where, index, descending=descending, window=window)
    return [(created_at, place - index.base) for place, created_at in await tx.rows(sql, *args)]


def in_order_sql(where: Where, index: IndexQuery, *, descending: bool, window: Window) -> tuple[str, list[Value]]:
    """The statement of `fetch_in_order`. It sorts only the tail, since the index gives its rows in this order."""
    copy = where.copy()
    select = _index_join("s.place, p.created_at", copy, index, index.loose_expression)
    if isinstance(window, AfterCursor) and window.after is not None:
        copy.add(f"s.place {'<' if descending else '>'} {{}}", index.base + window.after.serial)
    skipped = (window.number - 1) * window.size if isinstance(window, ByPage) else 0
    limit = f" LIMIT {copy.bind(window.size + 1)} OFFSET {copy.bind(skipped)}"
    return f"{select}{copy.sql()} ORDER BY s.place {'DESC' if descending else 'ASC'}{limit}", copy.args


async def _trigrams(tx: Transaction, word: str, *, even_if_common: bool) -> list[str] | None:
    """All trigrams that begin with the word; None if they are too many, or too common to be found quickly."""
    last = word + _GREATEST_TRIGRAM
    if even_if_common:
        found = [term for (term,) in await tx.rows(_ALL_TRIGRAMS, word, last)]
    else:
        occurrences = await tx.rows(_OCCURRENCES, word, last)
        if sum(count for _, count in occurrences) >= COMMON_OCCURRENCES:
            return None
        found = [term for term, _ in occurrences]
    return None if len(found) > MAX_TRIGRAMS else found


def _index_join(what: str, where: Where, index: IndexQuery, expression: str) -> str:
    """The hits and the tail, joined in this order (CROSS JOIN) with their projects."""
    base = where.bind(index.base)
    return (
        f"SELECT {what} FROM (SELECT rowid AS place FROM projects_search WHERE {_is_hit(where, index, expression)}"
        f" UNION ALL SELECT CAST(p.serial + {base} AS INTEGER) FROM {_TAIL}) s"  # the type of rowid, else SQLite sorts
        f" CROSS JOIN projects p ON p.serial = s.place - {base}"
    )


def _is_hit(where: Where, index: IndexQuery, expression: str) -> str:
    """The condition for the index's rows of this workspace that match the expression."""
    first, last = where.bind(index.base), where.bind(index.base + (1 << SERIAL_BITS) - 1)
    return f"projects_search MATCH {where.bind(expression)} AND rowid BETWEEN {first} AND {last}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
