"""Which projects are on a page of a search, and how many match in all? Chooses the quickest way; all are exact."""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.model.page import AfterCursor, ByPage, Order, SortField, Window
from maquette.store import counting, member_projects, search, workspaces
from maquette.store.database import Row, Transaction
from maquette.store.filters import COLUMNS, PROJECTS, Criteria, matching
from maquette.store.query import Where, windowed
from maquette.store.search import Index, SearchQuery

SMALL = 1_000
"""So many projects are as quickly read as the index is."""

RARE = 250
"""So many matches are read and put in order at once, and not remembered: the index soon finds them again.

Only that it holds no trigram of a short word is remembered, for looking that up may lead through many of its pages.
"""

DENSE = 50
"""Where one of so many projects matches, a walk through the ordering soon has a page of them."""

SELDOM = 1_000
"""Where one of so many matches, it is worth some milliseconds to find the trigrams that a short word begins."""

SORTED = 2
"""Where the square of the total is below so many times the projects, all matches are sooner sorted than met."""

FAR = 50
"""So many entries of an ordering's index are passed in the time that one match is read and sorted."""

SPARE = 3
"""So many more than a page are looked at: some may have been made earlier than their serials say."""


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A statement that gives the serials of a page, and of one more where there is one; and the total."""

    sql: str
    where: Where
    total: int


async def plan_page(tx: Transaction, workspace: int, criteria: Criteria, order: Order, window: Window) -> PagePlan:
    """How the window of what holds a text is selected."""
    home, tally = await workspaces.counts(tx, workspace)
    where = matching(tx, workspace, criteria.sight, criteria.filter)
    query = SearchQuery(workspace, home.version, tally.projects, criteria, where, order, window)
    if query.projects <= SMALL or criteria.names_projects():
        return _scan_plan(query, await counting.count_rows(tx, where))
    if criteria.sight.user is not None and await member_projects.are_few(tx, criteria, tally):
        source = member_projects.source(tx, where, workspace, criteria.sight.user)
        return _scan_plan(query, await counting.count_rows(tx, where, source), source)
    known = tx.totals.get(workspace, home.version, criteria) if tx.totals else None
    if known is not None and (_is_dense(query, known) or _is_past_end(query, known)):
        return await _plan_for_total(tx, query, None, known)
    index = await search.index_for(tx, workspace, criteria) if tx.engine == "sqlite" else None
    if index is not None and known is None:
        rows = await search.fetch_few(tx, where, index, COLUMNS[order.field], RARE)
        if rows is not None:
            if tx.totals is not None and not rows and not index.trigrams:
                tx.totals.put(workspace, home.version, criteria, 0)
            return _ids_plan(_cut(rows, order, window), len(rows))
    total = known if known is not None else await counting.count_once(tx, query, index)
    return await _plan_for_total(tx, query, index, total)


async def _plan_for_total(tx: Transaction, query: SearchQuery, index: Index | None, total: int) -> PagePlan:
    if _is_past_end(query, total):
        return _ids_plan([], total)
    if index is None and tx.engine == "sqlite" and total * SELDOM < query.projects:
        index = await search.index_for(tx, query.workspace, query.criteria, of_common=True)
    if index is None or _is_dense(query, total):
        return _scan_plan(query, total)
    return await _index_plan(tx, query, index, total)


async def _index_plan(tx: Transaction, query: SearchQuery, index: Index, total: int) -> PagePlan:
    if query.order.field is SortField.SERIAL:
        rows = await search.fetch_in_order(
            tx, query.where, index, descending=query.order.descending, window=query.window
        )
        return _ids_plan([serial for _, serial in rows], total)
    if total * total < SORTED * query.projects:
        return _sort_plan(query, index, total)
    if query.order.field is SortField.CREATED_AT and query.criteria.filter.archived is False:
        return await _time_plan(tx, query, index, total)
    return _scan_plan(query, total)


async def _time_plan(tx: Transaction, query: SearchQuery, index: Index, total: int) -> PagePlan:
    """The page in order of time, taken from the order of serials where the two differ by little."""
    window, descending = query.window, query.order.descending
    if isinstance(window, AfterCursor):
        return _scan_plan(query, total)
    needed = window.number * window.size + 1
    first = ByPage(1, needed + SPARE - 1)
    rows = await search.fetch_in_order(tx, query.where, index, descending=descending, window=first)
    if len(rows) == needed + SPARE:
        last_at, _ = sorted(rows, reverse=descending)[needed - 1]
        passed, farthest = await _count_before(tx, query, last_at, total * FAR)
        if passed == total * FAR:
            return _sort_plan(query, index, total)
        edge = rows[-1][1]
        if farthest is not None and (farthest < edge if descending else farthest > edge):
            return _scan_plan(query, total)
    return _ids_plan(_cut(rows, query.order, window), total)


async def _count_before(tx: Transaction, query: SearchQuery, at: int, limit: int) -> tuple[int, int | None]:
    """Of so many projects at most, how many come before that time in the order, and the farthest serial of theirs."""
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


def _sort_plan(query: SearchQuery, index: Index, total: int) -> PagePlan:
    chosen = search.select_matches("p.serial", query.where, index)
    return PagePlan(chosen + windowed(query.where, query.window, query.order, COLUMNS), query.where, total)


def _is_past_end(query: SearchQuery, total: int) -> bool:
    """Whether the page is past the last match."""
    skipped = (query.window.number - 1) * query.window.size if isinstance(query.window, ByPage) else 0
    return total <= skipped


def _is_dense(query: SearchQuery, total: int) -> bool:
    """Whether a walk through the ordering has met a page of the matches before the index is asked."""
    has_ordering = query.order.field is not SortField.SERIAL or query.criteria.filter.archived is not None
    return has_ordering and total * DENSE >= query.projects


def _scan_plan(query: SearchQuery, total: int, source: str = PROJECTS) -> PagePlan:
    return PagePlan(
        f"SELECT p.serial FROM {source}" + windowed(query.where, query.window, query.order, COLUMNS), query.where, total
    )


def _ids_plan(serials: Sequence[int], total: int) -> PagePlan:
    where = Where()
    return PagePlan(", ".join(where.bind(serial) for serial in serials) or "NULL", where, total)


def _cut(rows: Sequence[Row], order: Order, window: Window) -> list[int]:
    """The window's serials, and one more, of all these rows of sort value and serial."""
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
