"""Which projects are on a page of a search, and how many match in all? Chooses the quickest way; all are exact."""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.model.page import AfterCursor, ByPage, Order, SortField, Window
from maquette.store import counting, search, sights, workspaces
from maquette.store.database import Row, Transaction
from maquette.store.filters import COLUMNS, PROJECTS, Asked, matching
from maquette.store.query import Where, windowed
from maquette.store.search import Index, Search

SMALL = 1_000
"""So many projects are as quickly read as the index is."""

RARE = 250
"""So many matches are read and put in order at once, and not remembered: the index soon finds them again.

Only that it holds no triple of a short word is remembered, for looking that up may lead through many of its pages.
"""

DENSE = 50
"""Where one of so many projects matches, a walk through the ordering soon has a page of them."""

SELDOM = 1_000
"""Where one of so many matches, it is worth some milliseconds to find the triples that a short word begins."""

SORTED = 2
"""Where the square of the total is below so many times the projects, all matches are sooner sorted than met."""

FAR = 50
"""So many entries of an ordering's index are passed in the time that one match is read and sorted."""

SPARE = 3
"""So many more than a page are looked at: some may have been made earlier than their serials say."""


@dataclass(frozen=True, slots=True)
class Page:
    """A statement that gives the serials of a page, and of one more where there is one; and the total."""

    sql: str
    where: Where
    total: int


async def page(tx: Transaction, workspace: int, asked: Asked, order: Order, window: Window) -> Page:
    """The window of what holds a text."""
    home, tally = await workspaces.counts(tx, workspace)
    where = matching(tx, workspace, asked.sight, asked.filter)
    this = Search(workspace, home.version, tally.projects, asked, where, order, window)
    if this.projects <= SMALL or asked.names_projects():
        return _walked(this, await counting.read(tx, where))
    if asked.sight.user is not None and await sights.is_little(tx, asked, tally):
        source = sights.little(tx, where, workspace, asked.sight.user)
        return _walked(this, await counting.read(tx, where, source), source)
    known = tx.totals.get(workspace, home.version, asked) if tx.totals else None
    if known is not None and (_is_dense(this, known) or _is_past(this, known)):
        return await _found(tx, this, None, known)
    index = await search.index_for(tx, workspace, asked) if tx.engine == "sqlite" else None
    if index is not None and known is None:
        rows = await search.few(tx, where, index, COLUMNS[order.field], RARE)
        if rows is not None:
            if tx.totals is not None and not rows and not index.triples:
                tx.totals.put(workspace, home.version, asked, 0)
            return _listed(_cut(rows, order, window), len(rows))
    total = known if known is not None else await counting.counted(tx, this, index)
    return await _found(tx, this, index, total)


async def _found(tx: Transaction, this: Search, index: Index | None, total: int) -> Page:
    if _is_past(this, total):
        return _listed([], total)
    if index is None and tx.engine == "sqlite" and total * SELDOM < this.projects:
        index = await search.index_for(tx, this.workspace, this.asked, of_common=True)
    return _walked(this, total) if index is None or _is_dense(this, total) else await _by_index(tx, this, index, total)


async def _by_index(tx: Transaction, this: Search, index: Index, total: int) -> Page:
    if this.order.field is SortField.SERIAL:
        rows = await search.in_order(tx, this.where, index, descending=this.order.descending, window=this.window)
        return _listed([serial for _, serial in rows], total)
    if total * total < SORTED * this.projects:
        return _sorted(this, index, total)
    if this.order.field is SortField.CREATED_AT and this.asked.filter.archived is False:
        return await _newest(tx, this, index, total)
    return _walked(this, total)


async def _newest(tx: Transaction, this: Search, index: Index, total: int) -> Page:
    """The page in order of time, taken from the order of serials where the two differ by little."""
    window, descending = this.window, this.order.descending
    if isinstance(window, AfterCursor):
        return _walked(this, total)
    most = window.number * window.size + 1
    first = ByPage(1, most + SPARE - 1)
    rows = await search.in_order(tx, this.where, index, descending=descending, window=first)
    if len(rows) == most + SPARE:
        last_at, _ = sorted(rows, reverse=descending)[most - 1]
        seen, farthest = await _seen(tx, this, last_at, total * FAR)
        if seen == total * FAR:
            return _sorted(this, index, total)
        edge = rows[-1][1]
        if farthest is not None and (farthest < edge if descending else farthest > edge):
            return _walked(this, total)
    return _listed(_cut(rows, this.order, window), total)


async def _seen(tx: Transaction, this: Search, at: int, most: int) -> tuple[int, int | None]:
    """Of so many projects at most, how many come before that time in the order, and the farthest serial of theirs."""
    farthest, before = ("MIN", ">") if this.order.descending else ("MAX", "<")
    row = await tx.row(
        f"SELECT COUNT(*), {farthest}(serial) FROM (SELECT p.serial FROM projects p INDEXED BY projects_by_created_at"
        f" WHERE p.workspace = $1 AND p.archived_at IS NULL AND p.created_at {before} $2 LIMIT $3)",
        this.workspace,
        at,
        most,
    )
    assert row
    return row[0], row[1]


def _sorted(this: Search, index: Index, total: int) -> Page:
    chosen = search.whole("p.serial", this.where, index)
    return Page(chosen + windowed(this.where, this.window, this.order, COLUMNS), this.where, total)


def _is_past(this: Search, total: int) -> bool:
    """Whether the page is past the last match."""
    skipped = (this.window.number - 1) * this.window.size if isinstance(this.window, ByPage) else 0
    return total <= skipped


def _is_dense(this: Search, total: int) -> bool:
    """Whether a walk through the ordering has met a page of the matches before the index is asked."""
    has_ordering = this.order.field is not SortField.SERIAL or this.asked.filter.archived is not None
    return has_ordering and total * DENSE >= this.projects


def _walked(this: Search, total: int, source: str = PROJECTS) -> Page:
    return Page(
        f"SELECT p.serial FROM {source}" + windowed(this.where, this.window, this.order, COLUMNS), this.where, total
    )


def _listed(serials: Sequence[int], total: int) -> Page:
    where = Where()
    return Page(", ".join(where.bind(serial) for serial in serials) or "NULL", where, total)


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
