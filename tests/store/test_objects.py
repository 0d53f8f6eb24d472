"""One contract for both object stores: a folder, and a bucket that speaks S3."""

import asyncio
import importlib.util
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.model.errors import Unavailable
from maquette.store.bucket import FORM
from maquette.store.folder import Folder
from maquette.store.objects import ObjectStore, WrongObjectStore, made_at, new_key, open_object_store
from tests.conftest import missing
from tests.store import buckets
from tests.store.buckets import CREDENTIALS, S3

NOW_MS = 1_773_144_000_123
KEY = "1/019cd79e-4600-7f2a-8f4a-729560d709ff"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """One server for this file."""
    if importlib.util.find_spec("moto") is None:
        missing("moto")
    served = buckets.start()
    yield served
    served.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What AWS calls them, in the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["folder", "bucket", "prefix"])
def address(request: pytest.FixtureRequest, credentials: None) -> str | None:
    """Each kind of store in turn."""
    if request.param == "folder":
        return None
    served: S3 = request.getfixturevalue("s3")
    return served.bucket("/a/prefix" if request.param == "prefix" else "")


@pytest.fixture
def objects(address: str | None, tmp_path: Path) -> ObjectStore:
    """The store, empty."""
    return open_object_store(url=address, folder=tmp_path, owner="me")


@pytest.fixture
def another(address: str | None, tmp_path: Path) -> ObjectStore:
    """The same place, for another owner."""
    return open_object_store(url=address, folder=tmp_path, owner="you")


async def keys(objects: ObjectStore) -> list[str]:
    """All of them."""
    return sorted([key async for found in objects.every() for key in found])


class TestObjects:
    @pytest.mark.parametrize("content", [b"", b"x", b"\0\xff" * 10, bytes(6_000_000)], ids=len)
    async def test_what_is_put_is_got(self, objects: ObjectStore, content: bytes) -> None:
        """Byte for byte, also nothing at all, and as much as comes in one file."""
        key = new_key(1, NOW_MS)
        await objects.put(key, content)
        assert content == await objects.get(key)

    async def test_what_is_not_there_is_none(self, objects: ObjectStore) -> None:
        """In an empty store, and beside others."""
        assert await objects.get(new_key(1, NOW_MS)) is None
        await objects.put(new_key(1, NOW_MS), b"x")
        assert await objects.get(new_key(1, NOW_MS)) is None

    async def test_all_keys_are_told(self, objects: ObjectStore) -> None:
        """Of every workspace; of an empty store none."""
        assert [] == await keys(objects)
        put = sorted(new_key(workspace, NOW_MS) for workspace in (1, 1, 2, 30))
        for key in put:
            await objects.put(key, b"x")
        assert put == await keys(objects)

    async def test_what_is_deleted_is_gone(self, objects: ObjectStore) -> None:
        """The others stay; what isn't there needs no deleting."""
        gone, kept = new_key(1, NOW_MS), new_key(1, NOW_MS)
        for key in (gone, kept):
            await objects.put(key, b"x")
        await objects.delete([gone, new_key(1, NOW_MS)])
        await objects.delete([])
        assert [kept] == await keys(objects)
        assert await objects.get(gone) is None

    async def test_many_come_and_go_at_once(self, objects: ObjectStore) -> None:
        """Side by side."""
        put = [new_key(number % 3, NOW_MS) for number in range(30)]
        await asyncio.gather(*(objects.put(key, key.encode()) for key in put))
        assert [key.encode() for key in put] == await asyncio.gather(*map(objects.get, put))
        await asyncio.gather(*(objects.delete([key]) for key in put))
        assert [] == await keys(objects)

    async def test_each_owner_has_a_part(self, objects: ObjectStore, another: ObjectStore) -> None:
        """Nobody sees what another database keeps in the same place, and so nobody sweeps it up."""
        key = new_key(1, NOW_MS)
        await objects.put(key, b"x")
        assert ([], None) == (await keys(another), await another.get(key))
        await another.delete([key])
        assert b"x" == await objects.get(key)


class TestKey:
    def test_it_tells_when_it_was_made(self) -> None:
        """To the millisecond; a broken-off write's too."""
        key = new_key(7, NOW_MS)
        assert [NOW_MS, NOW_MS] == [made_at(key), made_at(key + ".partial")]
        assert key.startswith("7/")
        assert key != new_key(7, NOW_MS)

    @pytest.mark.parametrize("key", ["", "notes.txt", "1/notes.txt", "../" + KEY, KEY + ".bak"])
    def test_others_tell_nothing(self, key: str) -> None:
        """What we didn't put there, we don't touch."""
        assert made_at(key) is None


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Folder:
        """One that isn't there yet."""
        return Folder(tmp_path / "objects")

    async def test_a_file_appears_when_it_is_on_the_disk(
        self, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The bytes are synced before they have their name, and the name after it: the folders above, too."""
        told: list[tuple[bool, bool]] = []
        key, fsync = new_key(1, NOW_MS), os.fsync

        def watched(descriptor: int) -> None:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            told.append((is_file, (tmp_path / "objects" / key).exists()))
            fsync(descriptor)

        monkeypatch.setattr("os.fsync", watched)
        await folder.put(key, b"x")
        assert [(False, False), (False, False), (True, False), (False, True)] == told

    @pytest.mark.parametrize("failing", [1, 2, 3])
    async def test_a_disk_that_fails_keeps_nothing(
        self, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
    ) -> None:
        """Whichever sync fails before the end: 503, and no file."""
        calls, fsync = iter(range(1, 100)), os.fsync

        def failed(descriptor: int) -> None:
            if next(calls) == failing:
                raise OSError(28, "No space left on device")
            fsync(descriptor)

        monkeypatch.setattr("os.fsync", failed)
        with pytest.raises(Unavailable, match="No space left"):
            await folder.put(new_key(1, NOW_MS), b"x")
        assert [] == [file for file in tmp_path.rglob("*") if file.is_file()]

    async def test_others_read_nothing(self, folder: Folder, tmp_path: Path) -> None:
        """Files and the folders made for them are for the server's user alone, whatever the umask is."""
        before = os.umask(0)
        try:
            await folder.put(key := new_key(1, NOW_MS), b"x")
        finally:
            os.umask(before)
        (file,) = tmp_path.rglob(key.partition("/")[2])
        assert [0o600, 0o700] == [each.stat().st_mode & 0o777 for each in (file, file.parent)]

    async def test_what_a_crash_left_is_told_and_goes(self, folder: Folder, tmp_path: Path) -> None:
        """A `.partial` is a key like others, so that it's swept up."""
        key = new_key(1, NOW_MS)
        await folder.put(key, b"x")
        (tmp_path / "objects" / f"{key}.partial").write_bytes(b"hal")
        assert [key, f"{key}.partial"] == await keys(folder)
        await folder.delete([f"{key}.partial"])
        assert [key] == await keys(folder)

    async def test_a_folder_that_cant_be_written_is_told(self, folder: Folder, tmp_path: Path) -> None:
        """503 rather than an error of ours."""
        (tmp_path / "objects").write_bytes(b"a file where the folder should be")
        with pytest.raises(Unavailable):
            await folder.put(new_key(1, NOW_MS), b"x")
        with pytest.raises(Unavailable):
            await folder.get(new_key(1, NOW_MS))


@pytest.mark.usefixtures("credentials")
class TestBucket:
    @pytest.fixture
    def away(self, s3: S3, tmp_path: Path) -> ObjectStore:
        """A bucket that isn't there."""
        return open_object_store(url=s3.address("nobodys"), folder=tmp_path, owner="me")

    async def test_a_bucket_that_is_not_there_is_told(self, away: ObjectStore) -> None:
        """As a store that can't, not as objects that are missing."""
        for work in (away.put("1/a", b"x"), away.delete(["1/a"]), keys(away)):
            with pytest.raises(Unavailable):
                await work

    async def test_a_server_that_is_away_is_told(self, tmp_path: Path) -> None:
        """After a few tries."""
        objects = open_object_store(
            url="s3://bucket?endpoint=http://127.0.0.1:9&region=us-east-1", folder=tmp_path, owner="me"
        )
        with pytest.raises(Unavailable):
            await objects.get("1/a")

    async def test_a_prefix_hides_the_rest(self, s3: S3, tmp_path: Path) -> None:
        """What lies beside it in the bucket is neither told nor got."""
        url = s3.bucket()
        whole, part = [
            open_object_store(url=each, folder=tmp_path, owner="me") for each in (url, url.replace("?", "/part?"))
        ]
        key = new_key(1, NOW_MS)
        await whole.put(key, b"x")
        assert ([], None) == (await keys(part), await part.get(key))

    @pytest.mark.parametrize(
        "url",
        [
            "https://bucket.example.com",
            "s3://",
            "s3:///prefix",
            "s3://user:password@bucket",
            "s3://bucket?endpoint",
            "s3://bucket?endpoint=localhost:9000",
            "s3://bucket?acl=public",
            "s3://[bucket",
        ],
    )
    def test_an_address_that_cant_be_read_is_refused(self, url: str, tmp_path: Path) -> None:
        """With the form that it should have; an unknown option is not ignored."""
        with pytest.raises(WrongObjectStore, match=FORM[:40].replace("'", ".")):
            open_object_store(url=url, folder=tmp_path, owner="me")
