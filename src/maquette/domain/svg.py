"""What is in this SVG? It is sanitized (no scripts, event handlers or external references), and then rendered.

svg-hush removes all but what draws. This module also removes links to paths, which svg-hush leaves and a renderer would
open as files, external URLs in fills, filters and masks, and styles whose references svg-hush doesn't recognize.
"""

import math
import re
from xml.etree import ElementTree
from xml.parsers import expat

import py_svg_hush
import resvg_py

from maquette.domain.pictures import NOT_A_PICTURE, SVG, THUMBNAIL_PIXELS, InvalidPicture, Picture

SVG_SPACE = "http://www.w3.org/2000/svg"
PIXELS_PER_INCH = 96
ALLOWED_DATA_URLS = {"image": ["png", "jpeg", "gif", "webp"]}
"""The media types of `data:` URLs that svg-hush keeps."""

MAX_DEPTH = 200
"""svg-hush takes seconds for some thousand nested elements, and panics at more."""

_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
_KEPT_LINK = re.compile(r"#|data:image/", re.IGNORECASE)
_EXTERNAL_URL = re.compile(r"url\((?!#|data:image/)[^)]*\)", re.IGNORECASE)
_COMMENT_OR_URL = re.compile(r"/\*.*?\*/|url\([^)]*\)", re.DOTALL | re.IGNORECASE)
_OTHER_REFERENCE = re.compile(r"//|\\|@import|(?:image-set|cross-fade|image|src)\s*\(", re.IGNORECASE)
_MAY_REFER = re.compile(r"(?:url|image-set|cross-fade|image|src)\s*\(|\\", re.IGNORECASE)
_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|)\s*")
_INCHES = {"": 1 / 96, "px": 1 / 96, "pt": 1 / 72, "pc": 1 / 6, "mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1}
_MAX_SIDE = 2**31 - 1

ElementTree.register_namespace("", SVG_SPACE)


def examined(content: bytes) -> Picture:
    """The SVG, sanitized as it will be stored and sent. Raises `InvalidPicture`."""
    _require_shallow(content)
    root = _sanitized(content)
    sanitized = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    thumbnail = _rendered(sanitized)
    width, height = _size(root) or _size_of_png(thumbnail)
    return Picture(SVG, width, height, sanitized, thumbnail)


def _require_shallow(content: bytes) -> None:
    """Pass where elements are nested at most `MAX_DEPTH` deep. Raises `InvalidPicture`, also for what isn't XML."""
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
    parser.DefaultHandler = lambda _: None  # with one, expat doesn't expand internal entities
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise InvalidPicture(NOT_A_PICTURE) from error


def _sanitized(content: bytes) -> ElementTree.Element:
    try:
        sanitized = py_svg_hush.filter_svg(content, ALLOWED_DATA_URLS)
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
        if name == "style" or (name not in _LINKS and _MAY_REFER.search(value)):
            element.set(name, _without_links(value))
    if element.tag == f"{{{SVG_SPACE}}}style":
        element.text = _without_links(element.text or "")


def _without_links(style: str) -> str:
    """The style without external URLs; empty where it may refer to something in another syntax."""
    kept = _EXTERNAL_URL.sub("url(#)", style)
    return "" if _OTHER_REFERENCE.search(_COMMENT_OR_URL.sub("", kept)) else kept


def _rendered(svg: bytes) -> bytes:
    """The SVG rendered as a PNG of a thumbnail's size."""
    try:
        return resvg_py.svg_to_bytes(
            svg_string=svg.decode(), width=THUMBNAIL_PIXELS, height=THUMBNAIL_PIXELS, dpi=PIXELS_PER_INCH
        )
    except ValueError as error:
        raise InvalidPicture("can't be drawn") from error


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """The size by width and height, else by the view box, in pixels; None where neither gives one."""
    width, height, box = _length(root.get("width")), _length(root.get("height")), _box(root.get("viewBox"))
    if box is not None:
        width = width or (height * box[0] / box[1] if height else box[0])
        height = height or width * box[1] / box[0]
    return (_whole(width), _whole(height)) if width and height else None


def _length(text: str | None) -> float | None:
    found = _LENGTH.fullmatch(text or "")
    return float(found[1]) * _INCHES[found[2]] * PIXELS_PER_INCH if found else None


def _box(text: str | None) -> tuple[float, float] | None:
    try:
        _, _, width, height = map(float, re.split(r"[\s,]+", (text or "").strip()))
    except ValueError:
        return None
    return (width, height) if 0 < width < math.inf and 0 < height < math.inf else None


def _whole(pixels: float) -> int:
    return round(min(max(pixels, 1), _MAX_SIDE))


def _size_of_png(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
