"""The files of brand kits as rows: what each is, and under which keys the object store keeps it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from maquette.model.page import Order, Slice, SortField, Window
from maquette.model.records import Asset, AssetKind
from maquette.store.database import Row, Transaction, Value
from maquette.store.query import Where, windowed

_COLUMNS = (
    "a.serial",
    "a.id",
    "a.workspace",
    "a.brand_kit",
    "k.id",
    "a.kind",
    "a.name",
    "a.media_type",
    "a.size",
    "a.width",
    "a.height",
    "a.created_by",
    "u.id",
    "a.created_at",
)
"""A file's columns, in the order of the record's fields."""

_SELECT = "SELECT " + ", ".join(_COLUMNS)
_FROM = " FROM brand_assets a JOIN brand_kits k ON k.serial = a.brand_kit JOIN users u ON u.serial = a.created_by"
_WIDTH = len(_COLUMNS)
_KIND_AT = _COLUMNS.index("a.kind")
_SORT = {
    SortField.SERIAL: "a.serial",
    SortField.NAME: "a.name_folded",
    SortField.CREATED_AT: "a.created_at",
    SortField.UPDATED_AT: "a.created_at",
}


@dataclass(frozen=True, slots=True)
class ObjectKeys:
    """Where the object store keeps a file and its thumbnail."""

    content: str
    thumbnail: str


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Which files of a kit; None and "" are no condition, the keyword is folded."""

    kind: AssetKind | None = None
    keyword: str = ""


async def insert(tx: Transaction, values: dict[str, Value]) -> int:
    """Add a file to a kit; returns its serial."""
    columns = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    serial = await tx.insert(f"INSERT INTO brand_assets ({columns}) VALUES ({places})", *values.values())
    assert serial
    return serial


async def get(tx: Transaction, workspace: int, ref: int | str) -> tuple[Asset, ObjectKeys] | None:
    """The workspace's file of that serial (an integer) or id (text), and its keys in the object store."""
    column = "serial" if isinstance(ref, int) else "id"
    row = await tx.row(
        f"{_SELECT}, a.object_key, a.thumbnail_key{_FROM} WHERE a.workspace = $1 AND a.{column} = $2", workspace, ref
    )
    return (_asset(row[:_WIDTH]), ObjectKeys(*row[_WIDTH:])) if row else None


async def list_(tx: Transaction, brand_kit: int, *, filter: AssetFilter, order: Order, window: Window) -> Slice[Asset]:
    """The matching files of the kit."""
    where = _matching(tx, brand_kit, filter)
    total: int = await tx.value("SELECT COUNT(*) FROM brand_assets a" + where.sql(), *where.args)
    rows = await tx.rows(_SELECT + _FROM + windowed(where, window, order, _SORT), *where.args)
    return Slice([_asset(row) for row in rows[: window.size]], total, len(rows) > window.size)


async def logos(tx: Transaction, brand_kits: Sequence[int]) -> dict[int, tuple[Asset, ...]]:
    """The logos of each of these kits that has any, in the order they were added."""
    where = Where()
    where.among("a.brand_kit", brand_kits)
    where.add("a.kind = {}", AssetKind.LOGO.value)
    logos: dict[int, tuple[Asset, ...]] = {}
    for row in await tx.rows(_SELECT + _FROM + where.sql() + " ORDER BY a.serial", *where.args):
        asset = _asset(row)
        logos[asset.brand_kit] = (*logos.get(asset.brand_kit, ()), asset)
    return logos


async def every(tx: Transaction, brand_kit: int) -> list[tuple[Asset, ObjectKeys]]:
    """All files of the kit and their keys in the object store, in the order they were added."""
    rows = await tx.rows(
        f"{_SELECT}, a.object_key, a.thumbnail_key{_FROM} WHERE a.brand_kit = $1 ORDER BY a.serial", brand_kit
    )
    return [(_asset(row[:_WIDTH]), ObjectKeys(*row[_WIDTH:])) for row in rows]


async def count(tx: Transaction, brand_kit: int, kind: AssetKind) -> int:
    """How many files of that kind the kit has."""
    number: int = await tx.value(
        "SELECT COUNT(*) FROM brand_assets WHERE brand_kit = $1 AND kind = $2", brand_kit, kind.value
    )
    return number


async def delete(tx: Transaction, serial: int) -> None:
    """Remove the file's row, but not its objects."""
    await tx.run("DELETE FROM brand_assets WHERE serial = $1", serial)


async def used_keys(tx: Transaction, keys: Collection[str]) -> set[str]:
    """Those of these object store keys that a row refers to."""
    where = Where()
    places = ", ".join(where.bind(key) for key in keys) or "NULL"
    rows = await tx.rows(
        f"SELECT object_key FROM brand_assets WHERE object_key IN ({places})"
        f" UNION ALL SELECT thumbnail_key FROM brand_assets WHERE thumbnail_key IN ({places})",
        *where.args,
    )
    return {key for (key,) in rows}


def _matching(tx: Transaction, brand_kit: int, filter: AssetFilter) -> Where:
    where = Where()
    where.add("a.brand_kit = {}", brand_kit)
    if filter.kind is not None:
        where.add("a.kind = {}", filter.kind.value)
    if filter.keyword:
        where.contains(tx, ("a.name_folded",), filter.keyword)
    return where


def _asset(row: Row) -> Asset:
    values = list(row)
    values[_KIND_AT] = AssetKind(row[_KIND_AT])
    return Asset(*values)
