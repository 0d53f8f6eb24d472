"""What is in this PNG, JPEG, GIF or WebP? Decoded to its last byte, once it's known to be small enough for that."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from maquette.domain.pictures import MAX_PIXELS, PNG, THUMBNAIL_PIXELS, InvalidPicture, Picture

FORMATS = {"PNG": PNG, "JPEG": "image/jpeg", "MPO": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
"""Pillow's names; a camera's MPO is a JPEG with another one behind it."""

_FLAT = ("1", "P", "PA", "I;16")
"""Modes whose values can't be averaged."""

Image.MAX_IMAGE_PIXELS = None  # ours is stricter, and tells rather than warns


def examined(content: bytes) -> Picture | None:
    """The picture as it is seen, a photo's turn included; None for a file of another kind. Raises `InvalidPicture`."""
    image = _opened(content)
    if image is None:
        return None
    if image.width * image.height > MAX_PIXELS:
        raise InvalidPicture(f"has more than {MAX_PIXELS:,} pixels")
    media_type = FORMATS[str(image.format)]
    try:
        image.verify()
        image = _opened(content)
        assert image
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # the decoders meet broken bytes in many ways
        raise InvalidPicture("is broken or cut off") from error
    return Picture(media_type, image.width, image.height, content, _thumbnail(image))


def _opened(content: bytes) -> Image.Image | None:
    try:
        return Image.open(BytesIO(content), formats=[name for name in FORMATS if name != "MPO"])
    except UnidentifiedImageError:
        return None


def _thumbnail(image: Image.Image) -> bytes:
    """Made small before it is converted where that looks right, since a large picture is costly to copy."""
    if image.mode in _FLAT:
        image = image.convert(_shown(image))
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.convert(_shown(image)).save(out, "PNG", optimize=True, icc_profile=None, exif=b"")
    return out.getvalue()


def _shown(image: Image.Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"
