"""Brand kits: one row each, with their typography as JSON, and a row for each colour."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import BrandKit, Color, Font
from maquette.store.database import Row, Transaction, Value
from maquette.store.query import Where, windowed

_SELECT = (
    "SELECT k.serial, k.id, k.workspace, k.name, k.typography, k.created_by, u.id, k.created_at, k.updated_at"
    " FROM brand_kits k JOIN users u ON u.serial = k.created_by"
)
_SORT = {
    SortField.SERIAL: "k.serial",
    SortField.NAME: "k.name_folded",
    SortField.CREATED_AT: "k.created_at",
    SortField.UPDATED_AT: "k.updated_at",
}


async def insert(
    tx: Transaction,
    *,
    id: str,
    workspace: int,
    name: str,
    name_folded: str,
    typography: tuple[Font, ...],
    created_by: int,
    now_ms: int,
) -> BrandKit:
    """Add a kit."""
    serial = await tx.insert(
        "INSERT INTO brand_kits (id, workspace, name, name_folded, typography, created_by, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        id,
        workspace,
        name,
        name_folded,
        stored(typography),
        created_by,
        now_ms,
    )
    assert serial
    kit = await get(tx, workspace, serial)
    assert kit
    return kit


async def get(tx: Transaction, workspace: int, ref: int | str) -> BrandKit | None:
    """The workspace's kit of that serial (an integer) or id (text)."""
    column = "serial" if isinstance(ref, int) else "id"
    row = await tx.row(f"{_SELECT} WHERE k.workspace = $1 AND k.{column} = $2", workspace, ref)
    return kit_of(row) if row else None


async def list_(
    tx: Transaction, workspace: int, *, keyword: str, order: Order, window: Window, kept_total: int | None
) -> Slice[BrandKit]:
    """The kits whose name holds the folded keyword; `kept_total` is their number where it is known."""
    where = _matching(tx, workspace, keyword)
    total = kept_total
    if total is None:
        total = await tx.value("SELECT COUNT(*) FROM brand_kits k" + where.sql(), *where.args)
    rows = await tx.rows(_SELECT + windowed(where, window, order, _SORT), *where.args)
    return Slice([kit_of(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def change(tx: Transaction, serial: int, values: dict[str, Value]) -> None:
    """Set the named columns."""
    settings = ", ".join(f"{column} = ${n}" for n, column in enumerate(values, start=2))
    await tx.run(f"UPDATE brand_kits SET {settings} WHERE serial = $1", serial, *values.values())


async def put_colors(tx: Transaction, serial: int, colors: Sequence[Color]) -> None:
    """Give the kit these colours, in this order, in place of those it had."""
    await tx.run("DELETE FROM brand_colors WHERE brand_kit = $1", serial)
    if not colors:
        return
    values: list[Value] = [serial]
    for position, color in enumerate(colors):
        values += [position, color.name, color.hex]
    places = ", ".join(f"($1, ${n}, ${n + 1}, ${n + 2})" for n in range(2, len(values), 3))
    await tx.run(f"INSERT INTO brand_colors (brand_kit, position, name, hex) VALUES {places}", *values)


async def colors(tx: Transaction, serials: Sequence[int]) -> dict[int, tuple[Color, ...]]:
    """The colours of each of these kits that has any, in their order."""
    where = Where()
    where.among("brand_kit", serials)
    sql = "SELECT brand_kit, name, hex FROM brand_colors" + where.sql() + " ORDER BY brand_kit, position"
    found: dict[int, tuple[Color, ...]] = {}
    for serial, *color in await tx.rows(sql, *where.args):
        found[serial] = (*found.get(serial, ()), Color(*color))
    return found


async def delete(tx: Transaction, serial: int) -> None:
    """Remove a kit that no project uses, with its colours and the rows of its files."""
    await tx.run("DELETE FROM brand_kits WHERE serial = $1", serial)


async def count_projects(tx: Transaction, serial: int) -> int:
    """How many projects, archived ones too, use the kit."""
    found: int = await tx.value("SELECT COUNT(*) FROM projects WHERE brand_kit = $1", serial)
    return found


def kit_of(row: Row) -> BrandKit:
    """A record from a row in this file's column order."""
    serial, id, workspace, name, typography, created_by, created_by_id, created_at, updated_at = row
    return BrandKit(serial, id, workspace, name, fonts(typography), created_by, created_by_id, created_at, updated_at)


def stored(typography: tuple[Font, ...]) -> str:
    """Typography, encoded for its column."""
    return msgspec.json.encode(typography).decode()


@lru_cache(1024)
def fonts(typography: str) -> tuple[Font, ...]:
    """Typography, decoded from its column."""
    return msgspec.json.decode(typography, type=tuple[Font, ...])


def _matching(tx: Transaction, workspace: int, keyword: str) -> Where:
    where = Where()
    where.add("k.workspace = {}", workspace)
    if keyword:
        where.contains(tx, ("k.name_folded",), keyword)
    return where
