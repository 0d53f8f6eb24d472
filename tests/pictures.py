"""Pictures for tests, good and bad: made when asked for, since nobody wants a bomb in a repository."""

import base64
import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

SVG_NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def raster(kind: str = "PNG", *, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: Any) -> bytes:
    """A plain picture of Pillow's kind."""
    out = BytesIO()
    Image.new(mode, size, 3 if len(mode) == 1 else None).save(out, kind, **options)
    return out.getvalue()


def png(shade: int = 0, *, size: tuple[int, int] = (300, 200)) -> bytes:
    """A PNG; each shade is another file."""
    out = BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


def noise(side: int) -> bytes:
    """A square PNG that can't be packed: some three bytes a pixel."""
    out = BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(side).randbytes(3 * side * side)).save(out, "PNG")
    return out.getvalue()


def svg(inside: str = '<rect width="9" height="9"/>', attributes: str = 'viewBox="0 0 24 12"') -> bytes:
    """An SVG with something in it."""
    return f"<svg {SVG_NAMESPACES} {attributes}>{inside}</svg>".encode()


def png_bomb(side: int = 60_000) -> bytes:
    """A small PNG of a great many pixels, all of them there."""
    rows = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    data = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG that says it's that large, and ends there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def billion_laughs() -> bytes:
    """An SVG whose ten entities make ten thousand million laughs."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE svg [<!ENTITY l0 "lol">{entities}]>'.encode() + svg("<text>&l9;</text>")


def svg_of_uses() -> bytes:
    """An SVG whose groups each use the one before ten times."""
    groups = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 10))
    return svg(f'<defs><g id="g0"><rect width="1" height="1"/></g>{groups}</defs><use href="#g9"/>')


def svg_that_takes_for_ever() -> bytes:
    """A few hundred bytes that keep a renderer busy for minutes."""
    turbulence = '<feTurbulence numOctaves="2000000" baseFrequency=".1"/>'
    return svg(f'<filter id="f">{turbulence}</filter><g filter="url(#f)"><rect width="24" height="12"/></g>')


def svg_with_a_png(content: bytes) -> bytes:
    """An SVG with a PNG inside."""
    data = base64.b64encode(content).decode()
    return svg(f'<image width="24" height="12" href="data:image/png;base64,{data}"/>')


def opened(content: bytes) -> Image.Image:
    """The picture, to look at."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
