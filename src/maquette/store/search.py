"""Which projects hold a text? Asks the embedded engine's index of every three characters in a row.

PostgreSQL decides by itself when its own such index helps, so there is nothing to ask for.
"""

from dataclasses import dataclass

from maquette.model.page import SortField
from maquette.store.database import Transaction
from maquette.store.filters import Asked, ProjectFilter
from maquette.store.query import Where

FEW = 2_000
"""So many matches are as quickly sorted as a walk through a million projects meets a page of them."""

RARE = 500
"""So many matches are as quickly looked at as the index tells whose they are."""

GRAM = 3
TERMS = 200
LONGEST = 64
BY_SERIAL = {SortField.SERIAL: "s.rowid"}
"""How the index orders by itself."""

_MATCHES = "projects_search MATCH {}"
_LAST = chr(0x10FFFF) * GRAM


@dataclass(frozen=True, slots=True)
class Index:
    """What to ask the index for; it gives all that match, and only where `is_exact` nothing else."""

    expression: str
    is_few: bool
    is_exact: bool


async def look(tx: Transaction, workspace: int, filter: ProjectFilter, total: int | None) -> Index | None:
    """What the index can do for a search of which the total may be known; None where a walk does better."""
    if tx.engine != "sqlite":
        return None
    words = filter.words()
    if any(len(word) < GRAM for _, word in words):
        return await _short(tx, words) if total is None or total <= FEW else None
    sought = " AND ".join(f"{columns} : {_quoted(word[:LONGEST])}" for columns, word in words)
    if (total is None or total <= RARE) and await _is_rare(tx, sought):
        return Index(sought, is_few=True, is_exact=False)
    is_exact = filter.asks_for_text_alone() and all(len(word) <= LONGEST for _, word in words)
    return Index(f"home : ({_homes(workspace, filter.archived)}) AND {sought}", is_few=False, is_exact=is_exact)


async def count(tx: Transaction, asked: Asked, where: Where, index: Index | None) -> int:
    """How many match; `where` stays as it is."""
    sql, args = f"SELECT COUNT(*) FROM projects p{where.sql()}", list(where.args)
    if index is None or not index.is_few:
        tx.step_aside()
    if index is not None and index.is_exact and asked.sight.user is None and asked.sight.projects is None:
        sql, args = f"SELECT COUNT(*) FROM projects_search WHERE {_MATCHES.format('$1')}", [index.expression]
    elif index is not None:
        copy = where.copy()
        sql = joined("COUNT(*)", copy, index) + copy.sql()
        args = copy.args
    found: int = await tx.value(sql, *args)
    return found


def joined(what: str, where: Where, index: Index) -> str:
    """SELECT and FROM: the index comes first, then each of its projects is looked at; `where` gets the condition."""
    where.add(_MATCHES, index.expression)
    return f"SELECT {what} FROM projects_search s CROSS JOIN projects p ON p.serial = s.rowid"


async def _is_rare(tx: Transaction, expression: str) -> bool:
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM projects_search WHERE {_MATCHES.format('$1')} LIMIT {RARE + 1})"
    found: int = await tx.value(sql, expression)
    return found <= RARE


async def _short(tx: Transaction, words: list[tuple[str, str]]) -> Index | None:
    """One or two characters are the start of some triples: of few and rare ones, the index is asked for each."""
    tx.step_aside()
    parts = []
    for columns, word in words:
        triples = await tx.rows(
            f"SELECT term, doc FROM projects_terms WHERE term >= $1 AND term <= $2 LIMIT {TERMS + 1}",
            word,
            word + _LAST,
        )
        if len(word) >= GRAM or len(triples) > TERMS or sum(doc for _, doc in triples) > FEW:
            return None
        parts.append(f"{columns} : ({' OR '.join(_quoted(term) for term, _ in triples) or _quoted(_LAST)})")
    return Index(" AND ".join(parts), is_few=True, is_exact=False)


def _homes(workspace: int, archived: bool | None) -> str:
    """The triples that a workspace's active and archived projects bear, as the schema's triggers write them."""
    place = chr(0x4E00 + workspace // 16384) + chr(0x4E00 + workspace % 16384)
    states = (False, True) if archived is None else (archived,)
    return " OR ".join(_quoted(chr(0xE000 + state) + place) for state in states)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
