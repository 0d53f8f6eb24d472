"""Is a full or failing disk an error, and not a lie? Every write and every sync fails in turn, until a run is clean."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.sqlite import SqliteDatabase
from tests.store.conftest import unique
from tests.store.faulty_vfs import Disk, Failure
from tests.store.ledger import LONG, Ledger, copied, new_ledger, require_sound

ROUNDS = 3 if LONG else 2


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk that can be told to fail."""
    disk = Disk(unique("disk"))
    yield disk
    disk.unregister()


@pytest.fixture
def checkpoints(request: pytest.FixtureRequest) -> Iterator[int]:
    """After how many pages the log is folded into the file; 0 is not before the end."""

    def hook(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(request.param)

    apsw.connection_hooks.append(hook)
    yield request.param
    apsw.connection_hooks.remove(hook)


FAULTS: dict[str, tuple[Failure, str]] = {
    "full": (apsw.FullError, "write"),
    "torn": (apsw.IOError, "write truncate"),
    "unsynced": (apsw.IOError, "sync"),
}
SHORT = [("full", False, 0), ("full", True, 30), ("torn", True, 0), ("unsynced", False, 0), ("unsynced", True, 30)]
ALL = [(fault, lasting, pages) for fault in FAULTS for lasting in (False, True) for pages in (0, 30)]


@pytest.mark.parametrize(("fault", "lasting", "checkpoints"), ALL if LONG else SHORT, indirect=["checkpoints"])
class TestFailingDisk:
    async def test_every_moment(self, disk: Disk, tmp_path: Path, checkpoints: int, fault: str, lasting: bool) -> None:
        """Nothing half-written, reads go on, and all is well without a restart once the disk is."""
        start, fails = await new_ledger(tmp_path / "maquette.db"), 0
        failure, kinds = FAULTS[fault]
        # What a checkpoint meets, SQLite keeps from its caller, but not apsw what a VFS in Python raised:
        # the write is whole, and is called refused.
        strict = not checkpoints
        for number in itertools.count(1):
            path = copied(tmp_path / "maquette.db", tmp_path / str(number))
            ledger, store = Ledger(start.actor), SqliteDatabase(path, vfs=disk.name)
            disk.fail_at(number, failure, kinds=kinds, lasting=lasting)
            for _ in range(ROUNDS):
                await ledger.write(store, 1)
                await ledger.require_kept(store, strict=strict)
            failed = disk.failures > 0
            await _require_kept_after_kill(ledger, path, strict=strict)
            disk.mend()
            await _require_recovered(ledger, store, strict=strict)
            assert failed == bool(ledger.refused | ledger.uncertain)
            fails += failed
            if not failed:
                break
        assert fails >= ROUNDS


class TestCommit:
    async def put(self, store: SqliteDatabase) -> None:
        """Write one row."""
        await store.write(lambda tx: tx.run("INSERT INTO facts (name, value) VALUES ('written', '')"))

    async def found_after_kill(self, path: Path) -> bool:
        """Whether the row is there when a server that was killed comes back."""
        store = SqliteDatabase(_left_by_kill(path))
        found = await store.read(lambda tx: tx.value("SELECT COUNT(*) FROM facts WHERE name = 'written'"))
        await store.close()
        return bool(found)

    async def test_one_that_broke_off_is_uncertain(self, disk: Disk, tmp_path: Path) -> None:
        """Nobody sees it until the server is killed, and then it's there; the next write puts an end to that."""
        await new_ledger(tmp_path / "maquette.db")
        store = SqliteDatabase(tmp_path / "maquette.db", vfs=disk.name)
        await store.write(lambda tx: tx.run("INSERT INTO facts (name, value) VALUES ('first', '')"))
        disk.fail_at(1, apsw.IOError, kinds="sync", lasting=True)
        with pytest.raises(Uncertain):
            await self.put(store)
        assert 0 == await store.read(lambda tx: tx.value("SELECT COUNT(*) FROM facts WHERE name = 'written'"))
        assert await self.found_after_kill(store.path)
        disk.mend()
        await store.write(lambda tx: tx.run("INSERT INTO facts (name, value) VALUES ('another', '')"))
        assert not await self.found_after_kill(store.path)
        await store.close()

    @pytest.mark.parametrize("number", [1, 2, 3])
    async def test_one_that_the_disk_had_no_room_for_surely_isn_t_made(
        self, disk: Disk, tmp_path: Path, number: int
    ) -> None:
        """Whichever of its writes found it full."""
        await new_ledger(tmp_path / "maquette.db")
        store = SqliteDatabase(tmp_path / "maquette.db", vfs=disk.name)
        disk.fail_at(number, apsw.FullError, kinds="write", lasting=True)
        with pytest.raises(Unavailable) as refused:
            await self.put(store)
        assert refused.type is Unavailable
        assert not await self.found_after_kill(store.path)
        disk.mend()
        await store.close()


async def _require_kept_after_kill(ledger: Ledger, path: Path, *, strict: bool) -> None:
    store = SqliteDatabase(_left_by_kill(path))
    await ledger.require_kept(store, strict=strict)
    await store.close()


def _left_by_kill(path: Path) -> Path:
    """A copy of what `kill -9` would leave of the store: all that was written, and no word of where it ends."""
    folder = path.with_name(unique("killed"))
    folder.mkdir()
    for part in (path, path.with_name(f"{path.name}-wal")):
        shutil.copy(part, folder)
    return folder / path.name


async def _require_recovered(ledger: Ledger, store: SqliteDatabase, *, strict: bool) -> None:
    assert await ledger.create(store)
    await ledger.require_kept(store, strict=strict)
    await store.close()
    again = SqliteDatabase(store.path)
    await ledger.require_kept(again, strict=strict)
    await again.close()
    require_sound(store.path)
