"""What is the embedded engine's own: one writer that mends itself, beside other processes on the same file."""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import apsw
import pytest

from maquette.model.errors import NotFound, Unavailable
from maquette.store import facts, sqlite, workspaces
from maquette.store.database import Transaction
from maquette.store.single_flight import SlowRead
from maquette.store.sqlite import SqliteDatabase
from maquette.store.sqlite_reader import Reader
from maquette.store.totals import Totals
from tests.office import StillClock
from tests.store.conftest import Home, new_home, unique
from tests.store.faulty_vfs import Disk

WRITE = "INSERT INTO facts (name, value) VALUES ('written', 'elsewhere')"


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk that can be told to fail."""
    disk = Disk(unique("disk"))
    yield disk
    disk.unregister()


@pytest.fixture
async def store(tmp_path: Path, clock: StillClock, disk: Disk) -> AsyncIterator[SqliteDatabase]:
    """A migrated store on that disk."""
    store = SqliteDatabase(tmp_path / "maquette.db", vfs=disk.name)
    await store.migrate(clock.now_ms())
    yield store
    disk.mend()
    await store.close()


@pytest.fixture
async def home(store: SqliteDatabase, clock: StillClock) -> Home:
    """A workspace in it."""
    return await new_home(store, clock)


@pytest.fixture
def elsewhere(store: SqliteDatabase) -> Iterator[apsw.Connection]:
    """Another process's connection to the same file."""
    connection = apsw.Connection(str(store.path))
    yield connection
    connection.close()


class Denial:
    """Makes SQLite refuse statements of some kind, on every connection opened since it's there."""

    def __init__(self) -> None:
        self.connections: list[apsw.Connection] = []
        self._denied: tuple[str, ...] = ()

    def __call__(self, connection: apsw.Connection) -> None:
        self.connections.append(connection)
        connection.authorizer = self._decide

    def deny(self, *denied: str) -> None:
        """From now on refuse these: COMMIT, ROLLBACK, or PRAGMA; none lets all pass."""
        self._denied = denied
        for connection in self.connections:
            with contextlib.suppress(apsw.ConnectionClosedError):
                connection.authorizer = self._decide  # which has prepared statements looked at again

    def _decide(self, operation: int, detail: str | None, *_: Any) -> int:
        kind = "PRAGMA" if operation == apsw.SQLITE_PRAGMA else detail
        return apsw.SQLITE_DENY if kind in self._denied else apsw.SQLITE_OK


@pytest.fixture
def denial() -> Iterator[Denial]:
    """Asked for before the store, so that it's in force on the store's connections."""
    denial = Denial()
    apsw.connection_hooks.append(denial)
    yield denial
    apsw.connection_hooks.remove(denial)


async def _state(store: SqliteDatabase) -> str:
    name = unique("fact")
    await store.write(lambda tx: facts.put(tx, name, "so"))
    return name


async def _is_stated(store: SqliteDatabase, name: str) -> bool:
    return await store.read(lambda tx: facts.get(tx, name)) == "so"


class TestBodies:
    async def test_one_that_waits_for_anything_else_is_a_bug(self, store: SqliteDatabase) -> None:
        """It would hold up everyone; it is stopped, undone, and the next one runs."""
        name = unique("fact")
        ended: list[bool] = []

        async def body(tx: Transaction) -> None:
            await facts.put(tx, name, "so")
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(True)

        for run in (store.write, store.read):
            with pytest.raises((RuntimeError, Unavailable), match=r"awaited something|query_only|readonly"):
                await run(body)
        assert ended
        assert not await _is_stated(store, name)
        assert await _is_stated(store, await _state(store))

    async def test_a_write_inside_a_write_is_a_bug(self, store: SqliteDatabase) -> None:
        """It could never begin."""

        async def body(_: Transaction) -> None:
            await _state(store)

        with pytest.raises(RuntimeError, match="awaited something"):
            await store.write(body)

    async def test_a_query_out_of_time_is_stopped(self, store: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
        """One endless query doesn't hold up the event loop for ever; the next read is carried out."""
        monkeypatch.setattr(sqlite, "READ_SECONDS", 0.05)
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
        with pytest.raises(Unavailable, match="Interrupt"):
            await store.read(lambda tx: tx.value(endless))
        assert 1 == await store.read(lambda tx: tx.value("SELECT 1"))


LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT COUNT(*) FROM n"


class TestLongReads:
    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However busy the machine is, none of these is stopped."""
        monkeypatch.setattr(sqlite, "READ_SECONDS", 100)

    async def test_others_are_answered_meanwhile(self, store: SqliteDatabase) -> None:
        """What takes long is begun again beside the event loop, and gets its answer there."""
        others = threading.Event()

        async def body(tx: Transaction) -> object:
            assert threading.current_thread() is threading.main_thread() or others.wait(30)
            return await tx.value(LONG)

        long = asyncio.create_task(store.read(body))
        await asyncio.sleep(0)
        assert 1 == await store.read(lambda tx: tx.value("SELECT 1"))
        await _state(store)
        assert not long.done()
        others.set()
        assert 3_000_000 == await long

    async def test_one_that_asks_for_it_is_offloaded_at_once(self, store: SqliteDatabase) -> None:
        """It is run again in another thread, on a snapshot of its own, with the same memory."""
        seen: list[tuple[bool, object]] = []

        async def body(tx: Transaction) -> None:
            seen.append((threading.current_thread() is threading.main_thread(), tx.totals))
            tx.offload()
            await tx.value("SELECT 1")

        await store.read(body)
        assert [True, False] == [here for here, _ in seen]
        assert seen[0][1] is seen[1][1] is not None

    async def test_a_write_stays_where_it_is(self, store: SqliteDatabase) -> None:
        """There is one writer; and what it sees may never come to be, so nothing is remembered of it."""
        runs: list[object] = []

        async def body(tx: Transaction) -> None:
            runs.append(tx.totals)
            tx.offload()

        await store.write(body)
        assert [None] == runs

    async def test_a_failure_there_is_a_failure_here(self, store: SqliteDatabase) -> None:
        """A refusal of the domain's comes through as it is."""

        async def body(tx: Transaction) -> None:
            tx.offload()
            raise NotFound("project")

        with pytest.raises(NotFound):
            await store.read(body)
        assert 1 == await store.read(lambda tx: tx.value("SELECT 1"))

    async def test_one_does_not_wait_for_another(self, store: SqliteDatabase) -> None:
        """There are threads for two, so that what takes a second isn't behind what takes a minute."""
        both = threading.Barrier(2, timeout=30)

        async def body(tx: Transaction) -> int:
            tx.offload()
            return both.wait()

        assert [0, 1] == sorted(await asyncio.gather(store.read(body), store.read(body)))

    async def test_those_with_the_same_key_wait_for_each_other(self, store: SqliteDatabase) -> None:
        """One finds it out in a thread; the others then find it where it was put."""
        found: dict[str, int] = {}

        async def body(tx: Transaction) -> int:
            if "total" not in found:
                tx.offload("total")
                found["total"] = len(found) + await tx.value("SELECT 7")
                found[threading.current_thread().name] = 0
            return found["total"]

        assert [7] * 9 == await asyncio.gather(*(store.read(body) for _ in range(9)))
        assert 2 == len(found)

    async def test_rows_that_take_long_are_few_between_two_looks_at_the_clock(self, store: SqliteDatabase) -> None:
        """What is out of time has looked at a hundred or so, and not at thousands."""
        looked_at: list[object] = []

        def looked(*row: Any) -> None:
            looked_at.append(row)

        store._reader._connection.get().create_scalar_function("looked", looked, 1)
        many = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000) SELECT COUNT(looked(i)) FROM n"
        )
        with pytest.raises(SlowRead):
            store._reader.run(lambda tx: tx.value(many), 0, Totals(), on_event_loop=True)
        assert len(looked_at) < 150

    async def test_the_index_looks_at_the_clock_where_nothing_matches(self, home: Home, store: SqliteDatabase) -> None:
        """It reads a lot for a phrase that is all but in each text, before it has a row to give."""
        for number in range(8):
            await home.project(f"wool {number}", description_folded="a" * 9_990 + "caab")
        phrase = f'"{"a" * 60}b"'
        sought = "SELECT rowid FROM projects_search WHERE projects_search MATCH $1"
        assert [] == await store.read(lambda tx: tx.rows(sought, phrase))
        with pytest.raises(SlowRead):
            store._reader.run(lambda tx: tx.rows(sought, phrase), 0, Totals(), on_event_loop=True)

    async def test_one_that_ends_out_of_time_keeps_its_connection(self, store: SqliteDatabase) -> None:
        """Only what it asks is stopped, not what ends it."""
        reader = Reader(store.path, None, 1)
        before = reader._connection.get()

        async def body(tx: Transaction) -> None:
            await tx.value("SELECT 1")
            sleep(0.3)

        reader.run(body, 0.2, Totals())
        assert before is reader._connection.get()
        reader.close()

    async def test_closing_waits_for_it(self, store: SqliteDatabase) -> None:
        """What was begun is answered."""
        long = asyncio.create_task(store.read(lambda tx: tx.value(LONG)))
        await asyncio.sleep(0)
        await store.close()
        assert 3_000_000 == await long


async def _next_epoch(store: SqliteDatabase) -> int:
    """The epoch as the event loop's next turn sees it."""
    await asyncio.sleep(0)
    return store.epoch()


class TestEpoch:
    async def test_it_goes_up_when_another_connection_writes(
        self, home: Home, store: SqliteDatabase, elsewhere: apsw.Connection
    ) -> None:
        """Once for each time, and not for our own writes or for reads of others."""
        before = store.epoch()
        await _state(store)
        elsewhere.execute("SELECT * FROM facts").fetchall()
        assert before == await _next_epoch(store)
        elsewhere.execute(WRITE)
        after = await _next_epoch(store)
        assert after > before
        assert after == await _next_epoch(store)

    async def test_one_look_serves_a_turn(self, store: SqliteDatabase, elsewhere: apsw.Connection) -> None:
        """What is answered in a turn of the event loop was asked before it; the next turn looks again."""
        before = await _next_epoch(store)
        elsewhere.execute(WRITE)
        assert before == store.epoch()
        assert before < await _next_epoch(store)

    async def test_it_goes_up_between_batches_that_follow_each_other(
        self, store: SqliteDatabase, elsewhere: apsw.Connection
    ) -> None:
        """A writer that never rests still notices that somebody else has written."""
        elsewhere.execute("PRAGMA busy_timeout = 5000").fetchall()
        going = True

        async def write_on() -> None:
            while going:
                await _state(store)

        writers = [asyncio.create_task(write_on()) for _ in range(4)]
        await _state(store)
        before = store.epoch()
        await asyncio.to_thread(elsewhere.execute, WRITE)
        for _ in range(3):
            await _state(store)
        assert store._writing is not None  # it has been at work all the time
        assert store.epoch() > before
        going = False
        await asyncio.gather(*writers)

    async def test_what_can_t_be_watched_may_have_changed(self, denial: Denial, store: SqliteDatabase) -> None:
        """While the store can't be looked at, nothing kept in memory is believed."""
        await _state(store)
        denial.deny("PRAGMA")
        assert store.epoch() < await _next_epoch(store) < await _next_epoch(store)


class TestAnotherWriter:
    async def test_the_event_loop_goes_on_while_it_is_waited_for(
        self, store: SqliteDatabase, elsewhere: apsw.Connection
    ) -> None:
        """Reads are answered meanwhile, and the write is carried out afterwards."""
        elsewhere.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(_state(store))
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert 1 == await store.read(lambda tx: tx.value("SELECT 1"))
        assert not writing.done()
        elsewhere.execute("COMMIT")
        assert await _is_stated(store, await writing)

    async def test_what_it_writes_is_noticed_while_we_wait(
        self, store: SqliteDatabase, elsewhere: apsw.Connection
    ) -> None:
        """A key that is revoked next door is refused here, even with writes waiting."""
        before = store.epoch()
        elsewhere.execute(WRITE)
        elsewhere.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(_state(store))
        await asyncio.sleep(0.01)
        assert store.epoch() > before
        elsewhere.execute("COMMIT")
        await writing

    async def test_it_is_not_waited_for_for_ever(
        self, store: SqliteDatabase, elsewhere: apsw.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One that never ends makes writes `Unavailable`, until it does."""
        monkeypatch.setattr(sqlite, "WRITE_BUSY_S", 0.05)
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="Busy"):
            await _state(store)
        elsewhere.execute("ROLLBACK")
        assert await _is_stated(store, await _state(store))


class TestRecovery:
    async def test_a_refused_commit_that_left_its_transaction_open(self, denial: Denial, store: SqliteDatabase) -> None:
        """It is rolled back, everyone in the batch is told, and the next batch is carried out."""
        denial.deny("COMMIT")
        outcomes = await asyncio.gather(*(_state(store) for _ in range(3)), return_exceptions=True)
        assert [Unavailable] * 3 == [type(outcome) for outcome in outcomes]
        assert 0 == await store.read(lambda tx: tx.value("SELECT COUNT(*) FROM facts"))
        denial.deny()
        assert await _is_stated(store, await _state(store))

    async def test_a_connection_that_can_t_roll_back(self, denial: Denial, store: SqliteDatabase) -> None:
        """It is given up for a new one, and what was kept in memory meanwhile is not believed."""
        await _state(store)
        openings, epoch = len(denial.connections), store.epoch()
        denial.deny("COMMIT", "ROLLBACK")
        with pytest.raises(Unavailable):
            await _state(store)
        denial.deny()
        assert await _is_stated(store, await _state(store))
        assert len(denial.connections) > openings
        assert store.epoch() > epoch

    async def test_a_reader_that_can_t_end(self, denial: Denial, store: SqliteDatabase) -> None:
        """It is given up for a new one, too, instead of showing the same moment for ever."""
        denial.deny("ROLLBACK")
        assert 1 == await store.read(lambda tx: tx.value("SELECT 1"))
        denial.deny()
        assert await _is_stated(store, await _state(store))

    async def test_a_file_that_can_t_be_opened_again_for_a_while(self, store: SqliteDatabase, disk: Disk) -> None:
        """Writes stay `Unavailable` while it can't be opened, reads go on, and then all is well without a restart."""
        kept = await _state(store)
        disk.fail_at(1, apsw.IOError, kinds="sync open", lasting=True)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await _state(store)
            assert await _is_stated(store, kept)
        disk.mend()
        assert await _is_stated(store, await _state(store))

    async def test_a_thread_that_can_t_be_started(
        self, store: SqliteDatabase, elsewhere: apsw.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A machine out of threads is one that is unavailable; what others write is still noticed."""

        def submit(*_: Any) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(store._threads, "submit", submit)
            with pytest.raises(Unavailable, match="can't start new thread"):
                await _state(store)
        before = store.epoch()
        elsewhere.execute(WRITE)
        assert await _next_epoch(store) > before
        assert await _is_stated(store, await _state(store))

    async def test_a_cancelled_writer(self, store: SqliteDatabase) -> None:
        """Nobody is left without an answer, and nobody is told of a failure where there was none."""
        tasks = [asyncio.create_task(_state(store)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert store._writing
        store._writing.cancel()
        for name in await asyncio.gather(*tasks):
            assert await _is_stated(store, name)

    async def test_a_writer_cancelled_while_it_waits_for_another(
        self, store: SqliteDatabase, elsewhere: apsw.Connection
    ) -> None:
        """What could not begin is refused, those behind it too."""
        elsewhere.execute("BEGIN IMMEDIATE")
        first = asyncio.create_task(_state(store))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(_state(store))
        await asyncio.sleep(0)
        assert store._writing
        store._writing.cancel()
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        assert [Unavailable, Unavailable] == [type(outcome) for outcome in outcomes]
        elsewhere.execute("ROLLBACK")
        assert await _is_stated(store, await _state(store))

    async def test_no_more_files_can_be_opened(self, store: SqliteDatabase) -> None:
        """A process out of file handles still reads and writes what it has open."""
        kept = await _state(store)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"), Path("/dev/null").open():
                pass
            written = await _state(store)
            assert await _is_stated(store, kept)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert await _is_stated(store, written)


class TestBatch:
    async def test_writes_of_one_moment_share_their_sync(self, store: SqliteDatabase, disk: Disk) -> None:
        """A hundred at once cost hardly more syncs than one."""
        operations: list[str] = []
        disk.plan = operations.append
        await asyncio.gather(*(_state(store) for _ in range(100)))
        assert operations.count("sync") <= 3

    async def test_a_refusal_keeps_the_others(self, home: Home) -> None:
        """The batch is undone, and run again with a savepoint for each; nobody notices."""

        async def refused(tx: Transaction) -> None:
            await workspaces.bump_version(tx, home.serial)
            raise NotFound("project")

        bodies = [lambda tx: workspaces.bump_version(tx, home.serial), refused] * 5
        outcomes = await asyncio.gather(*(home.write(body) for body in bodies), return_exceptions=True)
        assert [None, NotFound] * 5 == [outcome if outcome is None else type(outcome) for outcome in outcomes]
        assert 6 == await home.read(lambda tx: workspaces.version(tx, home.serial))

    async def test_a_commit_is_told_in_one_piece(self, home: Home) -> None:
        """However many wrote in it, each listener is called once."""
        heard: list[list[int | None]] = []
        home.database.listen(lambda changes: heard.append([change.version for change in changes]))
        await asyncio.gather(*(home.write(lambda tx: workspaces.bump_version(tx, home.serial)) for _ in range(5)))
        await home.read(lambda tx: workspaces.version(tx, home.serial))
        assert [2, 3, 4, 5, 6] == [version for told in heard for version in told]
        assert len(heard) < 5
        assert [] not in heard

    async def test_what_was_undone_with_the_batch_is_told_once(self, home: Home) -> None:
        """The listeners hear of what is there in the end."""
        heard: list[int | None] = []
        home.database.listen(lambda changes: heard.extend(change.version for change in changes))

        async def refused(tx: Transaction) -> None:
            await workspaces.bump_version(tx, home.serial)
            raise NotFound("project")

        bodies = [
            lambda tx: workspaces.bump_version(tx, home.serial),
            refused,
            lambda tx: workspaces.bump_version(tx, home.serial),
        ]
        await asyncio.gather(*(home.write(body) for body in bodies), return_exceptions=True)
        assert [2, 3] == heard

    async def test_a_refusal_before_the_first_change_costs_the_others_nothing(self, home: Home) -> None:
        """There is nothing of it to undo, so no body is run again."""
        ran: list[str] = []

        async def refused(_: Transaction) -> None:
            ran.append("refused")
            raise NotFound("project")

        async def carried_out(tx: Transaction) -> None:
            ran.append("carried out")
            await workspaces.bump_version(tx, home.serial)

        bodies = [carried_out, refused, carried_out]
        await asyncio.gather(*(home.write(body) for body in bodies), return_exceptions=True)
        assert ["carried out", "refused", "carried out"] == ran


class TestUndoing:
    @pytest.mark.parametrize("rows", [10, 2_000], ids=["in memory", "in a file"])
    async def test_a_statement_that_fails_late_leaves_nothing(self, home: Home, rows: int) -> None:
        """However much it had changed by then; the transaction goes on."""
        projects = [await home.project() for _ in range(2)]
        grow = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
        columns = (
            "id, workspace, name, name_folded, slug, visibility, kit_selectable, created_by, created_at, updated_at"
        )
        values = (
            "printf('grown-%d', i), workspace, 'a', printf('%d%s', i, hex(randomblob(500))), printf('grown-%d', i),"
            " visibility, 1, created_by, 1, 1"
        )
        inserted = f"INSERT INTO projects ({columns}) {grow} SELECT {values} FROM n, projects p WHERE p.serial = $1"
        last = "(SELECT MAX(serial) FROM projects)"
        slug = f"CASE WHEN serial = {last} THEN $1 ELSE slug END"
        collides = f"UPDATE projects SET name_folded = name_folded || 'x', slug = {slug} WHERE workspace = $2"

        async def body(tx: Transaction) -> None:
            await tx.run(inserted, projects[0].serial)
            with pytest.raises(apsw.ConstraintError):
                await tx.run(collides, projects[0].slug, home.serial)
            await workspaces.bump_version(tx, home.serial)

        await home.write(body)
        changed = "SELECT COUNT(*) FROM projects WHERE workspace = $1 AND name_folded LIKE '%x'"
        assert 0 == await home.read(lambda tx: tx.value(changed, home.serial))
        assert 2 == await home.read(lambda tx: workspaces.version(tx, home.serial))

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux shows which files are open")
    def test_what_memory_does_not_hold_goes_to_the_stores_own_disk(self, tmp_path: Path) -> None:
        """A container may have no other that can be written to."""
        bare = {name: value for name, value in os.environ.items() if name != "SQLITE_TMPDIR"}
        command = [sys.executable, "-c", SPILL, str(tmp_path)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=bare)
        assert str(tmp_path) == told.stdout.strip()


SPILL = """
import os, sys
from pathlib import Path
from maquette.store.sqlite_file import connect

store = connect(Path(sys.argv[1]) / "store.db")
rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT randomblob(900) FROM n"
store.execute(f"CREATE TABLE t (x); INSERT INTO t {rows}; BEGIN; SAVEPOINT s; UPDATE t SET x = randomblob(900)")
files = [os.readlink(file) for file in Path("/proc/self/fd").iterdir() if int(file.name) > 2 and file.is_symlink()]
print({os.path.dirname(file) for file in files if "(deleted)" in file}.pop())
"""


class TestClose:
    async def test_one_file_is_left(self, store: SqliteDatabase) -> None:
        """The write-ahead log is folded into it."""
        await _state(store)
        await store.close()
        with contextlib.suppress(FileNotFoundError):
            assert 0 == store.path.with_name("maquette.db-wal").stat().st_size
        assert ["maquette.db"] == [file.name for file in store.path.parent.iterdir()]
