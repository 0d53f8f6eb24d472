"""How many projects match a search? Counted once for all concurrent callers, and then cached."""

from maquette.store import search
from maquette.store.database import Transaction
from maquette.store.filters import PROJECTS
from maquette.store.query import Where
from maquette.store.search import IndexQuery, SearchQuery

PROBE_HITS = 1_000
"""Sample size: index hits read to estimate their total."""

MAX_CHEAP_TRIGRAMS = 16
"""With at most this many trigrams for a word, an exact query never counts slower than reading every project."""


async def count_once(tx: Transaction, query: SearchQuery, index: IndexQuery | None) -> int:
    """Count the matches, in time proportional to their number, and cache the total. Concurrent callers wait for it."""
    tx.offload((query.workspace, query.criteria))
    if tx.totals is None:
        return await _count(tx, query, index)
    with tx.totals.counting(query.workspace):
        total = await _count(tx, query, index)
        tx.totals.put(query.workspace, query.version, query.criteria, total)
    return total


async def count_rows(tx: Transaction, where: Where, source: str = PROJECTS) -> int:
    """Count the matches by reading every row of `source`."""
    total: int = await tx.value(f"SELECT COUNT(*) FROM {source}{where.sql()}", *where.args)
    return total


async def _count(tx: Transaction, query: SearchQuery, index: IndexQuery | None) -> int:
    if index is None and tx.engine == "sqlite":
        index = await search.index_query(tx, query.workspace, query.criteria, even_if_common=True)
    if index is not None and await _is_index_faster(tx, query, index):
        return await search.count(tx, query.where, index)
    filter = query.criteria.filter
    is_of_names = tx.engine == "sqlite" and filter.text is None and filter.archived is False
    is_covered = is_of_names and query.criteria.is_of_text_alone()  # by that index, so that no row is read
    return await count_rows(tx, query.where, f"{PROJECTS} INDEXED BY projects_by_name" if is_covered else PROJECTS)


async def _is_index_faster(tx: Transaction, query: SearchQuery, index: IndexQuery) -> bool:
    """Whether counting by the index is faster than reading every project."""
    if index.is_exact and index.trigrams <= MAX_CHEAP_TRIGRAMS:
        return True
    matches = PROBE_HITS / await search.probe(tx, index, PROBE_HITS)
    return matches * (2 if index.is_exact else 4) < query.projects
