"""What is in a file? Told by its content alone: every kind we keep, and every way to be refused."""

import gzip
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from maquette.domain.pictures import MAX_PIXELS, NOT_A_PICTURE, THUMBNAIL_PIXELS, InvalidPicture, examine
from tests.pictures import opened, png, png_bomb, png_claiming, raster, svg

ROTATED = Image.Exif()
ROTATED[0x0112] = 6

KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("PNG", "image/png", {}),
    ("PNG", "image/png", {"mode": "RGBA"}),
    ("PNG", "image/png", {"mode": "P", "transparency": 3}),
    ("PNG", "image/png", {"mode": "I;16"}),
    ("PNG", "image/png", {"mode": "LA"}),
    ("PNG", "image/png", {"mode": "1"}),
    ("JPEG", "image/jpeg", {}),
    ("JPEG", "image/jpeg", {"mode": "CMYK"}),
    ("JPEG", "image/jpeg", {"mode": "L"}),
    ("GIF", "image/gif", {"mode": "P"}),
    ("WEBP", "image/webp", {}),
    ("WEBP", "image/webp", {"mode": "RGBA"}),
]


def problem(content: bytes) -> str:
    """Why the file is not kept."""
    with pytest.raises(InvalidPicture) as refused:
        examine(content)
    return str(refused.value)


def with_text(length: int) -> bytes:
    """A PNG with a compressed text of that length beside the picture."""
    info = PngImagePlugin.PngInfo()
    info.add_text("note", "b" * length, zip=True)
    return raster(pnginfo=info)


class TestKinds:
    @pytest.mark.parametrize(("kind", "media_type", "options"), KINDS, ids=str)
    def test_a_picture_is_kept_byte_for_byte(self, kind: str, media_type: str, options: dict[str, Any]) -> None:
        """With its kind, its size, and a thumbnail that is a PNG of the same shape."""
        content = raster(kind, **options)
        picture = examine(content)
        assert (media_type, 300, 200, content) == (picture.media_type, picture.width, picture.height, picture.content)
        thumbnail = opened(picture.thumbnail)
        assert ("PNG", (256, 171)) == (thumbnail.format, thumbnail.size)

    @pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA")])
    def test_what_is_seen_through_stays_so(self, kind: str, mode: str) -> None:
        """A logo's thumbnail has no black box around it."""
        assert "RGBA" == opened(examine(raster(kind, mode=mode)).thumbnail).mode

    def test_the_first_frame_speaks_for_an_animation(self) -> None:
        """Width, height and thumbnail are its."""
        later = Image.new("P", (40, 20), 2)
        content = raster("GIF", mode="P", size=(40, 20), save_all=True, append_images=[later])
        picture = examine(content)
        assert ("image/gif", 40, 20, content) == (picture.media_type, picture.width, picture.height, picture.content)

    def test_a_cameras_double_picture_is_a_jpeg(self) -> None:
        """MPO is a JPEG with another one behind it."""
        content = raster("MPO", size=(40, 20), save_all=True, append_images=[Image.new("RGB", (40, 20))])
        assert "image/jpeg" == examine(content).media_type

    def test_a_turned_photo_is_as_wide_as_it_is_seen(self) -> None:
        """The camera's note of how it was held counts, for the size and the thumbnail."""
        picture = examine(raster("JPEG", size=(40, 20), exif=ROTATED.tobytes()))
        assert (20, 40) == (picture.width, picture.height) == opened(picture.thumbnail).size

    @pytest.mark.parametrize(("size", "shown"), [((1, 1), (1, 1)), ((10, 5000), (1, 256)), ((5000, 10), (256, 1))])
    def test_a_thumbnail_is_never_larger(self, size: tuple[int, int], shown: tuple[int, int]) -> None:
        """Neither than its limit nor than the picture."""
        assert shown == opened(examine(png(size=size)).thumbnail).size
        assert max(shown) <= THUMBNAIL_PIXELS

    def test_as_many_pixels_as_may_be(self) -> None:
        """At the limit a picture is looked at to its last pixel."""
        picture = examine(raster(mode="1", size=(50_000, MAX_PIXELS // 50_000)))
        assert MAX_PIXELS == picture.width * picture.height


class TestRefused:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"hello",
            b"%PDF-1.4",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a<script>alert(1)</script>",
            b"<html><body><img src='x'></body></html>",
            raster("TIFF"),
            raster("BMP"),
            raster("ICO", size=(32, 32)),
            gzip.compress(svg()),
        ],
        ids=["nothing", "text", "PDF", "a signature", "GIF and HTML", "HTML", "TIFF", "BMP", "ICO", "SVGZ"],
    )
    def test_what_is_no_picture_of_ours(self, content: bytes) -> None:
        """The kinds that are kept are named."""
        assert NOT_A_PICTURE == problem(content)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
    @pytest.mark.parametrize("kept", [0.5, 0.9])
    def test_what_is_cut_off(self, kind: str, kept: float) -> None:
        """Half a picture is none."""
        whole = noise(kind)
        assert "is broken or cut off" == problem(whole[: int(len(whole) * kept)])

    def test_a_webp_that_is_cut_off(self) -> None:
        """Its container tells at once."""
        assert problem(noise("WEBP")[:-20])

    def test_what_is_changed_inside(self) -> None:
        """A checksum that is wrong is enough."""
        content = bytearray(noise("PNG"))
        content[len(content) // 2] ^= 1
        assert "is broken or cut off" == problem(bytes(content))

    @pytest.mark.parametrize(
        "content",
        [png_bomb(8_000), png_claiming(2**31 - 1, 2**31 - 1), png_claiming(7_072, 7_072)],
        ids=["whole", "claimed", "just over"],
    )
    def test_a_bomb_is_not_let_off(self, content: bytes) -> None:
        """Too many pixels are refused before one of them is made."""
        assert f"has more than {MAX_PIXELS:,} pixels" == problem(content)

    def test_a_bomb_of_text_beside_the_picture(self) -> None:
        """What a PNG carries along is bounded too."""
        assert "image/png" == examine(with_text(1_000)).media_type
        assert problem(with_text(100_000_000))


class TestPolyglot:
    @pytest.mark.parametrize(
        "tail", [b"<script>alert(1)</script>", b"PK\x05\x06" + b"\0" * 18, svg()], ids=["HTML", "ZIP", "SVG"]
    )
    def test_it_is_what_its_beginning_says(self, tail: bytes) -> None:
        """A PNG with something behind it is a PNG; it's sent as that and as nothing else."""
        assert "image/png" == examine(png() + tail).media_type

    def test_a_picture_behind_something_is_none(self) -> None:
        """Nobody looks for a picture further inside."""
        assert NOT_A_PICTURE == problem(b"<html>" + png())


def noise(kind: str) -> bytes:
    """A picture that doesn't compress."""
    out = BytesIO()
    Image.effect_noise((120, 80), 90).save(out, kind)
    return out.getvalue()
