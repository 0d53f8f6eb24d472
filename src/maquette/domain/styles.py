"""What may a brand kit be made of? A name, a palette and a typography; every problem is told with its place."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from maquette.model import text
from maquette.model.errors import Invalid
from maquette.model.ids import LARGEST_SERIAL
from maquette.model.records import Color, Font

MAX_COLORS = 200
MAX_FONTS = 100
SIZES = range(1, 1001)
WEIGHTS = frozenset((*(str(weight) for weight in range(100, 1000, 100)), "normal", "bold"))

_Problem = tuple[str, str]


def checked(
    name: str, colors: Sequence[Color], typography: Sequence[Font]
) -> tuple[str, tuple[Color, ...], tuple[Font, ...]]:
    """The same as it is kept, names trimmed. Raises `Invalid`, naming the fields as `colors[3].hex`."""
    name = name.strip()
    palette = tuple(replace(color, name=color.name.strip()) for color in colors)
    fonts = tuple(replace(font, name=font.name.strip(), kind=font.kind.strip()) for font in typography)
    problems = {field: [problem] for field, problem in _problems(name, palette, fonts)}
    if problems:
        raise Invalid(problems)
    return name, palette, fonts


def _problems(name: str, palette: Sequence[Color], fonts: Sequence[Font]) -> Iterator[_Problem]:
    yield from _of_text("name", name)
    if len(palette) > MAX_COLORS:
        yield "colors", f"must have at most {MAX_COLORS} entries"
    else:
        for place, color in enumerate(palette):
            yield from _of_color(f"colors[{place}]", color)
    if len(fonts) > MAX_FONTS:
        yield "typography", f"must have at most {MAX_FONTS} entries"
    else:
        for place, font in enumerate(fonts):
            yield from _of_font(f"typography[{place}]", font)


def _of_color(place: str, color: Color) -> Iterator[_Problem]:
    yield from _of_text(f"{place}.name", color.name)
    if problem := text.color_problem(color.hex):
        yield f"{place}.hex", problem


def _of_font(place: str, font: Font) -> Iterator[_Problem]:
    if font.id is not None and not 0 <= font.id <= LARGEST_SERIAL:
        yield f"{place}.font_id", "is out of range"
    yield from _of_text(f"{place}.font_name", font.name)
    if font.size not in SIZES:
        yield f"{place}.font_size", f"must be {SIZES.start} to {SIZES.stop - 1:,}"
    if font.weight not in WEIGHTS:
        yield f"{place}.font_weight", "must be 100, 200 … 900, normal or bold"
    yield from _of_text(f"{place}.type", font.kind)


def _of_text(place: str, value: str) -> Iterator[_Problem]:
    if problem := text.name_problem(value):
        yield place, problem
