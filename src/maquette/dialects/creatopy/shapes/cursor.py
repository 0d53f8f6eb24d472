"""Cursors: padded Base64 of compact JSON, `{"limit":10,"lastId":2313714}`, and more keys unless the order is by id."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeGuard

import msgspec

from maquette.model.errors import Invalid
from maquette.model.ids import LARGEST_SERIAL
from maquette.model.page import Order, Place, SortField
from maquette.model.text import fold, is_storable

MAX_LIMIT = 100
MAX_LENGTH = 16_384


class Sortable(Protocol):
    """A record that lists are ordered by."""

    @property
    def serial(self) -> int:
        """Its integer id."""
        ...

    @property
    def name(self) -> str:
        """Its name, ordered by its folded text."""
        ...

    @property
    def created_at(self) -> int:
        """When it was made."""
        ...

    @property
    def updated_at(self) -> int:
        """When it was last changed."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """A decoded cursor. `limit` is None if the cursor has none."""

    limit: int | None
    place: Place


def encode(limit: int, last: Sortable, order: Order) -> str:
    """The cursor that continues after a record."""
    content: dict[str, Any] = {"limit": limit, "lastId": last.serial}
    if order.field is not SortField.SERIAL:
        content |= {"orderBy": _by(order), "orderDirection": _direction(order), "lastValue": _value(last, order)}
    return base64.b64encode(msgspec.json.encode(content)).decode()


def decode(text: str, order: Order) -> Cursor:
    """Decode a cursor that must be for this ordering. Raises `Invalid`.

    Padding may be missing, the URL-safe alphabet is accepted, and a `+` may have become a blank in transit.
    """
    content = _content(text)
    limit, last_id = content.get("limit"), content.get("lastId")
    if limit is not None and not _is_whole(limit, 1, MAX_LIMIT):
        _refuse("has a limit out of range")
    if not _is_whole(last_id, 0, LARGEST_SERIAL):
        _refuse("has no lastId")
    if content.get("orderBy", "ID") != _by(order) or content.get("orderDirection") not in _directions(order):
        _refuse("was made for another ordering")
    return Cursor(limit, Place(_checked(content.get("lastValue"), order), last_id))


def _content(text: str) -> dict[str, Any]:
    plain = text.strip("= ").translate(str.maketrans("-_ ", "+/+"))
    try:
        if len(plain) > MAX_LENGTH:
            raise ValueError
        content = msgspec.json.decode(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError, RecursionError, msgspec.MsgspecError):
        _refuse("is broken")
    if not isinstance(content, dict):
        _refuse("is broken")
    return content


def _checked(value: Any, order: Order) -> str | int | None:
    match order.field:
        case SortField.SERIAL:
            return None
        case SortField.NAME:
            if isinstance(value, str) and is_storable(value):
                return value
        case _:
            if _is_whole(value, 0, LARGEST_SERIAL):
                return value
    return _refuse("has no lastValue")


def _value(last: Sortable, order: Order) -> str | int:
    match order.field:
        case SortField.NAME:
            return fold(last.name)
        case SortField.CREATED_AT:
            return last.created_at
        case _:
            return last.updated_at


def _by(order: Order) -> str:
    return "ID" if order.field is SortField.SERIAL else order.field.value.upper()


def _direction(order: Order) -> str:
    return "DESC" if order.descending else "ASC"


def _directions(order: Order) -> tuple[str | None, ...]:
    """The accepted values of `orderDirection`: a cursor by id has none."""
    return (None, _direction(order)) if order.field is SortField.SERIAL else (_direction(order),)


def _is_whole(value: Any, minimum: int, maximum: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum


def _refuse(problem: str) -> NoReturn:
    raise Invalid({"cursor": [problem]})
