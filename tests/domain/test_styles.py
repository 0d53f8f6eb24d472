"""Which names, colours and fonts may a kit have? Every problem is told with its place."""

import pytest
from msgspec.structs import replace

from maquette.domain.styles import MAX_COLORS, MAX_FONTS, checked
from maquette.model.errors import Invalid
from maquette.model.records import Color, Font

BLUE = Color("Blue", "#00f")
BODY = Font(None, "Roboto", 16, "400", "body")


def problems(name: str = "Kit", colors: tuple[Color, ...] = (), fonts: tuple[Font, ...] = ()) -> dict[str, list[str]]:
    """What is wrong with it."""
    with pytest.raises(Invalid) as refused:
        checked(name, colors, fonts)
    return {field: list(found) for field, found in refused.value.problems.items()}


class TestKept:
    def test_names_are_trimmed(self) -> None:
        """The kit's, the colours', the fonts' and what those are for."""
        font = replace(BODY, name=" Roboto ", kind=" body ")
        assert ("Kit", (BLUE,), (BODY,)) == checked(" Kit ", [Color(" Blue\t", "#00f")], [font])

    def test_order_and_repeats_are_kept(self) -> None:
        """A palette is a list, not a set."""
        palette = (BLUE, Color("Red", "#F00"), BLUE)
        assert ("Kit", palette, ()) == checked("Kit", palette, ())

    @pytest.mark.parametrize("digits", ["#abc", "#ABC", "#1a2B3c", "#000000"])
    def test_a_colour_has_three_digits_or_six(self, digits: str) -> None:
        """As it was given, in either case."""
        assert digits == checked("Kit", [Color("x", digits)], ())[1][0].hex

    @pytest.mark.parametrize("weight", ["100", "400", "900", "normal", "bold"])
    @pytest.mark.parametrize("size", [1, 1000])
    def test_sizes_and_weights_at_their_ends(self, size: int, weight: str) -> None:
        """1 to 1000 points; the weights of CSS, but for those relative to another."""
        font = replace(BODY, size=size, weight=weight)
        assert (font,) == checked("Kit", (), [font])[2]

    def test_as_many_as_may_be(self) -> None:
        """200 colours and 100 fonts."""
        _, palette, fonts = checked("Kit", [BLUE] * MAX_COLORS, [BODY] * MAX_FONTS)
        assert (200, 100) == (len(palette), len(fonts))


class TestRefused:
    @pytest.mark.parametrize("digits", ["", "abc", "#ab", "#abcd", "#abcdef0", "#ggg", "#abc\n", "red", "＃abc"])
    def test_what_is_no_colour(self, digits: str) -> None:
        """The entry is named, counted from 0."""
        told = ["must be a colour such as #1A2B3C or #ABC"]
        assert {"colors[1].hex": told} == problems(colors=(BLUE, Color("x", digits)))

    @pytest.mark.parametrize(
        ("font", "field"),
        [
            (replace(BODY, size=0), "font_size"),
            (replace(BODY, size=1001), "font_size"),
            (replace(BODY, size=-(2**70)), "font_size"),
            (replace(BODY, weight="450"), "font_weight"),
            (replace(BODY, weight="1000"), "font_weight"),
            (replace(BODY, weight="Bold"), "font_weight"),
            (replace(BODY, weight=""), "font_weight"),
            (replace(BODY, name=" "), "font_name"),
            (replace(BODY, name="x" * 256), "font_name"),
            (replace(BODY, kind="a\x00b"), "type"),
            (replace(BODY, id=2**63), "font_id"),
            (replace(BODY, id=-1), "font_id"),
        ],
        ids=str,
    )
    def test_what_is_no_font(self, font: Font, field: str) -> None:
        """The field of the entry is named."""
        assert [f"typography[2].{field}"] == list(problems(fonts=(BODY, BODY, font)))

    def test_everything_is_told_at_once(self) -> None:
        """Name, colours and fonts."""
        found = problems("", (Color("", "x"), BLUE, Color("\n", "#abc")), (replace(BODY, size=0, weight="x"),))
        fields = ["name", "colors[0].name", "colors[0].hex", "colors[2].name"]
        assert [*fields, "typography[0].font_size", "typography[0].font_weight"] == list(found)

    def test_too_many_are_told_as_that_alone(self) -> None:
        """Not as 300 problems."""
        found = problems(colors=(Color("", ""),) * 300, fonts=(replace(BODY, size=0),) * 300)
        assert {"colors": ["must have at most 200 entries"], "typography": ["must have at most 100 entries"]} == found
