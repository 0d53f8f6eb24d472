"""How Creatopy says: make this, rename it, and give me the next page."""

import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

from .calls import AnswerError, Calls, said
from .rows import Door, Field, Item, Noun, Ordering, Page, Row, RowId

PLACES: dict[Noun, str] = {"projects": "/creatopy/v1/projects", "kits": "/creatopy/v1/brandkits"}
MAKERS: dict[Noun, str] = {"projects": "/creatopy/v1/projects", "kits": "/creatopy/v1/brandkits/create"}
ONE: dict[Noun, str] = {"projects": "project", "kits": "brandKit"}
ID: dict[Noun, str] = {"projects": "projectId", "kits": "brandkitId"}
FIELDS: tuple[Field, ...] = ("id", "name", "created_at", "updated_at")
DEFAULT_SIZE = 10


def _orderings() -> tuple[Ordering, ...]:
    both = [(field, way) for field in FIELDS for way in ("ASC", "DESC")]
    named = [
        Ordering(f"{f.upper()} {way}", f, way == "DESC", {"orderBy": f.upper(), "orderDirection": way})
        for f, way in both
    ]
    return (Ordering("default", "id", True, {}), *named)


class Creatopy:
    door: Door = "creatopy"
    orderings = _orderings()
    search_by = "keyword"

    def __init__(self, calls: Calls, client_id: str, client_secret: str) -> None:
        self.calls = calls
        self._pair = {"clientId": client_id, "clientSecret": client_secret}
        self._token = ""

    async def enter(self) -> None:
        """Trade the pair for a token; every other verb needs it."""
        self._token = said(await self.calls.ask("/creatopy/v1/auth/token", self._pair), 200)["token"]

    async def create(self, item: Item, kit: RowId | None, /) -> Row:
        body: dict[str, Any] = {"name": item.written}
        if item.noun == "projects":
            body |= {"brandKitId": kit, "description": item.description}
        if item.color is not None and item.noun == "projects":
            body["color"] = item.color
        return await self._write("POST", MAKERS[item.noun], item.noun, body)

    async def rename(self, noun: Noun, row_id: RowId, name: str) -> Row:
        return await self._write("PUT", PLACES[noun], noun, {ID[noun]: row_id, "name": name})

    async def pages(self, noun: Noun, ordering: Ordering, size: int | None) -> AsyncGenerator[Page, None]:
        """Every page by the cursor of the one before. A cursor told twice would never end: AnswerError."""
        params = ordering.params if size is None else {**ordering.params, "limit": str(size)}
        cursors = [""]
        while True:
            asked = {**params, "cursor": cursors[-1]} if cursors[-1] else params
            told = said(await self.calls.read(PLACES[noun], self._token, asked), 200)["response"]
            rows = [_row(noun, node) for node in told["nodes"]]
            more, cursor = told["pageInfo"]["hasNextPage"], told["pageInfo"]["endCursor"]
            faults = _cursor_faults(cursor, rows, size or DEFAULT_SIZE)
            if len(rows) != (size or DEFAULT_SIZE) and (more or len(rows) > (size or DEFAULT_SIZE)):
                faults.append(f"page {len(cursors)} has {len(rows)} rows, though more follow")
            yield Page(rows, told["totalCount"], faults)
            if not more:
                return
            if cursor in cursors:
                raise AnswerError(f"page {len(cursors)} ends in a cursor that was told before: {cursor!r}")
            cursors.append(cursor)

    async def _write(self, method: str, place: str, noun: Noun, body: dict[str, Any]) -> Row:
        answer = await self.calls.write(method, place, self._token, body)
        return _row(noun, said(answer, 200)["response"][ONE[noun]])


def _cursor_faults(cursor: str, rows: list[Row], size: int) -> list[str]:
    """The cursor is standard Base64 of JSON that begins with the limit and the last row's id."""
    if not rows:
        return [f"an empty page ends in the cursor {cursor!r}"] if cursor else []
    told = json.loads(base64.b64decode(cursor, validate=True))
    expected = [("limit", size), ("lastId", rows[-1].id)]
    return [] if list(told.items())[:2] == expected else [f"a cursor says {told}, not {dict(expected)}"]


def _row(noun: Noun, node: dict[str, Any]) -> Row:
    if noun == "kits":
        return Row(node["id"], node["name"], shows_color=False)
    return Row(node["id"], node["name"], node["description"], node["color"])
