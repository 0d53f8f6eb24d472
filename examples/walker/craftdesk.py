"""How CraftDesk says: make this, rename it, and give me the next page."""

import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from .calls import Calls, said
from .rows import Door, Field, Item, Noun, Ordering, Page, Row, RowId

PLACES: dict[Noun, str] = {"projects": "/craftdesk/v1/projects", "kits": "/craftdesk/v1/brand_kits"}
FIELDS: tuple[Field, ...] = ("created_at", "updated_at", "name")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DEFAULT_SIZE = 20


def _orderings() -> tuple[Ordering, ...]:
    both = [(field, sign) for field in FIELDS for sign in ("", "-")]
    named = [Ordering(sign + field, field, sign == "-", {"sort": sign + field}) for field, sign in both]
    return (Ordering("default", "created_at", True, {}), *named)


class CraftDesk:
    door: Door = "craftdesk"
    orderings = _orderings()
    search_by = "q"

    def __init__(self, calls: Calls, key: str) -> None:
        self.calls = calls
        self._key = key

    async def create(self, item: Item, _kit: RowId | None, /) -> Row:
        body: dict[str, Any] = {"name": item.written}
        if item.noun == "projects":
            body["description"] = item.description
        if item.color is not None:
            body |= {"color": item.color} if item.noun == "projects" else _palette(item.color)
        answer = await self.calls.write("POST", PLACES[item.noun], self._key, body)
        return _row(item.noun, said(answer, 201)["data"])

    async def rename(self, noun: Noun, row_id: RowId, name: str) -> Row:
        answer = await self.calls.write("PATCH", f"{PLACES[noun]}/{row_id}", self._key, {"name": name})
        return _row(noun, said(answer, 200)["data"])

    async def paint(self, kit: RowId, color: str) -> Row:
        """Give a kit this one colour."""
        answer = await self.calls.write("PATCH", f"{PLACES['kits']}/{kit}", self._key, _palette(color))
        return _row("kits", said(answer, 200)["data"])

    async def pages(self, noun: Noun, ordering: Ordering, size: int | None) -> AsyncGenerator[Page, None]:
        """Every page by its number, and then the one past the end, which must be empty."""
        number, last = 1, 1
        params = ordering.params if size is None else {**ordering.params, "per_page": str(size)}
        while number <= last + 1:
            asked = {**params, "page": str(number)} if number > 1 else params
            answer = await self.calls.read(PLACES[noun], self._key, asked)
            page, last = _page(noun, answer, number, size or DEFAULT_SIZE, asked)
            yield page
            number += 1


def _page(noun: Noun, answer: httpx2.Response, number: int, size: int, asked: dict[str, str]) -> tuple[Page, int]:
    body = said(answer, 200)
    told = body["meta"]["pagination"]
    last = max(1, -(-told["total"] // size))
    expected = {"current_page": number, "total": told["total"], "per_page": size, "last_page": last}
    faults = [] if told == expected else [f"page {number} says {told}, not {expected}"]
    rows = [_row(noun, data) for data in body["data"]]
    if len(rows) != (full := min(size, max(0, told["total"] - (number - 1) * size))):
        faults.append(f"page {number} has {len(rows)} rows, not {full}")
    if number <= last:
        faults += _link_faults(answer, number, last, asked)
    return Page(rows, told["total"], faults + _time_faults(noun, rows)), last


def _link_faults(answer: httpx2.Response, number: int, last: int, asked: dict[str, str]) -> list[str]:
    """Each link must lead to its page, and carry the rest of the query along."""
    rest = {name: value for name, value in asked.items() if name != "page"}
    expected = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
    expected = {rel: page for rel, page in expected.items() if 1 <= page <= last}
    told: dict[str, int] = {}
    for rel, link in answer.links.items():
        query = {name: values[0] for name, values in parse_qs(urlsplit(link["url"]).query).items()}
        told[str(rel)] = int(query.get("page", "1"))
        if lacking := {name for name in rest if query.get(name) != rest[name]}:
            return [f"page {number}: its {rel} link loses {', '.join(sorted(lacking))}: {link['url']}"]
    return [] if told == expected else [f"page {number} links to {told}, not {expected}"]


def _time_faults(noun: Noun, rows: list[Row]) -> list[str]:
    told = [time for row in rows for time in (row.created_at, row.updated_at)]
    odd = [time for time in told if not (time and TIME.fullmatch(time)) and (time or noun == "projects")]
    return [f"a time reads {odd[0]!r}"] if odd else []


def _row(noun: Noun, data: dict[str, Any]) -> Row:
    times = (data.get("created_at"), data.get("updated_at"))
    if noun == "kits":
        palette = ", ".join(color["hex"] for color in data["colors"]) or None
        return Row(data["id"], data["name"], None, palette, *times)
    return Row(data["id"], data["name"], data["description"], data["color"], *times)


def _palette(color: str) -> dict[str, Any]:
    return {"colors": [{"name": "Brand", "hex": color}]}
