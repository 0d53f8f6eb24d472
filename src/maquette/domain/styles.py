"""What may a brand kit hold? A name, a palette and a typography; every problem is reported with its field's path."""

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
"""The field's path, and what is wrong with it."""


def checked(
    name: str, colors: Sequence[Color], typography: Sequence[Font]
) -> tuple[str, tuple[Color, ...], tuple[Font, ...]]:
    """The arguments as they are stored, names trimmed. Raises `Invalid`, naming fields like `colors[3].hex`."""
    name = name.strip()
    palette = tuple(replace(color, name=color.name.strip()) for color in colors)
    fonts = tuple(replace(font, name=font.name.strip(), kind=font.kind.strip()) for font in typography)
    problems = {field: [problem] for field, problem in _problems(name, palette, fonts)}
    if problems:
        raise Invalid(problems)
    return name, palette, fonts


def _problems(name: str, palette: Sequence[Color], fonts: Sequence[Font]) -> Iterator[_Problem]:
    yield from _text_problems("name", name)
    if len(palette) > MAX_COLORS:
        yield "colors", f"must have at most {MAX_COLORS} entries"
    else:
        for index, color in enumerate(palette):
            yield from _color_problems(f"colors[{index}]", color)
    if len(fonts) > MAX_FONTS:
        yield "typography", f"must have at most {MAX_FONTS} entries"
    else:
        for index, font in enumerate(fonts):
            yield from _font_problems(f"typography[{index}]", font)


def _color_problems(path: str, color: Color) -> Iterator[_Problem]:
    yield from _text_problems(f"{path}.name", color.name)
    if problem := text.color_problem(color.hex):
        yield f"{path}.hex", problem


def _font_problems(path: str, font: Font) -> Iterator[_Problem]:
    if font.id is not None and not 0 <= font.id <= LARGEST_SERIAL:
        yield f"{path}.font_id", "is out of range"
    yield from _text_problems(f"{path}.font_name", font.name)
    if font.size not in SIZES:
        yield f"{path}.font_size", f"must be {SIZES.start} to {SIZES.stop - 1:,}"
    if font.weight not in WEIGHTS:
        yield f"{path}.font_weight", "must be 100, 200 … 900, normal or bold"
    yield from _text_problems(f"{path}.type", font.kind)


def _text_problems(path: str, value: str) -> Iterator[_Problem]:
    if problem := text.name_problem(value):
        yield path, problem
