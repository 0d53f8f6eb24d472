"""What is left of an SVG? All that draws, and nothing that acts, links or loads."""

from pathlib import Path

import pytest

from maquette.domain.pictures import NOT_A_PICTURE, InvalidPicture, Picture
from maquette.domain.svg import examined
from tests.pictures import billion_laughs, opened, png, svg, svg_of_uses, svg_with_a_png

ILLUSTRATOR = (
    b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
    b' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]>'
    b'<svg xmlns="&ns_svg;" viewBox="0 0 24 12"><rect width="9" height="9"/></svg>'
)

HARMFUL = {
    "a script": "<script>alert(1)</script>",
    "a script of another namespace": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "a handler": '<rect onload="alert(1)" ONCLICK="alert(1)"/>',
    "HTML": '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="http://evil.test"/></foreignObject>',
    "a link to a script": '<a href="java&#x73;cript:alert(1)"><text>x</text></a>',
    "a link elsewhere": '<a xlink:href="https://evil.test/alert"><text>x</text></a>',
    "a link to a path": '<a href="/alert"><text>x</text></a>',
    "a picture elsewhere": '<image href="http://evil.test/alert.png"/>',
    "a file of the server's": '<image href="/alert"/><image xlink:href="alert"/><feImage href="//evil.test"/>',
    "a drawing elsewhere": '<use href="http://evil.test/alert.svg#a"/>',
    "a style's import": '<style>@import "http://evil.test/alert.css";</style>',
    "a style's picture": "<style>.a{fill:url(http://evil.test/alert)}</style>",
    "a style's set of pictures": '<style>.a{fill:image-set("http://evil.test/alert" 1x)}</style>',
    "a style's source": '<rect style="fill:src(//evil.test/alert)"/>',
    "a hidden style": r'<rect style="fill:u\72l(http://evil.test/alert)"/>',
    "a style's import beside it": '<style>@import "alert.css";</style>',
    "a style's set of pictures beside it": '<style>.a{fill:image-set("alert.png" 1x)}</style>',
    "a fill elsewhere": '<rect fill="url(http://evil.test/alert#a)"/><rect fill="url(alert#a)"/>',
    "a filter elsewhere": '<rect filter="url(//evil.test/alert#a)" mask="url(/alert)" cursor="url(alert),auto"/>',
    "a fill by another word": '<rect fill="image(alert)" mask="src(alert)" cursor="image-set(\'alert\' 1x)"/>',
    "data that is no picture": '<image href="data:text/html,alert"/><image href="data:image/svg+xml,alert"/>',
}

KEPT = {
    "a link inside": '<use href="#a" />',
    "a picture inside": '<image href="data:image/png;base64,AA//BB==" />',
    "text that only looks like it": '<text aria-label="see //example.com (url)">a</text>',
    "a gradient": '<path fill="url(#g)" />',
    "a style": "<style>/* see https://example.com */ .a{fill:#f00}</style>",
    "a style with a picture inside": "<style>.a{background:url(data:image/png;base64,AA//BB==)}</style>",
    "text": "<text>Hel<tspan>lo</tspan> wörld</text>",
}


def refused(content: bytes) -> str:
    """Why the drawing is not kept."""
    with pytest.raises(InvalidPicture) as invalid:
        examined(content)
    return str(invalid.value)


def size(picture: Picture) -> tuple[int, int]:
    """What is told of it."""
    return picture.width, picture.height


class TestHarmless:
    @pytest.mark.parametrize("inside", HARMFUL.values(), ids=HARMFUL)
    def test_what_acts_or_leads_elsewhere_is_gone(self, inside: str) -> None:
        """Neither the deed nor the address is left; what stands beside it is."""
        drawn = examined(svg(inside + '<circle r="3"/>')).content.lower()
        assert [] == [
            word for word in (b"evil", b"alert", b"script", b"onload", b"onclick", b"iframe") if word in drawn
        ]
        assert b"<circle" in drawn

    def test_an_animation_of_a_link_moves_nothing(self) -> None:
        """It has lost what it would have changed."""
        animations = '<animate attributeName="href" to="javascript:x"/><set attributeName="onload" to="x"/>'
        assert b"attributeName" not in examined(svg(animations)).content

    @pytest.mark.parametrize("inside", KEPT.values(), ids=KEPT)
    def test_what_draws_is_left(self, inside: str) -> None:
        """Links within the drawing, pictures within it, styles and text."""
        assert inside in examined(svg(inside)).content.decode()

    def test_it_is_harmless_still_when_it_comes_again(self) -> None:
        """What was made harmless once stays as it is."""
        once = examined(svg("".join((*HARMFUL.values(), *KEPT.values())))).content
        assert once == examined(once).content

    def test_an_entity_that_names_a_file_stays_empty(self) -> None:
        """Nothing of the server's is in the answer."""
        entity = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        assert b"root:" not in examined(entity + svg("<text>&x;</text>")).content

    def test_illustrators_entities_are_read(self) -> None:
        """Many a logo has its namespace in one."""
        assert (24, 12) == size(examined(ILLUSTRATOR))

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
    def test_it_leaves_in_utf_8(self, encoding: str) -> None:
        """Whatever it came in."""
        text = svg("<text>é</text>").decode()
        content = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
        assert "<text>é</text>".encode() in examined(content).content


class TestRefused:
    @pytest.mark.parametrize(
        "content",
        [
            b"<svg/>",
            b"<svg><rect/></svg>",
            b'<g xmlns="http://www.w3.org/2000/svg"/>',
            b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
            svg()[:-3],
            svg() + b"<script>alert(1)</script>",
            billion_laughs(),
        ],
        ids=["bare", "no namespace", "no svg", "HTML", "cut off", "two roots", "laughs"],
    )
    def test_what_is_no_svg(self, content: bytes) -> None:
        """Told as for any other file; entities that multiply are none of ours."""
        assert NOT_A_PICTURE == refused(content)

    @pytest.mark.parametrize("depth", [201, 20_000])
    def test_what_is_nested_too_deeply(self, depth: int) -> None:
        """Before anything looks at it that would take seconds, or give up."""
        inside = depth - 1
        assert "is nested too deeply" == refused(svg("<g>" * inside + "</g>" * inside))

    def test_as_deep_as_may_be(self) -> None:
        """Two hundred within each other, and any number beside each other."""
        inside = "<g>" * 198 + "<rect width='9' height='9'/>" + "</g>" * 198
        assert examined(svg(inside + "<g></g>" * 1_000)).width

    @pytest.mark.parametrize(
        "content", [svg(attributes='width="0" height="0"'), svg_of_uses()], ids=["no size", "uses"]
    )
    def test_what_nobody_can_draw(self, content: bytes) -> None:
        """Of no size, or of ten thousand million rectangles."""
        assert "can't be drawn" == refused(content)


class TestSize:
    @pytest.mark.parametrize(
        ("attributes", "expected"),
        [
            ('width="48" height="24"', (48, 24)),
            ('width="10mm" height="1in"', (38, 96)),
            ('width="72pt" height="6pc" viewBox="0 0 1 1"', (96, 96)),
            ('viewBox="0 0 24 12"', (24, 12)),
            ('viewBox="-5,-5 24.4,12"', (24, 12)),
            ('width="48" viewBox="0 0 24 12"', (48, 24)),
            ('height="100%" viewBox="0 0 24 12"', (24, 12)),
            ('width="1e3" height=".2"', (1000, 1)),
            ('viewBox="0 0 1 1000000"', (1, 1_000_000)),
            ('viewBox="none"', (256, 256)),
        ],
    )
    def test_it_is_what_the_drawing_says(self, attributes: str, expected: tuple[int, int]) -> None:
        """In pixels, of its size or of its view box; where it says nothing, as large as it's drawn."""
        assert expected == size(examined(svg(attributes=attributes)))


class TestThumbnail:
    @pytest.mark.parametrize(
        ("attributes", "expected"),
        [
            ('viewBox="0 0 300 100"', (256, 85)),
            ('viewBox="0 0 100 300"', (85, 256)),
            ('viewBox="0 0 1 1000000"', (1, 256)),
            ('width="100000" height="100000"', (256, 256)),
        ],
    )
    def test_it_fits(self, attributes: str, expected: tuple[int, int]) -> None:
        """Drawn at its own size at once, however large the drawing says it is."""
        width, height = opened(examined(svg(attributes=attributes)).thumbnail).size
        assert abs(width - expected[0]) <= 1
        assert abs(height - expected[1]) <= 1

    def test_it_shows_the_drawing(self) -> None:
        """A red field is red, and what isn't drawn is seen through."""
        drawing = svg('<rect width="12" height="12" fill="#f00"/>')
        thumbnail = opened(examined(drawing).thumbnail)
        assert ((255, 0, 0, 255), (0, 0, 0, 0)) == (thumbnail.getpixel((10, 10)), thumbnail.getpixel((240, 10)))

    def test_it_shows_a_picture_inside(self) -> None:
        """An embedded PNG is drawn."""
        thumbnail = opened(examined(svg_with_a_png(png(shade=200))).thumbnail)
        assert (200, 200, 200, 255) == thumbnail.getpixel((128, 64))

    def test_no_file_of_the_servers_is_in_it(self, tmp_path: Path) -> None:
        """A path in the drawing is not opened, though the renderer would."""
        secret = tmp_path / "secret.png"
        secret.write_bytes(png(shade=200))
        image = f'<image href="{secret}" width="24" height="12"/>'
        assert (0, 0, 0, 0) == opened(examined(svg(image)).thumbnail).getpixel((128, 64))
