"""A kit as a ZIP: readable everywhere, the same bytes every time, and never all of it in memory."""

import dataclasses
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from maquette.domain.archives import CHUNK_BYTES, MANIFEST, Entry, entries, packed
from maquette.domain.files import Files
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import Picture
from maquette.model.errors import NotFound
from maquette.model.records import Asset, AssetKind
from maquette.store.folder import Folder
from tests.office import Office

AT_MS = 1_773_144_000_000
LOGO = Asset(1, "a", 1, 1, "k", AssetKind.LOGO, "Logo.png", "image/png", 3, 1, 1, 1, "u", AT_MS)


@pytest.fixture
def files(office: Office, tmp_path: Path) -> Files:
    """Files in a folder."""
    return Files(office.database, Folder(tmp_path / "files"), office.clock, PictureSandbox())


async def laid_down(files: Files, *contents: bytes, asset: Asset = LOGO) -> list[Entry]:
    """Entries of these contents."""
    keys = [await files.save(1, Picture("image/png", 1, 1, content, b"")) for content in contents]
    return entries([(asset, each.content) for each in keys])


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    """All parts."""
    return b"".join([part async for part in parts])


def paths(*names: str, kind: AssetKind = AssetKind.LOGO, media_type: str = "image/png") -> list[str]:
    """What files of these names are called in there."""
    made = [(replace(LOGO, name=name, kind=kind, media_type=media_type), "key") for name in names]
    return [entry.path for entry in entries(made)]


class TestEntries:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Logo", "logos/Logo.png"),
            ("logo.PNG", "logos/logo.png"),
            ("photo.jpeg", "logos/photo.png"),
            ("v1.2", "logos/v1.2.png"),
            ("圖標", "logos/圖標.png"),
            ("../../etc/passwd", "logos/etc-passwd.png"),
            ("..", "logos/logo.png"),
            ('a<b>c:d"e/f\\g|h?i*j', "logos/a-b-c-d-e-f-g-h-i-j.png"),
            (".png", "logos/logo.png"),
            ("evil\u202egpj.exe", "logos/evil-gpj.exe.png"),
            ("CON", "logos/CON-logo.png"),
            ("aux.v2.svg", "logos/aux-logo.png"),
            ("COM¹", "logos/COM¹-logo.png"),
            ("Console", "logos/Console.png"),
            ("x" * 255, f"logos/{'x' * 60}.png"),
        ],
    )
    def test_a_path_is_safe_to_unpack(self, name: str, expected: str) -> None:
        """One folder deep, whatever the name; its ending is what the file is."""
        assert [expected] == paths(name)

    def test_no_two_paths_are_alike(self) -> None:
        """Not even on a disk that doesn't tell cases apart."""
        assert ["logos/A.png", "logos/a-2.png", "logos/A-3.png", "logos/a-2-2.png"] == paths("A", "a", "A", "a-2")
        assert ["logos/\xe9.png", "logos/e\u0301-2.png"] == paths("\xe9", "e\u0301")  # one name to macOS

    @pytest.mark.parametrize(
        ("media_type", "ending"),
        [("image/jpeg", "jpg"), ("image/gif", "gif"), ("image/webp", "webp"), ("image/svg+xml", "svg")],
    )
    def test_kinds_have_folders_and_types_have_endings(self, media_type: str, ending: str) -> None:
        """Images beside logos."""
        assert [f"images/x.{ending}"] == paths("x", kind=AssetKind.IMAGE, media_type=media_type)


class TestPacked:
    async def test_it_is_a_zip(self, files: Files) -> None:
        """With the manifest first, and every file as it is kept."""
        made = await laid_down(files, b"one", b"two")
        archive = zipfile.ZipFile(BytesIO(await whole(packed(files, b"{}", made, AT_MS))))
        assert archive.testzip() is None
        assert [MANIFEST, "logos/Logo.png", "logos/Logo-2.png"] == archive.namelist()
        assert [b"{}", b"one", b"two"] == [archive.read(name) for name in archive.namelist()]
        assert {(2026, 3, 10, 12, 0, 0)} == {info.date_time for info in archive.infolist()}

    async def test_it_is_the_same_every_time(self, files: Files, office: Office) -> None:
        """So that an entity tag can be made of what goes in."""
        made = await laid_down(files, b"one")
        first = await whole(packed(files, b"{}", made, AT_MS))
        office.clock.advance(days=1)
        assert first == await whole(packed(files, b"{}", made, AT_MS))

    async def test_drawings_are_compressed_and_pictures_are_not(self, files: Files) -> None:
        """Those are already."""
        content = b"<svg/>" * 1_000
        png = await laid_down(files, content)
        svg = await laid_down(files, content, asset=replace(LOGO, media_type="image/svg+xml"))
        archive = zipfile.ZipFile(BytesIO(await whole(packed(files, b"{}", [*png, *svg], AT_MS))))
        assert [True, False] == [info.compress_size == 6_000 for info in archive.infolist()[1:]]

    async def test_it_comes_in_parts(self, files: Files) -> None:
        """A file or two at a time, however many there are."""
        content = b"x" * (CHUNK_BYTES - 1)
        made = await laid_down(files, *[content] * 8)
        sizes = [len(part) async for part in packed(files, b"{}", made, AT_MS)]
        assert len(sizes) > 4
        assert max(sizes) < 3 * CHUNK_BYTES

    async def test_a_file_that_went_meanwhile_breaks_it_off(self, files: Files) -> None:
        """Half an archive is not passed off as a whole one."""
        made = await laid_down(files, b"one")
        with pytest.raises(NotFound):
            await whole(packed(files, b"{}", [*made, dataclasses.replace(made[0], key="1/gone")], AT_MS))
