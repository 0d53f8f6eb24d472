"""Chooses the fastest way to find a page of a search and its total (decision 23); all give the same, exact result."""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.model.page import AfterCursor, ByPage, Order, SortField, Window
from maquette.store import counting, member_projects, search, workspaces
from maquette.store.database import Row, Transaction
from maquette.store.filters import COLUMNS, PROJECTS, Criteria, matching
from maquette.store.query import Where, windowed
from maquette.store.search import IndexQuery, SearchQuery

MAX_SCANNED_PROJECTS = 1_000
"""Up to this many projects are read as quickly as the index is."""

MAX_SORTED_HITS = 250
"""Up to this many hits of the index are read and sorted at once; their total isn't cached, since they're found quickly.

Only a total of 0 is cached, for a short word that no trigram of the index begins with: finding that out may read many
of its pages.
"""

DENSE_RATIO = 50
"""If at least one in this many projects matches, walking through the ordering soon fills a page."""

SPARSE_RATIO = 1_000
"""If fewer than one in this many matches, finding the trigrams of a common short word is worth some milliseconds."""

SORT_FACTOR = 2
"""If total² is below this many times the projects, sorting all matches is faster than walking until a page is full."""

ENTRIES_PER_SORTED_MATCH = 50
"""Entries of an ordering's index that can be passed in the time that it takes to read and sort one match."""

LOOKAHEAD_MATCHES = 3
"""Matches read beyond a page, since some may have been created earlier than their serials suggest."""


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A statement that selects a page's serials, with one more if there is one, and the total of all matches."""

    sql: str
    where: Where
    total: int


async def plan_page(tx: Transaction, workspace: int, criteria: Criteria, order: Order, window: Window) -> PagePlan:
    """Plan one window of a search for texts."""
    record, tally = await workspaces.counts(tx, workspace)
    where = matching(tx, workspace, criteria.sight, criteria.filter)
    query = SearchQuery(workspace, record.version, tally.projects, criteria, where, order, window)
    if query.projects <= MAX_SCANNED_PROJECTS or criteria.names_projects():
        return _scan_plan(query, await counting.count_rows(tx, where))
    if criteria.sight.user is not None and await member_projects.are_few(tx, criteria, tally):
        source = member_projects.source(tx, where, workspace, criteria.sight.user)
        return _scan_plan(query, await counting.count_rows(tx, where, source), source)
    cached = tx.totals.get(workspace, record.version, criteria) if tx.totals else None
    if cached is not None and (_is_dense(query, cached) or _is_past_end(query, cached)):
        return await _plan_for_total(tx, query, None, cached)
    index = await search.index_query(tx, workspace, criteria) if tx.engine == "sqlite" else None
    if index is not None and cached is None:
        rows = await search.fetch_few(tx, where, index, COLUMNS[order.field], MAX_SORTED_HITS)
        if rows is not None:
            if tx.totals is not None and not rows and not index.trigrams:
                tx.totals.put(workspace, record.version, criteria, 0)
            return _ids_plan(_cut(rows, order, window), len(rows))
    total = cached if cached is not None else await counting.count_once(tx, query, index)
    return await _plan_for_total(tx, query, index, total)


async def _plan_for_total(tx: Transaction, query: SearchQuery, index: IndexQuery | None, total: int) -> PagePlan:
    if _is_past_end(query, total):
        return _ids_plan([], total)
    if index is None and tx.engine == "sqlite" and total * SPARSE_RATIO < query.projects:
        index = await search.index_query(tx, query.workspace, query.criteria, even_if_common=True)
    if index is None or _is_dense(query, total):
        return _scan_plan(query, total)
    return await _index_plan(tx, query, index, total)


async def _index_plan(tx: Transaction, query: SearchQuery, index: IndexQuery, total: int) -> PagePlan:
    if query.order.field is SortField.SERIAL:
        rows = await search.fetch_in_order(
            tx, query.where, index, descending=query.order.descending, window=query.window
        )
        return _ids_plan([serial for _, serial in rows], total)
    if total * total < SORT_FACTOR * query.projects:
        return _sort_plan(query, index, total)
    if query.order.field is SortField.CREATED_AT and query.criteria.filter.archived is False:
        return await _time_plan(tx, query, index, total)
    return _scan_plan(query, total)


async def _time_plan(tx: Transaction, query: SearchQuery, index: IndexQuery, total: int) -> PagePlan:
    """The page in order of creation time, from the first matches in order of serials where the two orders nearly agree.

    They contain the page unless a project that comes before its last one by time has a serial beyond all of them.
    """
    window, descending = query.window, query.order.descending
    if isinstance(window, AfterCursor):
        return _scan_plan(query, total)
    needed = window.number * window.size + 1
    first = ByPage(1, needed + LOOKAHEAD_MATCHES - 1)
    rows = await search.fetch_in_order(tx, query.where, index, descending=descending, window=first)
    if len(rows) == needed + LOOKAHEAD_MATCHES:
        last_at, _ = sorted(rows, reverse=descending)[needed - 1]
        passed, farthest = await _count_before(tx, query, last_at, total * ENTRIES_PER_SORTED_MATCH)
        if passed == total * ENTRIES_PER_SORTED_MATCH:
            return _sort_plan(query, index, total)
        edge = rows[-1][1]
        if farthest is not None and (farthest < edge if descending else farthest > edge):
            return _scan_plan(query, total)
    return _ids_plan(_cut(rows, query.order, window), total)


async def _count_before(tx: Transaction, query: SearchQuery, at: int, limit: int) -> tuple[int, int | None]:
    """How many projects, `limit` at most, come before that time in the order, and the farthest of their serials."""
    farthest, before = ("MIN", ">") if query.order.descending else ("MAX", "<")
    row = await tx.row(
        f"SELECT COUNT(*), {farthest}(serial) FROM (SELECT p.serial FROM projects p INDEXED BY projects_by_created_at"
        f" WHERE p.workspace = $1 AND p.archived_at IS NULL AND p.created_at {before} $2 LIMIT $3)",
        query.workspace,
        at,
        limit,
    )
    assert row
    return row[0], row[1]


def _sort_plan(query: SearchQuery, index: IndexQuery, total: int) -> PagePlan:
    chosen = search.select_matches("p.serial", query.where, index)
    return PagePlan(chosen + windowed(query.where, query.window, query.order, COLUMNS), query.where, total)


def _is_past_end(query: SearchQuery, total: int) -> bool:
    """Whether the page is past the last match."""
    skipped = (query.window.number - 1) * query.window.size if isinstance(query.window, ByPage) else 0
    return total <= skipped


def _is_dense(query: SearchQuery, total: int) -> bool:
    """Whether walking through the ordering finds a page of matches before the index does."""
    has_ordering = query.order.field is not SortField.SERIAL or query.criteria.filter.archived is not None
    return has_ordering and total * DENSE_RATIO >= query.projects


def _scan_plan(query: SearchQuery, total: int, source: str = PROJECTS) -> PagePlan:
    return PagePlan(
        f"SELECT p.serial FROM {source}" + windowed(query.where, query.window, query.order, COLUMNS), query.where, total
    )


def _ids_plan(serials: Sequence[int], total: int) -> PagePlan:
    where = Where()
    return PagePlan(", ".join(where.bind(serial) for serial in serials) or "NULL", where, total)


def _cut(rows: Sequence[Row], order: Order, window: Window) -> list[int]:
    """The serials of the window, and one more, from the sort values and serials of all matches."""
    places = sorted(((value, serial) for value, serial in rows), reverse=order.descending)
    if isinstance(window, ByPage):
        before = (window.number - 1) * window.size
    elif window.after is None:
        before = 0
    else:
        value = window.after.serial if order.field is SortField.SERIAL else window.after.value
        last = (value, window.after.serial)
        before = sum(place >= last if order.descending else place <= last for place in places)
    return [serial for _, serial in places[before : before + window.size + 1]]
