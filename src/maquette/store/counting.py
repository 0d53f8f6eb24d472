"""How many projects match a search? Counted once for all who ask at the same time, and then remembered."""

from maquette.store import search
from maquette.store.database import Transaction
from maquette.store.filters import PROJECTS
from maquette.store.query import Where
from maquette.store.search import Index, SearchQuery

PROBE = 1_000
"""So many that the index gives tell how many it gives in all."""

EASY = 16
"""So many trigrams of each word are never slower than reading every project."""


async def count_once(tx: Transaction, query: SearchQuery, index: Index | None) -> int:
    """How many match, which takes a time in proportion; the memory keeps it for those who ask later."""
    tx.offload((query.workspace, query.criteria))
    if tx.totals is None:
        return await _count(tx, query, index)
    with tx.totals.counting(query.workspace):
        total = await _count(tx, query, index)
        tx.totals.put(query.workspace, query.version, query.criteria, total)
    return total


async def count_rows(tx: Transaction, where: Where, source: str = PROJECTS) -> int:
    """How many match, by a look at each of these."""
    found: int = await tx.value(f"SELECT COUNT(*) FROM {source}{where.sql()}", *where.args)
    return found


async def _count(tx: Transaction, query: SearchQuery, index: Index | None) -> int:
    if index is None and tx.engine == "sqlite":
        index = await search.index_for(tx, query.workspace, query.criteria, of_common=True)
    if index is not None and await _is_quick(tx, query, index):
        return await search.count(tx, query.where, index)
    filter = query.criteria.filter
    is_of_names = tx.engine == "sqlite" and filter.text is None and filter.archived is False
    by_name = is_of_names and query.criteria.is_of_text_alone()  # all that is asked for is in that index
    return await count_rows(tx, query.where, f"{PROJECTS} INDEXED BY projects_by_name" if by_name else PROJECTS)


async def _is_quick(tx: Transaction, query: SearchQuery, index: Index) -> bool:
    """Whether the index has counted before every project is read."""
    if index.is_exact and index.trigrams <= EASY:
        return True
    matches = PROBE / await search.probe(tx, index, PROBE)
    return matches * (2 if index.is_exact else 4) < query.projects
