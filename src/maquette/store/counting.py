"""How many projects match a search? Counted once for all who ask at the same time, and then remembered."""

from maquette.store import search
from maquette.store.database import Transaction
from maquette.store.filters import PROJECTS
from maquette.store.query import Where
from maquette.store.search import Index, Search

PROBE = 1_000
"""So many that the index gives tell how many it gives in all."""

EASY = 16
"""So many triples of each word are never slower than reading every project."""


async def counted(tx: Transaction, this: Search, index: Index | None) -> int:
    """How many match, which takes a time in proportion; the memory keeps it for those who ask later."""
    tx.step_aside((this.workspace, this.asked))
    if tx.totals is None:
        return await _count(tx, this, index)
    with tx.totals.counting(this.workspace):
        total = await _count(tx, this, index)
        tx.totals.put(this.workspace, this.version, this.asked, total)
    return total


async def read(tx: Transaction, where: Where, source: str = PROJECTS) -> int:
    """How many match, by a look at each of these."""
    found: int = await tx.value(f"SELECT COUNT(*) FROM {source}{where.sql()}", *where.args)
    return found


async def _count(tx: Transaction, this: Search, index: Index | None) -> int:
    if index is None and tx.engine == "sqlite":
        index = await search.index_for(tx, this.workspace, this.asked, of_common=True)
    if index is not None and await _is_quick(tx, this, index):
        return await search.count(tx, this.where, index)
    filter = this.asked.filter
    is_of_names = tx.engine == "sqlite" and filter.text is None and filter.archived is False
    by_name = is_of_names and this.asked.is_of_text_alone()  # all that is asked for is in that index
    return await read(tx, this.where, f"{PROJECTS} INDEXED BY projects_by_name" if by_name else PROJECTS)


async def _is_quick(tx: Transaction, this: Search, index: Index) -> bool:
    """Whether the index has counted before every project is read."""
    if index.is_exact and index.triples <= EASY:
        return True
    matches = PROBE / await search.probe(tx, index, PROBE)
    return matches * (2 if index.is_exact else 4) < this.projects
