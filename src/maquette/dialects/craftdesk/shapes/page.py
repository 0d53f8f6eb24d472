"""Lists and single resources: `data`, and beside a list `meta.pagination`."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Meta

from maquette.dialects.craftdesk.shapes.fields import Count
from maquette.model.page import ByPage, Order, Slice, SortField
from maquette.wire.texts import CHOICE
from maquette.wire.times import instant as instant

T = TypeVar("T")

SortName = Literal["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"]
PageNumber = Annotated[int, Meta(ge=1, le=999_999_999, description="Which page, counted from 1.")]
PageSize = Annotated[int, Meta(ge=1, le=100, description="How many on a page.")]
Sort = Annotated[SortName, CHOICE, Meta(description="What to order by; `-` reverses it. Names are case-insensitive.")]

TEXT_LENGTH = 1_000
"""The longest search text, in characters."""

MAX_LINK_LENGTH = 4_000
"""The longest `Link` header, in bytes: proxies and clients limit headers, and a query may be many times as long."""

_NOT_ENCODED = "%&=+/?:@!$'()*,;"


class Pagination(msgspec.Struct):
    """Where in the list this page stands."""

    current_page: Annotated[int, Meta(description="The page asked for, which may be past the last.", examples=[1])]
    total: Annotated[Count, Meta(description="How many match, on all pages.", examples=[50])]
    per_page: Annotated[int, Meta(description="How many on a page.", examples=[20])]
    last_page: Annotated[int, Meta(description="The number of the last page; 1 where nothing matches.", examples=[3])]


class ListMeta(msgspec.Struct):
    """What is beside a list."""

    pagination: Pagination


class Listed(msgspec.Struct, Generic[T]):
    """One page of a list."""

    data: list[T]
    meta: ListMeta


class One(msgspec.Struct, Generic[T]):
    """A single resource."""

    data: T


def listed(items: list[T], found: Slice[Any], window: ByPage) -> Listed[T]:
    """The page with its pagination. An empty list has one page."""
    last_page = max(1, -(-found.total // window.size))
    return Listed(items, ListMeta(Pagination(window.number, found.total, window.size, last_page)))


def links(path: str, query: bytes, pagination: Pagination) -> dict[str, str]:
    """The `Link` header (RFC 8288) with first, prev, next and last; none if a long query would make it too long."""
    here, last = pagination.current_page, pagination.last_page
    pages = {"first": 1, "prev": min(here - 1, last), "next": here + 1 if here < last else 0, "last": last}
    kept = [part for part in query.decode().split("&") if part and part.partition("=")[0] != "page"]
    rest = quote("".join(f"{part}&" for part in kept), safe=_NOT_ENCODED)
    link = ", ".join(f'<{path}?{rest}page={page}>; rel="{rel}"' for rel, page in pages.items() if page)
    return {"link": link} if len(link) <= MAX_LINK_LENGTH else {}


def order_of(sort: str) -> Order:
    """The order for a `sort` parameter: `-name` is by name, descending."""
    return Order(SortField(sort.removeprefix("-")), sort.startswith("-"))


def moment(at_ms: int) -> datetime:
    """A time as the wire shows it: UTC, whole seconds."""
    return _second(at_ms // 1000)


@lru_cache(65_536)
def _second(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
