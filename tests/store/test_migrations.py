"""Does a database of any age come up to date, whatever gets in between, and however many start at once?"""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import apsw
import asyncpg
import pytest

from maquette.foundation import open_store
from maquette.model.errors import Unavailable
from maquette.settings import Settings
from maquette.store import facts, migrations
from maquette.store.database import Database, embedded_file, open_database
from maquette.store.migrations import Engine, Migration
from tests.office import StillClock
from tests.store.conftest import unique
from tests.store.faulty_vfs import BASE, Disk

FIRST: dict[str, list[str]] = {
    engine: [step.name for step in migrations.migrations(engine)] for engine in get_args(Engine)
}
NEXT = len(FIRST["sqlite"]) + 1
TWO = Migration(NEXT, "9998_two", "CREATE TABLE two (x INTEGER); INSERT INTO two VALUES (2);")
THREE = Migration(NEXT + 1, "9999_three", "CREATE TABLE three (x INTEGER); INSERT INTO three VALUES (3);")
BROKEN = replace(THREE, sql=THREE.sql + "INSERT INTO nowhere VALUES (1);")
PROCESSES = 3


@pytest.fixture
async def fresh(engine_settings: Settings, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of a store that nobody has opened yet."""
    if not engine_settings.database_url:
        yield replace(engine_settings, data=tmp_path / "fresh")
        return
    schema = f"fresh_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(engine_settings.database_url)
    await connection.execute(f"CREATE SCHEMA {schema}")
    yield replace(engine_settings, database_url=f"{engine_settings.database_url}?search_path={schema}")
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes this the release that has these steps beside the real ones."""
    real = migrations.migrations

    def take(*steps: Migration) -> None:
        def known(engine: Engine) -> tuple[Migration, ...]:
            return (*real(engine), *steps)

        monkeypatch.setattr(migrations, "migrations", known)

    return take


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(url=settings.database_url, data=settings.data)
    try:
        yield database
    finally:
        await database.close()


async def _migrated(settings: Settings) -> list[str]:
    async with _opened(settings) as database:
        return await database.migrate(1)


async def _with_data(settings: Settings) -> str:
    """Bring the store up to the real release and state a fact in it; returns its name."""
    name = unique("fact")
    async with _opened(settings) as database:
        await database.migrate(1)
        await database.write(lambda tx: facts.put(tx, name, "so"))
    return name


async def _has(settings: Settings, *tables: str) -> list[int]:
    async with _opened(settings) as database:
        return [await database.read(lambda tx, table=table: tx.value(f"SELECT x FROM {table}")) for table in tables]  # type: ignore[misc]


class TestMigrate:
    async def test_a_fresh_one_gets_every_step(
        self, fresh: Settings, release: Callable[..., None], engine: str
    ) -> None:
        """In their order, and each is noted once."""
        release(TWO, THREE)
        assert [*FIRST[engine], "9998_two", "9999_three"] == await _migrated(fresh)
        assert [2, 3] == await _has(fresh, "two", "three")

    async def test_one_that_is_up_to_date_is_left_alone(self, fresh: Settings) -> None:
        """Nothing is applied twice."""
        await _migrated(fresh)
        assert [] == await _migrated(fresh)

    async def test_one_with_data_keeps_it(self, fresh: Settings, release: Callable[..., None]) -> None:
        """Only what is new is applied."""
        name = await _with_data(fresh)
        release(TWO, THREE)
        assert ["9998_two", "9999_three"] == await _migrated(fresh)
        async with _opened(fresh) as database:
            assert "so" == await database.read(lambda tx: facts.get(tx, name))

    async def test_a_step_that_fails_leaves_nothing(self, fresh: Settings, release: Callable[..., None]) -> None:
        """Not even its first statements; a mended release goes on from there."""
        name = await _with_data(fresh)
        release(TWO, BROKEN)
        with pytest.raises(Unavailable, match="nowhere"):
            await _migrated(fresh)
        release(TWO, THREE)
        applied = await _migrated(fresh)
        assert "9999_three" == applied[-1]
        assert [2, 3] == await _has(fresh, "two", "three")
        async with _opened(fresh) as database:
            assert "so" == await database.read(lambda tx: facts.get(tx, name))

    async def test_an_older_release_doesn_t_touch_a_newer_one_s(
        self, fresh: Settings, release: Callable[..., None]
    ) -> None:
        """It says so, instead of writing what the newer one would not understand."""
        release(TWO)
        await _migrated(fresh)
        release()
        with pytest.raises(Unavailable, match="a newer release of Maquette has already changed this database"):
            await _migrated(fresh)

    async def test_many_at_once_in_one_process(self, fresh: Settings, release: Callable[..., None]) -> None:
        """Each step is applied by one of them, and all find it done."""
        await _with_data(fresh)
        release(TWO, THREE)
        applied = await asyncio.gather(*(_migrated(fresh) for _ in range(4)))
        assert ["9998_two", "9999_three"] == sorted(step for steps in applied for step in steps)
        assert [2, 3] == await _has(fresh, "two", "three")


@pytest.mark.postgres
class TestPostgres:
    @pytest.fixture
    def engine(self) -> str:
        """PostgreSQL alone."""
        return "postgres"

    async def test_a_connection_lost_half_way(self, fresh: Settings, release: Callable[..., None]) -> None:
        """All steps or none: the next start makes all of them."""
        await _with_data(fresh)
        release(TWO, replace(THREE, sql=THREE.sql + "SELECT pg_sleep(60);"))
        migrating = asyncio.create_task(_migrated(fresh))
        connection = await asyncpg.connect(fresh.database_url)
        sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        while not (pid := await connection.fetchval(sleeping)):
            await asyncio.sleep(0.01)
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
        await connection.close()
        with pytest.raises(Unavailable):
            await migrating
        release(TWO, THREE)
        assert ["9998_two", "9999_three"] == await _migrated(fresh)


class TestSqlite:
    @pytest.fixture
    def engine(self) -> str:
        """SQLite alone."""
        return "sqlite"

    async def test_a_copy_is_taken_first(self, fresh: Settings, release: Callable[..., None]) -> None:
        """Of one that holds data: as it was before the first step, and whole."""
        name = await _with_data(fresh)
        release(TWO, THREE)
        await _migrated(fresh)
        (copy,) = fresh.data.glob("*before*")
        assert "maquette-before-9998_two.db" == copy.name
        assert 0o600 == copy.stat().st_mode & 0o777
        with contextlib.closing(apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
            assert [("so",)] == connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchall()
            assert [] == connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'two'").fetchall()
        assert [] == list(fresh.data.glob("*.partial"))

    async def test_an_upgrade_is_told_of(
        self, fresh: Settings, release: Callable[..., None], clock: StillClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Which steps, and where the copy is; a new database is none, nor one that is up to date."""
        caplog.set_level("INFO")
        async with open_store(fresh, clock):
            assert "brought up to date" not in caplog.text
        release(TWO, THREE)
        for _ in range(2):
            async with open_store(fresh, clock):
                pass
        copy = fresh.data / "maquette-before-9998_two.db"
        told = [message for message in caplog.messages if "brought up to date" in message]
        assert [
            f"the database is brought up to date; as it was before, it is kept in {copy}",
            "the database was brought up to date: 9998_two, 9999_three",
        ] == told

    async def test_an_index_that_was_laid_out_in_another_way_is_made_anew(self, fresh: Settings) -> None:
        """Development versions had one; what it held is found again."""
        await _with_data(fresh)
        with contextlib.closing(apsw.Connection(str(embedded_file(fresh.data)))) as connection:
            connection.execute(
                "DROP TRIGGER projects_search_insert; DROP TRIGGER projects_search_delete; DROP TABLE projects_terms;"
                " DROP TRIGGER projects_search_update; DROP TABLE projects_search; DROP TABLE projects_indexed;"
                " DROP TRIGGER workspaces_most; DELETE FROM migrations WHERE number = 5;"
                " CREATE VIRTUAL TABLE projects_search USING fts5(home, name, description, content = '');"
                " CREATE VIRTUAL TABLE projects_terms USING fts5vocab(projects_search, row);"
                " CREATE TABLE projects_indexed (serial INTEGER NOT NULL); INSERT INTO projects_indexed VALUES (7);"
            ).fetchall()
        assert ["0005_search"] == await _migrated(fresh)
        with contextlib.closing(apsw.Connection(str(embedded_file(fresh.data)))) as connection:
            columns = connection.execute("SELECT name FROM pragma_table_info('projects_search')").fetchall()
            assert [("state",), ("name",), ("description",)] == columns

    async def test_workspaces_end_where_the_index_does(self, fresh: Settings) -> None:
        """Two millions of them; one more is refused before anything is wrong."""
        await _with_data(fresh)
        made = (
            "INSERT INTO workspaces (serial, id, slug, name, plan, version, created_at, updated_at)"
            " VALUES (2097152, 'x', 'x', 'x', (SELECT name FROM plans), 1, 0, 0)"
        )
        with (
            contextlib.closing(apsw.Connection(str(embedded_file(fresh.data)))) as connection,
            pytest.raises(apsw.ConstraintError, match="too many workspaces"),
        ):
            connection.execute(made).fetchall()

    async def test_a_fresh_one_is_not_copied(self, fresh: Settings, release: Callable[..., None]) -> None:
        """There is nothing to lose yet."""
        release(TWO)
        await _migrated(fresh)
        assert [] == list(fresh.data.glob("*before*"))

    async def test_no_step_without_its_copy(self, fresh: Settings, release: Callable[..., None]) -> None:
        """Where the copy can't be made, as on a full disk, the upgrade isn't begun, and says why."""
        await _with_data(fresh)
        release(TWO)
        disk = Disk(unique("disk"))
        disk.fail_at(1, apsw.FullError, kinds="write", lasting=True)
        apsw.set_default_vfs(disk.name)
        try:
            with pytest.raises(Unavailable, match="full"):
                await _migrated(fresh)
        finally:
            apsw.set_default_vfs(BASE)
            disk.unregister()
        assert ["maquette.db"] == [file.name for file in fresh.data.iterdir()]
        assert ["9998_two"] == await _migrated(fresh)

    async def test_killed_half_way(self, fresh: Settings, release: Callable[..., None]) -> None:
        """A process killed in the middle of a step leaves the steps before it, and the next start goes on."""
        await _with_data(fresh)
        child = subprocess.Popen([sys.executable, "-c", PAUSING, str(fresh.data)], stdout=subprocess.PIPE, text=True)
        assert child.stdout
        assert "in the middle\n" == child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        release(TWO, THREE)
        assert ["9999_three"] == await _migrated(fresh)
        assert [2, 3] == await _has(fresh, "two", "three")

    async def test_processes_that_start_at_once(self, fresh: Settings) -> None:
        """On one empty folder after the other, all of them start, and every step is applied once."""
        folders, at = 12, time.time() + 1.0
        children = [
            subprocess.Popen(
                [sys.executable, "-c", STARTING, str(fresh.data), str(folders), str(at)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(PROCESSES)
        ]
        applied = [line for child in children for line in child.communicate(timeout=60)[0].splitlines()]
        assert [0] * PROCESSES == [child.returncode for child in children]
        assert sorted(f"{n} {step}" for n in range(folders) for step in FIRST["sqlite"]) == sorted(applied)
        assert [] == await _migrated(replace(fresh, data=fresh.data / "0"))
        assert embedded_file(fresh.data / "0").exists()


STARTING = """
import asyncio, sys, time
from pathlib import Path
from typing import get_args
from maquette.store.sqlite import SqliteDatabase

async def main(data, folders, at):
    for number in range(int(folders)):
        while time.time() < float(at) + number * 0.05:
            pass
        store = SqliteDatabase(Path(data) / str(number) / "maquette.db")
        for step in await store.migrate(1):
            print(number, step)
        await store.close()

asyncio.run(main(*sys.argv[1:]))
"""

PAUSING = f"""
import asyncio, sys, time
from pathlib import Path
from typing import get_args
import apsw
from maquette.store import migrations
from maquette.store.sqlite import SqliteDatabase

def pause():
    print("in the middle", flush=True)
    time.sleep(60)

apsw.connection_hooks.append(lambda connection: connection.create_scalar_function("pause", pause))
Migration, real = migrations.Migration, migrations.migrations
steps = [{TWO!r}, {replace(THREE, sql=THREE.sql + "SELECT pause();")!r}]
migrations.migrations = lambda engine: (*real(engine), *steps)
asyncio.run(SqliteDatabase(Path(sys.argv[1]) / "maquette.db").migrate(1))
"""
