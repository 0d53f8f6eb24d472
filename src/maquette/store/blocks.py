"""Which project has which rank in an ordering? Sums of blocks, which the schema's triggers keep, instead of steps."""

from dataclasses import dataclass

from maquette.model.page import ByPage, Order, SortField
from maquette.store.database import Row, Transaction

BLOCKED = {
    SortField.NAME: "blocks_name_folded",
    SortField.CREATED_AT: "blocks_created_at",
    SortField.UPDATED_AT: "blocks_updated_at",
}
"""The orderings whose active projects are cut into blocks."""

NEAR = 2_000
"""Rows that are as quickly stepped over as a block is found."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` projects in ascending order: they begin `skipped` rows after the first that is at `value`, `serial`."""

    value: str | int
    serial: int
    skipped: int
    count: int


async def stretch(tx: Transaction, workspace: int, order: Order, window: ByPage, total: int) -> Stretch | None:
    """The page's rows among the workspace's active projects, and one more where there is one; None past the end.

    `total` is how many there are in all. The blocks are summed up from whichever end of the list is nearer.
    """
    before = (window.number - 1) * window.size
    count = min(window.size + 1, total - before)
    if count <= 0:
        return None
    rank = total - before - count if order.descending else before
    if rank * 2 < total:
        value, serial, passed = await _block(tx, workspace, BLOCKED[order.field], "ASC", rank)
        return Stretch(value, serial, rank - passed, count)
    from_end = total - 1 - rank
    value, serial, passed, held = await _block(tx, workspace, BLOCKED[order.field], "DESC", from_end, ", held")
    return Stretch(value, serial, passed + held - 1 - from_end, count)


async def _block(tx: Transaction, workspace: int, table: str, direction: str, rank: int, more: str = "") -> Row:
    """Start of the block that holds the rank, counted from that end, and how many rows the ones before it hold.

    Both engines give the blocks in the order they are summed up in, and stop at the first one that reaches so far.
    """
    row = await tx.row(
        f"SELECT value, serial, reached - held{more} FROM ("
        "SELECT value, serial, held, CAST(SUM(held) OVER ("
        f"ORDER BY value {direction}, serial {direction} ROWS UNBOUNDED PRECEDING) AS BIGINT) AS reached"
        f" FROM {table} WHERE workspace = $1) AS summed WHERE reached > $2 LIMIT 1",
        workspace,
        rank,
    )
    assert row, "the blocks hold fewer projects than are counted"
    return row
