"""What is in this file? A picture of a kind we keep, told by its content alone, or the reason why it can't be kept."""

from dataclasses import dataclass

UPLOAD_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
THUMBNAIL_PIXELS = 256
"""The longer side of a thumbnail, at most."""

SVG, PNG = "image/svg+xml", "image/png"
MEDIA_TYPES = (PNG, "image/jpeg", "image/gif", "image/webp", SVG)

TOO_MUCH = "takes too much time or memory to draw"
NOT_A_PICTURE = "is not a picture: PNG, JPEG, GIF, WebP or SVG"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be kept: its bytes (an SVG's made harmless), and a thumbnail as PNG."""

    media_type: str
    width: int
    height: int
    content: bytes
    thumbnail: bytes


class InvalidPicture(Exception):
    """Not kept; the message says why, as a sentence without a subject."""


def examine(content: bytes) -> Picture:
    """Look at every pixel of the file, or of its first frame. Raises `InvalidPicture`, `MemoryError`."""
    from maquette.domain import rasters, svg

    try:
        return rasters.examined(content) or svg.examined(content)
    except (InvalidPicture, MemoryError):
        raise
    except Exception as error:  # the decoders meet hostile bytes in many ways
        raise InvalidPicture(NOT_A_PICTURE) from error
