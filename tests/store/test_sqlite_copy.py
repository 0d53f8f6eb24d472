"""Is a copy of the embedded store one moment of it, on the disk before it has its name, while others write?"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from maquette.store import sqlite_copy
from maquette.store.sqlite_copy import STEP_PAGES, STEPS_BETWEEN_SYNCS, copy
from maquette.store.sqlite_file import connect

SYNCS = 3


@pytest.fixture
def store(tmp_path: Path) -> Iterator[apsw.Connection]:
    """A file in use, of so many pages that its copy is synced several times on the way."""
    with contextlib.closing(connect(tmp_path / "store.db")) as store:
        store.execute("CREATE TABLE t (number INTEGER PRIMARY KEY, content BLOB)")
        rows = SYNCS * STEPS_BETWEEN_SYNCS * STEP_PAGES // 2
        store.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                      " INSERT INTO t SELECT i, zeroblob(8000) FROM n", (rows,))  # fmt: skip
        yield store


def _numbers(file: Path) -> tuple[int, int]:
    """How many rows are in a sound copy, and their highest number."""
    with contextlib.closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        ((count, highest),) = connection.execute("SELECT count(*), max(number) FROM t").fetchall()
        assert isinstance(count, int)
        assert isinstance(highest, int)
        return count, highest


def test_it_holds_one_moment(store: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes after each of its steps; it goes on, and holds what was there when it began."""
    before, pages = _numbers(tmp_path / "store.db"), store.pragma("page_count")
    assert isinstance(pages, int)
    rests: list[float] = []

    def write(seconds: float) -> None:
        rests.append(seconds)
        assert len(rests) < pages // STEP_PAGES + 1, "it started over"
        store.execute("INSERT INTO t (content) VALUES (zeroblob(100))")
        store.execute("UPDATE t SET content = zeroblob(7000) WHERE number = 1 + abs(random()) % 1000")

    monkeypatch.setattr(sqlite_copy, "sleep", write)
    copy(tmp_path / "store.db", tmp_path / "copy.db")
    assert pages // STEP_PAGES == len(rests)
    assert before == _numbers(tmp_path / "copy.db")
    assert before[0] + len(rests) == _numbers(tmp_path / "store.db")[0]


def test_it_is_on_the_disk_first(store: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is synced as it grows, and as a whole before it has its name; then its name is, too."""
    target, sync = tmp_path / "copy.db", os.fsync
    synced: list[tuple[int, int, bool]] = []

    def note(descriptor: int) -> None:
        sync(descriptor)
        told = os.fstat(descriptor)
        synced.append((told.st_ino, told.st_size, target.exists()))

    monkeypatch.setattr(os, "fsync", note)
    copy(tmp_path / "store.db", target)
    *sizes, last = [(size, named) for inode, size, named in synced if inode == target.stat().st_ino]
    assert SYNCS <= len(sizes)
    assert sorted({size for size, _ in sizes}) == [size for size, _ in sizes]
    assert (target.stat().st_size, False) == last
    assert (tmp_path.stat().st_ino, True) == (synced[-1][0], synced[-1][2])


def test_it_carries_the_log_over(store: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written meanwhile is in the file itself afterwards: no commit of the server's has to wait for that."""
    store.wal_autocheckpoint(0)
    monkeypatch.setattr(sqlite_copy, "sleep", lambda _: store.execute("INSERT INTO t (content) VALUES ('')"))
    copy(tmp_path / "store.db", tmp_path / "copy.db")
    shutil.copy(tmp_path / "store.db", tmp_path / "alone.db")
    assert _numbers(tmp_path / "copy.db") < _numbers(tmp_path / "alone.db") == _numbers(tmp_path / "store.db")


def test_nothing_is_left_of_one_that_breaks_off(
    store: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file of its name, nor one that could be taken for it."""

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite_copy, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        copy(tmp_path / "store.db", tmp_path / "copy.db")
    assert [] == [file.name for file in tmp_path.iterdir() if not file.name.startswith("store.db")]
