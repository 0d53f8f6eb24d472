"""What does a start say that can't have its store? One sentence that tells what to mend."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner

from maquette.cli import main
from maquette.domain.seal import sealer
from maquette.model.errors import Unavailable
from maquette.store.sqlite import SqliteDatabase
from tests.store.conftest import unique
from tests.store.faulty_vfs import Disk

NOBODY = 65_534
CREATE = ("workspace", "create", "Acme", "--owner", "ann@example.com")
"""A command that makes a store where there is none."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="maquette-test-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextlib.contextmanager
def _no_rights() -> Iterator[None]:
    """For root, who may write anywhere, act as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def _shown(*arguments: str) -> str:
    """What a command that must fail prints: one paragraph and no traceback."""
    result = CliRunner().invoke(main, arguments)
    assert 1 == result.exit_code
    assert isinstance(result.exception, SystemExit)
    return " ".join(result.output.split())


class TestFolder:
    def test_one_that_can_t_be_written_to(self, folder: Path) -> None:
        """The sentence names the folder."""
        folder.chmod(0o555)
        with _no_rights():
            shown = _shown(*CREATE, "--data", str(folder))
        assert f"is {folder} a folder that this user may write to?" in shown

    def test_one_that_the_key_can_t_be_kept_in(self, folder: Path) -> None:
        """The sentence names the key's file."""
        keys, data = folder / "keys", folder / "data"
        keys.mkdir(mode=0o555)
        data.mkdir()
        data.chmod(0o777)
        with _no_rights():
            shown = _shown(*CREATE, "--data", str(data), "--secret-key-file", str(keys / "secret.key"))
        assert f"the sealing key can't be kept in {keys}/secret.key: Permission denied." in shown

    def test_one_that_can_t_be_written_to_with_the_key_elsewhere(self, folder: Path) -> None:
        """The store's own sentence names the folder, too."""
        folder.chmod(0o555)
        with _no_rights(), pytest.raises(Unavailable, match=rf"is {folder} a folder that this user may write to\?"):
            SqliteDatabase(folder / "maquette.db")

    def test_one_that_can_t_be_made(self, folder: Path) -> None:
        """A path through a file is no folder."""
        (folder / "file").write_text("")
        shown = _shown(*CREATE, "--data", str(folder / "file" / "data"))
        assert "Not a directory" in shown
        with pytest.raises(Unavailable, match="Not a directory"):
            SqliteDatabase(folder / "file" / "data" / "maquette.db")

    def test_serving_says_it_as_well(self, folder: Path) -> None:
        """`maquette serve` ends with the same sentence."""
        (folder / "file").write_text("")
        assert "Not a directory" in _shown("serve", "--port", "18159", "--data", str(folder / "file" / "data"))


class TestFile:
    def test_one_that_is_no_database(self, tmp_path: Path) -> None:
        """Somebody else's file is left as it is."""
        file = tmp_path / "maquette.db"
        file.write_bytes(b"not a database" * 100)
        with pytest.raises(Unavailable, match="is damaged, or no database of Maquette's"):
            SqliteDatabase(file)
        assert b"not a database" * 100 == file.read_bytes()

    async def test_one_that_may_only_be_read(self, folder: Path) -> None:
        """It is refused at once, rather than at the first write."""
        store = SqliteDatabase(folder / "maquette.db")
        await store.migrate(1)
        await store.close()
        store.path.chmod(0o444)
        with _no_rights(), pytest.raises(Unavailable, match="can't be opened for writing"):
            SqliteDatabase(store.path)

    def test_one_on_a_file_system_without_shared_memory(self, tmp_path: Path) -> None:
        """Without a write-ahead log the store would not be what it promises to be."""
        with pytest.raises(Unavailable, match="its file system can't hold a write-ahead log"):
            SqliteDatabase(tmp_path / "maquette.db", vfs="unix-dotfile")


class TestFullDisk:
    async def test_a_first_start(self, tmp_path: Path) -> None:
        """The schema can't be made, and the sentence says why; with room, it can."""
        disk = Disk(unique("disk"))
        disk.fail_at(9, apsw.FullError, kinds="write", lasting=True)
        store = SqliteDatabase(tmp_path / "maquette.db", vfs=disk.name)
        with pytest.raises(Unavailable, match=f"the disk that holds {store.path} is full"):
            await store.migrate(1)
        disk.mend()
        assert ["0001_start"] == (await store.migrate(1))[:1]
        await store.close()
        disk.unregister()

    async def test_a_later_start(self, tmp_path: Path) -> None:
        """With nothing to upgrade, a full disk keeps nobody from starting, and from reading."""
        disk = Disk(unique("disk"))
        store = SqliteDatabase(tmp_path / "maquette.db", vfs=disk.name)
        await store.migrate(1)
        await store.close()
        disk.fail_at(1, apsw.FullError, kinds="write", lasting=True)
        again = SqliteDatabase(store.path, vfs=disk.name)
        assert [] == await again.migrate(1)
        assert 0 < await again.read(lambda tx: tx.value("SELECT COUNT(*) FROM plans"))
        disk.mend()
        await again.close()
        disk.unregister()


class TestRights:
    async def test_the_store_is_for_its_owners_eyes(self, tmp_path: Path) -> None:
        """The file, what SQLite lays beside it, and its copies: 0600, in a folder 0700, whatever the umask is."""
        folder, before = tmp_path / "above" / "data", os.umask(0)
        try:
            store = SqliteDatabase(folder / "maquette.db")
            await store.migrate(1)
            await store.backup(tmp_path / "backup.db")
        finally:
            os.umask(before)
        rights = {file.name: file.stat().st_mode & 0o777 for file in [*folder.iterdir(), tmp_path / "backup.db"]}
        await store.close()
        names = ("maquette.db", "maquette.db-wal", "maquette.db-shm", "backup.db")
        assert dict.fromkeys(names, 0o600) == rights
        assert [0o700] * 2 == [each.stat().st_mode & 0o777 for each in (folder, folder.parent)]

    async def test_what_is_there_keeps_its_rights(self, tmp_path: Path) -> None:
        """An operator who let a group read the store meant it."""
        store = SqliteDatabase(tmp_path / "maquette.db")
        await store.close()
        store.path.chmod(0o640)
        again = SqliteDatabase(store.path)
        await again.migrate(1)
        await again.close()
        assert 0o640 == store.path.stat().st_mode & 0o777


class TestSealingKey:
    def test_two_processes_that_start_at_once_have_one_key(self, tmp_path: Path) -> None:
        """Whoever is slower takes the key of whoever was faster, whole."""
        file = tmp_path / "new folder" / "secret.key"
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(lambda _: sealer(key=None, file=file).fingerprint, range(8)))
        assert 1 == len(keys)
        assert 0o600 == file.stat().st_mode & 0o777
        assert ["secret.key"] == [left.name for left in file.parent.iterdir()]
