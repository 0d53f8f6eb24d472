"""Is this file a picture of a supported format? Decided by its content alone; if not, for what reason?"""

from dataclasses import dataclass

UPLOAD_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
THUMBNAIL_PIXELS = 256
"""The maximum of a thumbnail's longer side."""

SVG, PNG = "image/svg+xml", "image/png"
MEDIA_TYPES = (PNG, "image/jpeg", "image/gif", "image/webp", SVG)

TOO_MUCH = "takes too much time or memory to draw"
NOT_A_PICTURE = "is not a picture: PNG, JPEG, GIF, WebP or SVG"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to store: its bytes (an SVG's are sanitized), and a thumbnail as PNG."""

    media_type: str
    width: int
    height: int
    content: bytes
    thumbnail: bytes


class InvalidPicture(Exception):
    """The file is rejected; the message says why, as a sentence without a subject."""


def examine(content: bytes) -> Picture:
    """Decode the file completely, or its first frame. Raises `InvalidPicture`, `MemoryError`."""
    from maquette.domain import rasters, svg

    try:
        return rasters.examined(content) or svg.examined(content)
    except (InvalidPicture, MemoryError):
        raise
    except Exception as error:  # decoders raise all kinds of errors on hostile bytes
        raise InvalidPicture(NOT_A_PICTURE) from error
