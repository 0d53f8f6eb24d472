"""What every engine promises of a transaction: all or nothing, alone, seen by all once it's answered."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import apsw
import pytest

from maquette.model.errors import NotFound, Refusal, Unavailable
from maquette.settings import Settings
from maquette.store import facts, projects, workspaces
from maquette.store.database import Change, Database, Transaction, embedded_file, open_database
from tests.office import StillClock
from tests.store.conftest import Home, unique


@pytest.fixture
async def second(database: Database, engine_settings: Settings) -> AsyncIterator[Database]:
    """Another process's view of the same store."""
    other = open_database(url=engine_settings.database_url, data=engine_settings.data)
    yield other
    await other.close()


async def _state(database: Database, name: str, value: str = "so") -> None:
    await database.write(lambda tx: facts.put(tx, name, value))


async def _stated(database: Database, name: str) -> str | None:
    return await database.read(lambda tx: facts.get(tx, name))


class TestInsert:
    async def test_it_answers_with_the_rows_serial(self, home: Home) -> None:
        """Also where the row makes others, in blocks and in the index of searches."""
        long = "x" * 3_000
        made = [await home.project(description=long, description_folded=long) for _ in range(3)]
        assert [project.serial for project in made] == sorted({project.serial for project in made})
        for project in made:
            found = await home.got(project.id, "id")
            assert found
            assert project.serial == found.serial

    async def test_what_is_there_already_has_no_new_serial(self, home: Home) -> None:
        """A conflict that is let be answers with None, whatever was inserted before."""
        sql = "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, 'n', 1) ON CONFLICT (email) DO NOTHING"
        email = unique("email")

        async def body(tx: Transaction) -> tuple[int | None, int | None]:
            return await tx.insert(sql, unique("id"), email), await tx.insert(sql, unique("id"), email)

        first, second = await home.write(body)
        assert first == await home.read(lambda tx: tx.value("SELECT serial FROM users WHERE email = $1", email))
        assert second is None


class TestRollback:
    @pytest.mark.parametrize("error", [NotFound("project"), ZeroDivisionError("a bug")], ids=["refusal", "bug"])
    async def test_what_a_failed_body_wrote_is_gone(self, database: Database, error: Exception) -> None:
        """The caller gets the body's own exception, and nothing of it stays."""
        name = unique("fact")

        async def body(tx: Transaction) -> None:
            await facts.put(tx, name, "so")
            raise error

        with pytest.raises(type(error)) as raised:
            await database.write(body)
        assert raised.value is error
        assert await _stated(database, name) is None

    async def test_a_wrong_statement_is_no_outage(self, database: Database) -> None:
        """Our own mistake isn't passed off as `Unavailable`, which would invite to try it again."""
        for run in (database.read, database.write):
            with pytest.raises(Exception, match="nowhere") as raised:
                await run(lambda tx: tx.rows("SELECT 1 FROM nowhere"))
            assert not isinstance(raised.value, Refusal)
        assert 1 == await database.read(lambda tx: tx.value("SELECT 1"))

    async def test_one_of_many_at_once_fails_alone(self, database: Database) -> None:
        """Writes of the same moment, and of one batch, are carried out or refused one by one."""
        names = [unique("fact") for _ in range(9)]

        async def write(number: int) -> None:
            async def body(tx: Transaction) -> None:
                await facts.put(tx, names[number], "so")
                if number % 3 == 1:
                    raise NotFound("project")

            await database.write(body)

        outcomes = await asyncio.gather(*(write(number) for number in range(9)), return_exceptions=True)
        assert [number % 3 == 1 for number in range(9)] == [isinstance(outcome, NotFound) for outcome in outcomes]
        assert [None if number % 3 == 1 else "so" for number in range(9)] == [
            await _stated(database, name) for name in names
        ]


class TestRead:
    async def test_it_sees_one_snapshot(self, home: Home, second: Database, engine_settings: Settings) -> None:
        """What another process writes in the middle of a reading body isn't seen by it."""

        async def elsewhere() -> None:
            if engine_settings.database_url:
                await second.write(lambda tx: workspaces.bump_version(tx, home.serial))
            else:  # a body on SQLite may not wait, not even for another store
                with apsw.Connection(str(embedded_file(engine_settings.data))) as other:
                    other.execute("UPDATE workspaces SET version = version + 1 WHERE serial = ?", (home.serial,))

        async def body(tx: Transaction) -> tuple[int, int]:
            before = await workspaces.version(tx, home.serial)
            await elsewhere()
            return before, await workspaces.version(tx, home.serial)

        assert (1, 1) == await home.read(body)
        assert 2 == await home.read(lambda tx: workspaces.version(tx, home.serial))

    async def test_it_can_t_write(self, database: Database) -> None:
        """A reading body that writes is refused, and leaves nothing."""
        name = unique("fact")
        with pytest.raises(Unavailable):
            await database.read(lambda tx: facts.put(tx, name, "so"))
        assert await _stated(database, name) is None


class TestWrite:
    async def test_own_writes_are_seen_by_everyone_once_answered(self, database: Database, second: Database) -> None:
        """By this process and by the next one."""
        name = unique("fact")
        await _state(database, name)
        assert ("so", "so") == (await _stated(database, name), await _stated(second, name))

    async def test_a_body_sees_what_it_wrote(self, database: Database) -> None:
        """Before anyone else does."""
        name = unique("fact")

        async def body(tx: Transaction) -> str | None:
            await facts.put(tx, name, "so")
            return await facts.get(tx, name)

        assert "so" == await database.write(body)

    async def test_counts_never_drift_under_many_writers(self, home: Home, second: Database) -> None:
        """Read, add one, write back, from two processes at once: the workspace's lock makes every one count."""

        async def body(tx: Transaction) -> None:
            workspace, _ = await workspaces.lock(tx, home.serial)
            await tx.run("UPDATE workspaces SET version = $2 WHERE serial = $1", home.serial, workspace.version + 1)

        await asyncio.gather(*(database.write(body) for database in (home.database, second) for _ in range(20)))
        assert 41 == await home.read(lambda tx: workspaces.version(tx, home.serial))

    async def test_a_caller_who_is_gone_breaks_nothing(self, database: Database) -> None:
        """A cancelled write is carried out or not, whole; the next one is."""
        name = unique("fact")
        task = asyncio.create_task(_state(database, name))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _state(database, unique("fact"))
        assert await _stated(database, name) in ("so", None)


class TestListen:
    async def test_told_after_the_commit(self, home: Home, second: Database) -> None:
        """When a listener is told, the change can be read through any connection."""
        versions: list[asyncio.Task[int]] = []

        def listener(_: Sequence[Change]) -> None:
            versions.append(asyncio.create_task(second.read(lambda tx: workspaces.version(tx, home.serial))))

        home.database.listen(listener)
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial))
        assert [2] == await asyncio.gather(*versions)

    async def test_not_told_of_what_was_undone(self, home: Home) -> None:
        """A body that fails after its change has told nobody."""
        heard: list[Change] = []
        home.database.listen(heard.extend)

        async def body(tx: Transaction) -> None:
            await workspaces.bump_version(tx, home.serial)
            raise NotFound("project")

        with pytest.raises(NotFound):
            await home.write(body)
        assert [] == heard

    async def test_one_that_fails_is_passed_over(self, home: Home) -> None:
        """A durable write is answered as such, and the other listeners are told."""
        heard: list[Change] = []
        home.database.listen(lambda _: 1 // 0)  # type: ignore[arg-type]
        home.database.listen(heard.extend)
        await home.write(lambda tx: workspaces.bump_version(tx, home.serial))
        assert [Change(home.serial, 2)] == heard

    async def test_told_before_the_writer_is_answered(self, home: Home) -> None:
        """So whoever wrote never reads an older copy from memory."""
        heard: list[Change] = []
        home.database.listen(heard.extend)

        async def write() -> int:
            await home.write(lambda tx: workspaces.bump_version(tx, home.serial))
            return len(heard)

        assert 1 == await write()


class TestClose:
    async def test_nothing_works_afterwards(self, engine_settings: Settings, clock: StillClock) -> None:
        """A closed store refuses instead of hanging or opening again."""
        database = open_database(url=engine_settings.database_url, data=engine_settings.data)
        await database.migrate(clock.now_ms())
        await database.close()
        with pytest.raises(Unavailable):
            await database.write(lambda tx: projects.delete(tx, 0))
        with pytest.raises(Unavailable):
            await database.read(lambda tx: facts.get(tx, "x"))

    async def test_writes_under_way_are_finished(self, engine_settings: Settings, clock: StillClock) -> None:
        """What was promised before the close is kept."""
        database = open_database(url=engine_settings.database_url, data=engine_settings.data)
        await database.migrate(clock.now_ms())
        name = unique("fact")
        task = asyncio.create_task(_state(database, name))
        await asyncio.sleep(0)
        await asyncio.gather(task, database.close())
        again = open_database(url=engine_settings.database_url, data=engine_settings.data)
        assert "so" == await _stated(again, name)
        await again.close()
