"""Does an acknowledged write survive a power loss? The disk forgets what was not synced, at every possible moment."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from maquette.model.errors import Unavailable
from maquette.store import sqlite_file
from maquette.store.sqlite import SqliteDatabase
from tests.store.conftest import unique
from tests.store.faulty_vfs import Disk
from tests.store.ledger import LONG, Ledger, copied, new_ledger, require_sound

ROUNDS = 6 if LONG else 3
PAGES_BETWEEN_CHECKPOINTS = 30
SURVIVAL = (0.0, 0.5, 1.0)
"""How much of what was not synced is on the disk all the same: nothing, some sectors, or everything."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk whose power can be cut."""
    disk = Disk(unique("disk"))
    yield disk
    disk.unregister()


@pytest.fixture(autouse=True)
def _many_checkpoints() -> Iterator[None]:
    """The log is folded into the file every few writes, so that this is cut short too."""

    def hook(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(PAGES_BETWEEN_CHECKPOINTS)

    apsw.connection_hooks.append(hook)
    yield
    apsw.connection_hooks.remove(hook)


async def _cut_everywhere(disk: Disk, folder: Path) -> int:
    """Cut the power at the first, second, third … operation until a run gets through; returns how often."""
    ledger = await new_ledger(folder / "maquette.db")
    for number in itertools.count(1):
        path = copied(folder / "maquette.db", folder / str(number))
        written = Ledger(ledger.actor)
        store = SqliteDatabase(path, vfs=disk.name)
        disk.fail_at(number, apsw.IOError, lasting=True)
        await written.write(store, ROUNDS)
        was_cut = disk.failures > 0
        found = folder / f"{number} restarted"
        found.mkdir()
        disk.restart_after_power_loss(path.parent, found, random.Random(number), SURVIVAL[number % len(SURVIVAL)])
        disk.mend()
        await store.close()
        await _require_kept(written, found / "maquette.db")
        if not was_cut:
            assert len(written.acknowledged) > ROUNDS
            return number - 1
    raise AssertionError("unreachable")


async def _require_kept(written: Ledger, path: Path) -> None:
    restarted = SqliteDatabase(path)
    try:
        await written.require_kept(restarted, strict=False)
        assert await written.create(restarted)
    finally:
        await restarted.close()
    require_sound(path)


class TestPowerLoss:
    async def test_every_acknowledged_write_survives(self, disk: Disk, tmp_path: Path) -> None:
        """Whatever the moment, and whatever happens to be on the disk beside what was synced."""
        assert await _cut_everywhere(disk, tmp_path) > 50

    async def test_with_less_care_the_same_test_fails(
        self, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With `synchronous = NORMAL` an acknowledged write is lost: the test above can tell."""
        careless = tuple(pragma.replace("FULL", "NORMAL") for pragma in sqlite_file.PRAGMAS)
        monkeypatch.setattr(sqlite_file, "PRAGMAS", careless)
        with pytest.raises(AssertionError, match="an acknowledged write is lost"):
            await _cut_everywhere(disk, tmp_path)

    async def test_a_first_start_that_is_cut_short_is_made_good_by_the_next(self, disk: Disk, tmp_path: Path) -> None:
        """No half-made schema is ever in the way."""
        for number in itertools.count(1, 1 if LONG else 6):
            folder, found = tmp_path / str(number), tmp_path / f"{number} restarted"
            found.mkdir()
            disk.fail_at(number, apsw.IOError, lasting=True)
            was_cut = not await _migrated(folder / "maquette.db", disk)
            disk.restart_after_power_loss(folder, found, random.Random(number), SURVIVAL[number % len(SURVIVAL)])
            await new_ledger(found / "maquette.db")
            require_sound(found / "maquette.db")
            if not was_cut:
                break
        assert number > 20


async def _migrated(path: Path, disk: Disk) -> bool:
    try:
        store = SqliteDatabase(path, vfs=disk.name)
    except Unavailable:
        return False
    try:
        await store.migrate(1)
    except Unavailable:
        return False
    finally:
        await store.close()
    return True
