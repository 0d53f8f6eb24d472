"""What is in this PNG, JPEG, GIF or WebP? It is decoded completely, after its dimensions were checked."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from maquette.domain.pictures import MAX_PIXELS, PNG, THUMBNAIL_PIXELS, InvalidPicture, Picture

FORMATS = {"PNG": PNG, "JPEG": "image/jpeg", "MPO": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
"""Media types by Pillow's format names; a camera's MPO is a JPEG followed by another one."""

_NOT_INTERPOLABLE = ("1", "P", "PA", "I;16")
"""Pillow modes whose values can't be averaged, so that they have to be converted before resizing."""

Image.MAX_IMAGE_PIXELS = None  # `MAX_PIXELS` is stricter, and raises instead of warning


def examined(content: bytes) -> Picture | None:
    """The picture, sized as its EXIF orientation shows it; None for another format. Raises `InvalidPicture`."""
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
    except Exception as error:  # decoders raise all kinds of errors on broken bytes
        raise InvalidPicture("is broken or cut off") from error
    return Picture(media_type, image.width, image.height, content, _thumbnail(image))


def _opened(content: bytes) -> Image.Image | None:
    try:
        return Image.open(BytesIO(content), formats=[name for name in FORMATS if name != "MPO"])
    except UnidentifiedImageError:
        return None


def _thumbnail(image: Image.Image) -> bytes:
    """Resized before it is converted where the mode allows that, since converting a large picture is costly."""
    if image.mode in _NOT_INTERPOLABLE:
        image = image.convert(_display_mode(image))
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.convert(_display_mode(image)).save(out, "PNG", optimize=True, icc_profile=None, exif=b"")
    return out.getvalue()


def _display_mode(image: Image.Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"
