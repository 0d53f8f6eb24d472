"""Which project has which rank in an ordering? Sums of blocks, which the schema's triggers keep, instead of steps."""

import logging
from dataclasses import dataclass

from maquette.model.page import ByPage, Order, SortField
from maquette.store.database import Row, Transaction

BLOCK_TABLES = {
    SortField.NAME: "blocks_name_folded",
    SortField.CREATED_AT: "blocks_created_at",
    SortField.UPDATED_AT: "blocks_updated_at",
}
"""The orderings whose active projects are cut into blocks."""

NEAR = 2_000
"""Rows that are as quickly stepped over as a block is found."""

log = logging.getLogger("maquette.store")


@dataclass(frozen=True, slots=True)
class RowRange:
    """`count` projects in ascending order: they begin `skipped` rows after the first that is at `value`, `serial`."""

    value: str | int
    serial: int
    skipped: int
    count: int


async def find_range(tx: Transaction, workspace: int, order: Order, window: ByPage, total: int) -> RowRange | None:
    """The page's rows among the workspace's active projects, and one more where there is one; none past the end.

    `total` is how many there are in all. The blocks are summed up from whichever end of the list is nearer. None where
    they hold fewer than that, which is a mistake of ours: the rows have to be stepped over then.
    """
    before = (window.number - 1) * window.size
    count = min(window.size + 1, total - before)
    if count <= 0:
        return RowRange("", 0, 0, 0)
    rank = total - before - count if order.descending else before
    from_end = total - 1 - rank
    is_near_start = rank < from_end
    direction, passing = ("ASC", rank) if is_near_start else ("DESC", from_end)
    block = await _block(tx, workspace, BLOCK_TABLES[order.field], direction, passing)
    if block is None:
        log.error("the blocks of workspace %d hold fewer than its %d projects: a page is stepped to", workspace, total)
        return None
    value, serial, passed, held = block
    return RowRange(value, serial, rank - passed if is_near_start else passed + held - 1 - from_end, count)


async def _block(tx: Transaction, workspace: int, table: str, direction: str, rank: int) -> Row | None:
    """The block that holds the rank, counted from that end: its start, how many the ones before it hold, and its own.

    None where all together don't reach so far. Both engines give the blocks in the order they are summed up in, and
    stop at the first one that reaches so far.
    """
    return await tx.row(
        "SELECT value, serial, reached - held, held FROM ("
        "SELECT value, serial, held, CAST(SUM(held) OVER ("
        f"ORDER BY value {direction}, serial {direction} ROWS UNBOUNDED PRECEDING) AS BIGINT) AS reached"
        f" FROM {table} WHERE workspace = $1) AS summed WHERE reached > $2 LIMIT 1",
        workspace,
        rank,
    )
