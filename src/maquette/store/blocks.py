"""Finds the rows of a page number without stepping over those before it: the schema's triggers count rows in blocks."""

import logging
from dataclasses import dataclass

from maquette.model.page import ByPage, Order, SortField
from maquette.store.database import Row, Transaction

BLOCK_TABLES = {
    SortField.NAME: "blocks_name_folded",
    SortField.CREATED_AT: "blocks_created_at",
    SortField.UPDATED_AT: "blocks_updated_at",
}
"""The orderings that have blocks, which count the active projects alone."""

MIN_OFFSET = 2_000
"""Up to this many rows are stepped over as quickly as a block is found."""

log = logging.getLogger("maquette.store")


@dataclass(frozen=True, slots=True)
class RowRange:
    """`count` rows in ascending order, after skipping `skipped` rows from (`value`, `serial`) on."""

    value: str | int
    serial: int
    skipped: int
    count: int


async def find_range(tx: Transaction, workspace: int, order: Order, window: ByPage, total: int) -> RowRange | None:
    """Where the page's rows are among the workspace's `total` active projects, with one more if there is one.

    The range is empty past the end. The blocks are summed up from the nearer end of the list. Returns None if they
    count fewer than `total`, which is a bug: the caller has to step over the rows before the page then.
    """
    before = (window.number - 1) * window.size
    count = min(window.size + 1, total - before)
    if count <= 0:
        return RowRange("", 0, 0, 0)
    rank = total - before - count if order.descending else before
    from_end = total - 1 - rank
    is_near_start = rank < from_end
    direction, distance = ("ASC", rank) if is_near_start else ("DESC", from_end)
    block = await _block(tx, workspace, BLOCK_TABLES[order.field], direction, distance)
    if block is None:
        log.error("the blocks of workspace %d hold fewer than its %d projects: a page is stepped to", workspace, total)
        return None
    value, serial, passed, held = block
    return RowRange(value, serial, rank - passed if is_near_start else passed + held - 1 - from_end, count)


async def _block(tx: Transaction, workspace: int, table: str, direction: str, rank: int) -> Row | None:
    """The block with the row of that rank: its start (value, serial), the rows in blocks before it, and its own.

    Ranks count from 0, from the end that `direction` starts at. None if the blocks hold too few rows. Both engines
    produce the blocks in the order of the running sum, and stop at the first that reaches the rank.
    """
    return await tx.row(
        "SELECT value, serial, reached - held, held FROM ("
        "SELECT value, serial, held, CAST(SUM(held) OVER ("
        f"ORDER BY value {direction}, serial {direction} ROWS UNBOUNDED PRECEDING) AS BIGINT) AS reached"
        f" FROM {table} WHERE workspace = $1) AS summed WHERE reached > $2 LIMIT 1",
        workspace,
        rank,
    )
