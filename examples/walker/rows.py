"""What loading, walking and comparing hand to each other."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Noun: TypeAlias = Literal["projects", "kits"]
Door: TypeAlias = Literal["craftdesk", "creatopy"]
Field: TypeAlias = Literal["id", "name", "created_at", "updated_at"]
RowId: TypeAlias = str | int
Content: TypeAlias = tuple[str, str | None, str | None]

NOUNS: tuple[Noun, ...] = ("kits", "projects")
DOORS: tuple[Door, ...] = ("creatopy", "craftdesk")


def fold(name: str) -> str:
    """The text that names are ordered by."""
    return unicodedata.normalize("NFKC", name).casefold()


@dataclass(frozen=True)
class Item:
    """One line of a file, and so what every list must show. Names are sent as written, and kept trimmed."""

    noun: Noun
    line: int
    written: str
    description: str | None = None
    color: str | None = None

    @property
    def name(self) -> str:
        return self.written.strip()

    @property
    def content(self) -> Content:
        return (self.name, self.description, self.color)


@dataclass(frozen=True)
class Made:
    """An item that the server said it has, under the id that the door told."""

    item: Item
    door: Door
    id: RowId


@dataclass(frozen=True)
class Row:
    """One row as a list shows it. Creatopy shows no times, and no colours of kits."""

    id: RowId
    name: str
    description: str | None = None
    color: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    shows_color: bool = True

    @property
    def content(self) -> Content:
        return (self.name, self.description, self.color)


@dataclass(frozen=True)
class Page:
    """`faults` are sentences about the page itself: its count, its cursor, its links."""

    rows: list[Row]
    total: int
    faults: list[str]


@dataclass(frozen=True)
class Ordering:
    """`params` is the query that asks for it; an empty one asks for the documented default."""

    label: str
    field: Field
    descending: bool
    params: dict[str, str]


@dataclass
class Walk:
    """One list read from first page to last. A `broken` one ended early, with the reason in `faults`."""

    noun: Noun
    door: Door
    ordering: Ordering
    size: int | None
    rows: list[Row] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    broken: bool = False

    @property
    def where(self) -> str:
        return f"{self.noun} · {self.door} · {self.ordering.label} · {self.size or 'default'} a page"


@dataclass(frozen=True)
class Difference:
    """`kind` is one plain word: refused, repeat, lost, doubled, changed, order, total, search or wire."""

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.what}"


def changes(item: Item, row: Row) -> Iterator[str]:
    """One sentence for each field of a row that isn't what was asked for."""
    for part, asked, shown in zip(("name", "description", "colour"), item.content, row.content, strict=True):
        if asked != shown and (part != "colour" or row.shows_color):
            yield f"row {row.id} {item.name!r}: its {part} {_parting(asked, shown)}"


def _parting(asked: str | None, shown: str | None) -> str:
    """Where two texts part, in ASCII, since the eye may not see it."""
    if asked is None or shown is None:
        return f"is {shown!r}, not {asked!r}"
    pairs = enumerate(zip(asked, shown, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(asked), len(shown)))
    return f"goes on after {at} characters with {shown[at : at + 20]!a}, not {asked[at : at + 20]!a}"
