"""The form of a brand kit: a row for each colour and font, and a few empty ones for more. Empty rows aren't kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol, TypeVar

from maquette.console.forms import Form
from maquette.domain.styles import MAX_COLORS, MAX_FONTS
from maquette.model import text
from maquette.model.errors import Invalid, Refusal
from maquette.model.records import Color, Font

EMPTY_ROWS = 3
FIRST_WEIGHT = "400"
"""What an empty row's choice of a weight begins with."""

_ENTRY = re.compile(r"(colors|typography)\[(\d+)\](.*)")


class Row(Protocol):
    """An entry of a list as its fields hold it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class ColorRow:
    """A colour's fields."""

    name: str = ""
    hex: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not (self.name or self.hex)

    @property
    def swatch(self) -> str:
        """The colour, if it is one."""
        return "" if text.color_problem(self.hex) else self.hex


@dataclass(frozen=True, slots=True)
class FontRow:
    """A font's fields. The id is that of a font that isn't a standard one, and isn't shown."""

    name: str = ""
    size: str = ""
    weight: str = FIRST_WEIGHT
    kind: str = ""
    id: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it; its weight is chosen in any case."""
        return not (self.name or self.size or self.kind)


@dataclass(frozen=True, slots=True)
class KitForm:
    """What the form's fields hold."""

    name: str
    colors: Sequence[ColorRow]
    fonts: Sequence[FontRow]

    @classmethod
    def of(cls, name: str, colors: Sequence[Color], fonts: Sequence[Font]) -> "KitForm":
        """The form of a kit."""
        color_rows = [ColorRow(color.name, color.hex) for color in colors]
        font_rows = [
            FontRow(font.name, str(font.size), font.weight, font.kind, "" if font.id is None else str(font.id))
            for font in fonts
        ]
        return cls(name, _with_room(color_rows, ColorRow(), MAX_COLORS), _with_room(font_rows, FontRow(), MAX_FONTS))

    @classmethod
    def sent(cls, form: Form) -> "KitForm":
        """The form as it was sent."""
        color_rows = [ColorRow(*fields) for fields in _fields(form, "color_name", "color_hex")]
        names = "font_name", "font_size", "font_weight", "font_kind", "font_id"
        font_rows = [FontRow(*fields) for fields in _fields(form, *names)]
        return cls(
            form.text("name"),
            _with_room(color_rows, ColorRow(), MAX_COLORS),
            _with_room(font_rows, FontRow(), MAX_FONTS),
        )

    def palette(self) -> list[Color]:
        """The colours, without the empty rows."""
        return [Color(row.name, row.hex) for row in self.colors if not row.is_empty]

    def typography(self) -> list[Font]:
        """The fonts, without the empty rows. What is no number is the size 0 or the id -1, which no font may have."""
        return [
            Font(_id(row.id), row.name, _number(row.size) or 0, row.weight, row.kind)
            for row in self.fonts
            if not row.is_empty
        ]

    def at_rows(self, refusal: Refusal) -> Refusal:
        """The refusal with the problems of entries at the rows they came from, which empty ones may stand between."""
        if not isinstance(refusal, Invalid):
            return refusal
        kept = {"colors": _kept(self.colors), "typography": _kept(self.fonts)}
        return Invalid({_at_row(field, kept): sentences for field, sentences in refusal.problems.items()})


def _with_room(rows: Sequence[R], empty: R, most: int) -> list[R]:
    """The rows up to the last that isn't empty, and empty ones after it, as far as there may be more."""
    used = max((number for number, row in enumerate(rows, start=1) if not row.is_empty), default=0)
    return [*rows[:used], *[empty] * max(0, min(EMPTY_ROWS, most - used))]


def _fields(form: Form, *names: str) -> list[tuple[str, ...]]:
    columns = [[value.strip() for value in form.all(name)] for name in names]
    return list(zip_longest(*columns, fillvalue=""))


def _id(digits: str) -> int | None:
    number = _number(digits)
    return -1 if digits and number is None else number


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 19 else None


def _kept(rows: Sequence[Row]) -> list[int]:
    return [place for place, row in enumerate(rows) if not row.is_empty]


def _at_row(field: str, kept: Mapping[str, Sequence[int]]) -> str:
    entry = _ENTRY.fullmatch(field)
    return f"{entry[1]}[{kept[entry[1]][int(entry[2])]}]{entry[3]}" if entry else field
