"""What is in this SVG? Made harmless first: no script, no handler, no link or file from elsewhere; then drawn.

svg-hush takes away all but what draws. What it leaves of links to paths goes too, since a renderer would open them as
files; so do the paths in fills, filters and masks, and a style that names something elsewhere in a way that it doesn't
know.
"""

import math
import re
from xml.etree import ElementTree
from xml.parsers import expat

import py_svg_hush
import resvg_py

from maquette.domain.pictures import NOT_A_PICTURE, SVG, THUMBNAIL_PIXELS, InvalidPicture, Picture

SVG_SPACE = "http://www.w3.org/2000/svg"
PIXELS_AN_INCH = 96
EMBEDDED = {"image": ["png", "jpeg", "gif", "webp"]}
"""The kinds of `data:` URL that stay."""

MAX_DEPTH = 200
"""svg-hush takes seconds for some thousand elements within each other, and panics at more."""

_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
_KEPT_LINK = re.compile(r"#|data:image/", re.IGNORECASE)
_ADDRESS = re.compile(r"url\((?!#|data:image/)[^)]*\)", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"/\*.*?\*/|url\([^)]*\)", re.DOTALL | re.IGNORECASE)
_ELSEWHERE = re.compile(r"//|\\|@import|(?:image-set|cross-fade|image|src)\s*\(", re.IGNORECASE)
_NAMES_ADDRESS = re.compile(r"(?:url|image-set|cross-fade|image|src)\s*\(|\\", re.IGNORECASE)
_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|)\s*")
_INCHES = {"": 1 / 96, "px": 1 / 96, "pt": 1 / 72, "pc": 1 / 6, "mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1}
_LARGEST = 2**31 - 1

ElementTree.register_namespace("", SVG_SPACE)


def examined(content: bytes) -> Picture:
    """The SVG as it will be sent. Raises `InvalidPicture`."""
    _require_shallow(content)
    root = _sanitized(content)
    harmless = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    thumbnail = _rendered(harmless)
    width, height = _size(root) or _size_of_png(thumbnail)
    return Picture(SVG, width, height, harmless, thumbnail)


def _require_shallow(content: bytes) -> None:
    """Pass where few elements are within each other. Raises `InvalidPicture`, also for what isn't XML."""
    depth = 0

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidPicture("is nested too deeply")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.DefaultHandler = lambda _: None  # with one, it leaves entities as they are
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise InvalidPicture(NOT_A_PICTURE) from error


def _sanitized(content: bytes) -> ElementTree.Element:
    try:
        sanitized = py_svg_hush.filter_svg(content, EMBEDDED)
        root = ElementTree.fromstring(sanitized)  # noqa: S314  # written by svg-hush, which leaves no DTD
    except (ValueError, ElementTree.ParseError) as error:
        raise InvalidPicture(NOT_A_PICTURE) from error
    if root.tag != f"{{{SVG_SPACE}}}svg":
        raise InvalidPicture(NOT_A_PICTURE)
    for element in root.iter():
        _strip_links(element)
    return root


def _strip_links(element: ElementTree.Element) -> None:
    for name in _LINKS:
        if not _KEPT_LINK.match(element.get(name, "#")):
            del element.attrib[name]
    for name, value in element.items():
        if name == "style" or (name not in _LINKS and _NAMES_ADDRESS.search(value)):
            element.set(name, _without_links(value))
    if element.tag == f"{{{SVG_SPACE}}}style":
        element.text = _without_links(element.text or "")


def _without_links(style: str) -> str:
    """The style without addresses; all of it goes where one is named in a way of its own."""
    kept = _ADDRESS.sub("url(#)", style)
    return "" if _ELSEWHERE.search(_NO_ADDRESS.sub("", kept)) else kept


def _rendered(svg: bytes) -> bytes:
    """As PNG, as large as a thumbnail may be."""
    try:
        return resvg_py.svg_to_bytes(
            svg_string=svg.decode(), width=THUMBNAIL_PIXELS, height=THUMBNAIL_PIXELS, dpi=PIXELS_AN_INCH
        )
    except ValueError as error:
        raise InvalidPicture("can't be drawn") from error


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """What width and height say, or else the view box; None where nothing does."""
    width, height, box = _length(root.get("width")), _length(root.get("height")), _box(root.get("viewBox"))
    if box is not None:
        width = width or (height * box[0] / box[1] if height else box[0])
        height = height or width * box[1] / box[0]
    return (_whole(width), _whole(height)) if width and height else None


def _length(text: str | None) -> float | None:
    found = _LENGTH.fullmatch(text or "")
    return float(found[1]) * _INCHES[found[2]] * PIXELS_AN_INCH if found else None


def _box(text: str | None) -> tuple[float, float] | None:
    try:
        _, _, width, height = map(float, re.split(r"[\s,]+", (text or "").strip()))
    except ValueError:
        return None
    return (width, height) if 0 < width < math.inf and 0 < height < math.inf else None


def _whole(pixels: float) -> int:
    return round(min(max(pixels, 1), _LARGEST))


def _size_of_png(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
