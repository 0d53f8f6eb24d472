"""Pagination: a request asks for a window, by page number or after a cursor, and gets a slice of the list."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class SortField(StrEnum):
    """What a list can be ordered by; every ordering ends in the serial, so no two rows tie."""

    SERIAL = "serial"
    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, slots=True)
class Order:
    """One ordering; the serial breaks ties in the same direction."""

    field: SortField
    descending: bool


BY_NAME = Order(SortField.NAME, descending=False)


@dataclass(frozen=True, slots=True)
class ByPage:
    """The page of that number, counted from 1, of `size` rows."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an ordering: its sort value (None when ordered by serial) and its serial."""

    value: str | int | None
    serial: int


@dataclass(frozen=True, slots=True)
class AfterCursor:
    """The `size` rows that follow a place; None starts at the front. The row itself may be gone."""

    size: int
    after: Place | None


Window = ByPage | AfterCursor


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One window's rows, how many rows match in all, and whether more follow."""

    items: list[T]
    total: int
    has_next: bool
