"""Lists with `totalCount`, `nodes` and `pageInfo`, paged by cursor; and the `response` around every success."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from maquette.dialects.creatopy.shapes import cursor as cursors
from maquette.model.page import AfterCursor, Order, Slice, SortField
from maquette.model.text import fold
from maquette.wire.texts import CHOICE

T = TypeVar("T")

DEFAULT_LIMIT = 10
KEYWORD_LENGTH = 1_000
CURSOR = "eyJsaW1pdCI6MTAsImxhc3RJZCI6MjMxMzcxNH0="

OrderBy = Literal["ID", "NAME", "CREATED_AT", "UPDATED_AT"]

_SORT = {
    "ID": SortField.SERIAL,
    "NAME": SortField.NAME,
    "CREATED_AT": SortField.CREATED_AT,
    "UPDATED_AT": SortField.UPDATED_AT,
}


class ListQuery(msgspec.Struct, frozen=True):
    """Which part of a list, in which order."""

    keyword: Annotated[str, Meta(max_length=KEYWORD_LENGTH, description="The name contains this.")] = ""
    limit: (
        Annotated[int, Meta(ge=1, le=100, description="How many nodes; default: the cursor's limit or 10.")] | None
    ) = None
    cursor: Annotated[str, Meta(description="The `endCursor` of the part before.")] = ""
    orderBy: Annotated[OrderBy, CHOICE, Meta(description="What to order by; names are case-insensitive.")] = "ID"  # noqa: N815
    orderDirection: Annotated[  # noqa: N815
        Literal["ASC", "DESC", "ID"],
        CHOICE,
        Meta(description="`ID` is the default: `ASC` for `NAME`, `DESC` for all else."),
    ] = "ID"

    def order(self) -> Order:
        """Convert to the domain's ordering."""
        descending = self.orderBy != "NAME" if self.orderDirection == "ID" else self.orderDirection == "DESC"
        return Order(_SORT[self.orderBy], descending)

    def window(self) -> AfterCursor:
        """The nodes after the cursor; the query's limit wins over the cursor's. Raises `Invalid`."""
        if not self.cursor:
            return AfterCursor(self.limit or DEFAULT_LIMIT, None)
        cursor = cursors.decode(self.cursor, self.order())
        return AfterCursor(self.limit or cursor.limit or DEFAULT_LIMIT, cursor.place)

    def folded_keyword(self) -> str:
        """The keyword folded as names are for searching."""
        return fold(self.keyword)


class PageInfo(msgspec.Struct):
    """Whether more follows, and from where."""

    hasNextPage: Annotated[bool, Meta(description="Whether more follows.")]  # noqa: N815
    endCursor: Annotated[  # noqa: N815
        str, Meta(description="Where this part ends, for `cursor`; empty where there are no nodes.", examples=[CURSOR])
    ]


class Connection(msgspec.Struct, Generic[T]):
    """A part of a list."""

    totalCount: Annotated[  # noqa: N815
        int, Meta(description="How many match in all.", examples=[10], extra_json_schema={"minimum": 0})
    ]
    nodes: list[T]
    pageInfo: PageInfo  # noqa: N815


class Response(msgspec.Struct, Generic[T]):
    """What is around every success."""

    response: T


class Status(msgspec.Struct):
    """That it is done."""

    status: Literal["success"] = "success"


SUCCESS = msgspec.json.encode(Response(Status()))


def connection(nodes: list[T], found: Slice[Any], window: AfterCursor, order: Order) -> Response[Connection[T]]:
    """A page of a list, with the cursor that continues after its last node."""
    end = cursors.encode(window.size, found.items[-1], order) if found.items else ""
    return Response(Connection(found.total, nodes, PageInfo(found.has_next, end)))
