"""What is the engine of many nodes' own: a server that goes away, and writers that get in each other's way."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
import pytest

from maquette.domain import credentials, idempotency, members, projects, workspaces
from maquette.domain.credentials import KeyDraft
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Actor, Role
from maquette.model.errors import IdempotencyKeyInUse, Unavailable, Uncertain
from maquette.model.records import Credential, Project
from maquette.settings import Settings
from maquette.store import events, facts, postgres, postgres_upgrade
from maquette.store import workspaces as workspace_store
from maquette.store.database import Transaction
from maquette.store.filters import ProjectFilter
from maquette.store.idempotency import Claim, StoredResponse
from maquette.store.postgres import PostgresDatabase
from tests.office import StillClock
from tests.store.conftest import Home, new_home, unique

pytestmark = pytest.mark.postgres


@pytest.fixture
async def node(postgres_url: str, clock: StillClock) -> AsyncIterator[PostgresDatabase]:
    """One node's store."""
    async with _node(postgres_url) as database:
        await database.migrate(clock.now_ms())
        yield database


@pytest.fixture
async def other(postgres_url: str, node: PostgresDatabase) -> AsyncIterator[PostgresDatabase]:
    """A second node's view of the same store."""
    async with _node(postgres_url) as database:
        yield database


@pytest.fixture
async def home(node: PostgresDatabase, clock: StillClock) -> Home:
    """A workspace in it."""
    return await new_home(node, clock)


@contextlib.asynccontextmanager
async def _node(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(url)
    try:
        yield database
    finally:
        await database.close()


class Line:
    """A way to the server that can be cut: whoever is on it loses the connection, and nobody gets a new one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._path = f"{parts.username}@", parts.path
        self._ends: list[asyncio.StreamWriter] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self._port = 0
        self.is_hushed = False
        """Whether what is asked still arrives, while the first answer cuts the call."""

    @property
    def url(self) -> str:
        """The same database, over this line."""
        user, path = self._path
        return f"postgresql://{user}127.0.0.1:{self._port}{path}"

    async def mend(self) -> None:
        """Let calls through, and their answers."""
        self.is_hushed = False
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop all calls."""
        assert self._listening
        self._listening.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._ends.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._server)
        self._ends += [writer, far_writer]
        for pump in (self._pump(reader, far_writer), self._answer(far_reader, writer)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while (data := await reader.read(65_536)) and not self.is_hushed:
                writer.write(data)
        writer.close()


@pytest.fixture
async def line(postgres_url: str, node: PostgresDatabase) -> AsyncIterator[Line]:
    """A line to the migrated store."""
    line = Line(postgres_url)
    await line.mend()
    yield line
    await line.cut()


async def _state(database: PostgresDatabase) -> str:
    name = unique("fact")
    await database.write(lambda tx: facts.put(tx, name, "so"))
    return name


async def _is_stated(database: PostgresDatabase, name: str) -> bool:
    return await database.read(lambda tx: facts.get(tx, name)) == "so"


class TestConnect:
    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("postgresql://maquette:hush@127.0.0.1:1/maquette", "Connect call failed"),
            ("postgresql://nobody:hush@127.0.0.1:5432/there_is_no_such_database", "does not exist"),
            ("mysql://maquette:hush@127.0.0.1/maquette", "invalid DSN"),
        ],
    )
    async def test_a_server_that_can_t_be_reached(self, url: str, sentence: str) -> None:
        """A start says so in one sentence, without the password; so do reads and writes."""
        async with _node(url) as database:
            for attempt in (database.migrate(1), database.read(lambda tx: facts.get(tx, "x")), _state(database)):
                with pytest.raises(Unavailable, match=f"PostgreSQL can't be reached: .*{sentence}") as raised:
                    await attempt
                assert "hush" not in str(raised.value)

    async def test_a_server_that_never_says_anything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A connection that leads nowhere is given up after a while."""
        monkeypatch.setattr(postgres, "CONNECT_S", 0.05)
        ends: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _, end: ends.append(end), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        async with silent, _node(f"postgresql://maquette@127.0.0.1:{port}/maquette") as database:
            with pytest.raises(Unavailable, match="PostgreSQL can't be reached: TimeoutError"):
                await _state(database)
        for end in ends:
            end.transport.abort()
        await asyncio.sleep(0)

    async def test_no_connection_left(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever waits too long for one is refused; with one given back, the next is served."""
        enough, all_taken = asyncio.Event(), asyncio.Barrier(postgres.MAX_READS_OR_WRITES + 1)

        async def hold(tx: Transaction) -> None:
            await tx.value("SELECT 1")
            await all_taken.wait()
            await enough.wait()

        holders = [asyncio.create_task(home.read(hold)) for _ in range(postgres.MAX_READS_OR_WRITES)]
        await all_taken.wait()
        monkeypatch.setattr(postgres, "ACQUIRE_S", 0.05)
        with pytest.raises(Unavailable, match="in use"):
            await home.read(lambda tx: tx.value("SELECT 1"))
        enough.set()
        await asyncio.gather(*holders)
        assert 1 == await home.read(lambda tx: tx.value("SELECT 1"))

    @pytest.mark.parametrize(("waiting", "answered"), [("write", "read"), ("read", "write")])
    async def test_one_kind_leaves_some_to_the_other(self, home: Home, waiting: str, answered: str) -> None:
        """However many writes wait for a row, lists are answered; however many searches take long, writes are."""
        enough, many_wait = asyncio.Event(), asyncio.Barrier(postgres.MAX_READS_OR_WRITES + 1)

        async def hold(tx: Transaction) -> None:
            await many_wait.wait()
            await enough.wait()

        kind = getattr(home.database, waiting)
        holders = [asyncio.create_task(kind(hold)) for _ in range(postgres.MAX_READS_OR_WRITES)]
        await many_wait.wait()
        many_wait = asyncio.Barrier(1)
        holders += [asyncio.create_task(kind(hold)) for _ in range(postgres.CONNECTIONS)]
        await asyncio.sleep(0)
        async with asyncio.timeout(postgres.ACQUIRE_S / 2):
            assert 1 == await getattr(home.database, answered)(lambda tx: tx.value("SELECT 1"))
        enough.set()
        await asyncio.gather(*holders)

    async def test_a_server_that_comes_up_later(self, line: Line) -> None:
        """A node that was there first serves from then on."""
        await line.cut()
        async with _node(line.url) as database:
            with pytest.raises(Unavailable):
                await _state(database)
            await line.mend()
            assert await _is_stated(database, await _state(database))


class TestLostConnection:
    async def test_terminated_while_idle(self, home: Home, other: PostgresDatabase) -> None:
        """Every connection is ended from outside; the next calls get new ones."""
        await asyncio.gather(*(_state(other) for _ in range(4)))
        await home.write(_terminate_all_others)
        for _ in range(6):
            with contextlib.suppress(Unavailable):
                await _state(other)
        assert await _is_stated(other, await _state(other))

    async def test_terminated_in_the_middle(self, home: Home, other: PostgresDatabase) -> None:
        """The write under way is `Unavailable` and leaves nothing; the next one is carried out."""
        name = unique("fact")

        async def body(tx: Transaction) -> None:
            await facts.put(tx, name, "so")
            await home.write(_terminate_all_others)
            await tx.value("SELECT 1")

        with pytest.raises(Unavailable):
            await other.write(body)
        assert not await _is_stated(other, name)
        assert await _is_stated(other, await _state(other))

    async def test_a_read_is_unavailable_too(self, home: Home, other: PostgresDatabase) -> None:
        """And the next one is answered."""

        async def body(tx: Transaction) -> None:
            await tx.value("SELECT 1")
            await home.write(_terminate_all_others)
            await tx.value("SELECT 1")

        with pytest.raises(Unavailable):
            await other.read(body)
        assert 1 == await other.read(lambda tx: tx.value("SELECT 1"))

    async def test_cut_while_it_commits(self, line: Line, node: PostgresDatabase) -> None:
        """The change is there, and nobody was told: that is `Uncertain`. Cut before, it's known that nothing is."""
        names = unique("fact"), unique("fact")

        async def body(tx: Transaction, name: str, *more: str) -> None:
            await facts.put(tx, name, "so")
            line.is_hushed = True
            for sql in more:
                await tx.value(sql)

        async def refused(database: PostgresDatabase, *given: str) -> type[Unavailable]:
            with pytest.raises(Unavailable) as caught:
                await database.write(lambda tx: body(tx, *given))
            line.is_hushed = False
            return caught.type

        async with _node(line.url) as database:
            assert Uncertain is await refused(database, names[0])
            assert Unavailable is await refused(database, names[1], "SELECT 1")
        assert [True, False] == [await _is_stated(node, name) for name in names]

    async def test_a_line_cut_under_load(self, line: Line) -> None:
        """Every write is acknowledged or `Unavailable`, the acknowledged ones are there, and all is well afterwards."""
        acknowledged: list[str] = []

        async def write_on(database: PostgresDatabase) -> None:
            while len(acknowledged) < 60:
                try:
                    acknowledged.append(await _state(database))
                except Unavailable:
                    await asyncio.sleep(0.01)

        async with _node(line.url) as database:
            writers = asyncio.gather(*(write_on(database) for _ in range(6)))
            for kept in (10, 30):
                while len(acknowledged) < kept:
                    await asyncio.sleep(0.001)
                await line.cut()
                with pytest.raises(Unavailable):
                    await _is_stated(database, "x")
                await line.mend()
            await writers
            stated = [await _is_stated(database, name) for name in acknowledged]
        assert [True] * len(acknowledged) == stated


async def _terminate_all_others(tx: Transaction) -> None:
    await tx.rows(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


class TestManyWriters:
    async def test_one_workspace_from_two_nodes(self, home: Home, other: PostgresDatabase) -> None:
        """Projects of one name made at once get slugs of their own, and the kept counts hold."""
        actor = Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)
        draft = ProjectDraft("Website")
        made = await asyncio.gather(
            *(
                database.write(lambda tx: projects.create(tx, actor, draft, now_ms=2))
                for database in (home.database, other)
                for _ in range(10)
            )
        )
        assert {"website", *(f"website-{n}" for n in range(2, 21))} == {project.slug for project in made}
        assert 20 == await home.read(
            lambda tx: tx.value("SELECT active_private FROM workspaces WHERE serial = $1", home.serial)
        )

    async def test_workspaces_of_one_name_created_at_once(self, node: PostgresDatabase) -> None:
        """Nothing locks them against each other: whoever comes second looks again, and finds another slug."""
        name, owner = unique("Acme"), unique("owner") + "@example.com"
        made = await asyncio.gather(
            *(
                node.write(lambda tx: workspaces.create(tx, name, plan="unlimited", owner=owner, now_ms=1))
                for _ in range(4)
            )
        )
        assert 4 == len({workspace.slug for workspace, _ in made})
        assert 1 == len({user.serial for _, user in made})

    async def test_one_new_person_in_two_workspaces_at_once(self, home: Home, clock: StillClock) -> None:
        """They become one user."""
        homes = [home, *[await new_home(home.database, clock) for _ in range(4)]]
        email = unique("new") + "@example.com"
        users = await asyncio.gather(
            *(
                home.write(
                    lambda tx, serial=each.serial: members.add(  # type: ignore[misc]
                        tx, Actor(serial, 0, Role.OWNER), email, Role.MEMBER, now_ms=1
                    )
                )
                for each in homes
            )
        )
        assert 1 == len({user.serial for user in users})

    async def test_what_is_never_unique_is_not_tried_for_ever(self, node: PostgresDatabase) -> None:
        """After five times it is `Unavailable`."""
        name, attempts = await _state(node), 0

        async def body(tx: Transaction) -> None:
            nonlocal attempts
            attempts += 1
            await facts.put(tx, name, "again")

        with pytest.raises(Unavailable, match="UniqueViolation"):
            await node.write(body)
        assert postgres.ATTEMPTS == attempts

    async def test_two_that_lock_each_other_out(self, node: PostgresDatabase, other: PostgresDatabase) -> None:
        """The one that PostgreSQL picks is run again, and both get through."""
        names = await _state(node), await _state(node)
        first_locks = asyncio.Barrier(2)

        async def write(database: PostgresDatabase, one: str, two: str) -> None:
            tries = 0

            async def body(tx: Transaction) -> None:
                nonlocal tries
                tries += 1
                await tx.run("SET LOCAL deadlock_timeout = '20ms'")
                await tx.run("UPDATE facts SET value = value || '+' WHERE name = $1", one)
                if tries == 1:
                    await first_locks.wait()
                await tx.run("UPDATE facts SET value = value || '+' WHERE name = $1", two)

            await database.write(body)

        await asyncio.gather(write(node, *names), write(other, *reversed(names)))
        for name in names:
            assert "so++" == await node.read(lambda tx, name=name: facts.get(tx, name))  # type: ignore[misc]


@contextlib.asynccontextmanager
async def _locked(home: Home, postgres_url: str) -> AsyncIterator[None]:
    """Somebody else holds the lock of the workspace's row."""
    connection = await asyncpg.connect(postgres_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM workspaces WHERE serial = $1 FOR UPDATE", home.serial)
            yield
    finally:
        await connection.close()


class TestBusyWorkspace:
    @pytest.mark.parametrize("what", ["project", "key"])
    async def test_it_leaves_connections_to_the_others(
        self, home: Home, clock: StillClock, postgres_url: str, what: str
    ) -> None:
        """More of its writes wait than there are connections for writes; another's is answered, and nothing is lost."""
        creates: dict[str, Callable[[Home], Coroutine[Any, Any, Project | Credential]]]
        creates = {"project": _create, "key": _create_key}
        neighbour = await new_home(home.database, clock)
        async with _locked(home, postgres_url):
            waiting = [asyncio.create_task(creates[what](home)) for _ in range(2 * postgres.MAX_READS_OR_WRITES)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(postgres.ACQUIRE_S / 2):
                await _create(neighbour)
            assert not any(each.done() for each in waiting)
        assert len(waiting) == len({each.id for each in await asyncio.gather(*waiting)})

    async def test_a_new_version_alone_takes_a_slot(self, home: Home) -> None:
        """Its UPDATE locks the row as well."""

        async def body(tx: Transaction) -> set[int]:
            await workspace_store.bump_version(tx, home.serial)
            return set(cast(PostgresDatabase, home.database)._workspace_slots.of)

        assert {home.serial} == await home.write(body)

    async def test_its_writes_end_together_with_their_callers(self, home: Home, postgres_url: str) -> None:
        """Whoever goes away while they wait takes no slot along."""
        async with _locked(home, postgres_url):
            waiting = [asyncio.create_task(_create(home)) for _ in range(2 * postgres.MAX_READS_OR_WRITES)]
            await asyncio.sleep(0.05)
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        await _create(home)
        assert not cast(PostgresDatabase, home.database)._workspace_slots.of


async def _create(home: Home) -> Project:
    return await home.write(lambda tx: projects.create(tx, _owner(home), ProjectDraft("Wool"), now_ms=2))


async def _create_key(home: Home) -> Credential:
    credential, _ = await home.write(lambda tx: credentials.create(tx, _owner(home), KeyDraft("Wool"), now_ms=2))
    return credential


def _owner(home: Home) -> Actor:
    return Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)


class TestHeldLock:
    @pytest.fixture(autouse=True)
    def _hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(postgres.SETTINGS, "lock_timeout", "50ms")

    @pytest.fixture
    async def holder(self, home: Home, postgres_url: str) -> AsyncIterator[None]:
        """Somebody who has locked the workspace and doesn't let go."""
        async with _locked(home, postgres_url):
            yield

    async def test_a_write_is_unavailable(self, home: Home, holder: None) -> None:
        """Rather than waiting for ever."""
        actor = Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)
        with pytest.raises(Unavailable, match="lock timeout"):
            await home.write(lambda tx: projects.create(tx, actor, ProjectDraft("Late"), now_ms=2))

    async def test_with_an_idempotency_key_its_first_request_may_still_run(self, home: Home, holder: None) -> None:
        """The caller is told to ask again, and nothing has been done."""

        async def perform(_: Transaction) -> StoredResponse:
            raise AssertionError("it must not be performed")

        claim = Claim(home.serial, 1, "key", "POST /v1/projects", b"f")
        with pytest.raises(IdempotencyKeyInUse):
            await home.write(lambda tx: idempotency.run_once(tx, claim, perform, replay_only=None, now_ms=1))


class TestPlans:
    async def test_the_newest_event_is_looked_for_in_its_own_workspace(self, home: Home, clock: StillClock) -> None:
        """Also by a statement that is planned for no workspace in particular, and however much others did since."""
        busy = await new_home(home.database, clock)
        asked: list[str] = []

        class Asked:
            async def value(self, sql: str, *_: int) -> None:
                asked.append(sql)

        async def body(tx: Transaction) -> str:
            await tx.run(
                "INSERT INTO events"
                " (id, workspace, type, subject_kind, subject, subject_id, data, address, request_id, at)"
                " SELECT $2 || n, $1, 'project.created', 'project', 1, 's', '{}', 'here', 'r', n"
                " FROM generate_series(1, 20000) n",
                busy.serial,
                unique("evt"),
            )
            await tx.run("ANALYZE events")
            await events._newest(Asked(), home.serial)  # type: ignore[arg-type]
            await tx.run("SET LOCAL plan_cache_mode = force_generic_plan")
            await tx.run(f"PREPARE newest (bigint) AS {asked[0]}")
            plan = await tx.rows(f"EXPLAIN EXECUTE newest ({home.serial})")
            await tx.run("DEALLOCATE newest")
            return "\n".join(line for (line,) in plan)

        assert "using events_of_workspace" in await home.write(body)


class TestWithoutTrigrams:
    @pytest.fixture
    def engine(self) -> str:
        """PostgreSQL alone, in a database without the extension."""
        return "postgres"

    @pytest.fixture
    async def plain_url(self, own_settings: Settings) -> AsyncIterator[str]:
        """That database as somebody who may not create extensions in it."""
        assert own_settings.database_url
        role, admin = f"plain_{uuid.uuid4().hex[:12]}", await asyncpg.connect(own_settings.database_url)
        await admin.execute(f"CREATE ROLE {role} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO {role}")
        parts = urlsplit(own_settings.database_url)
        yield parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}").geturl()
        await admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await admin.close()

    async def test_searches_read_every_row_and_the_log_says_so(
        self, plain_url: str, clock: StillClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At each start; whoever adds the extension and the index later isn't told any more."""
        async with _node(plain_url) as node:
            assert "0004_search" in await node.migrate(clock.now_ms())
            home = await new_home(node, clock)
            made = await home.project("Wool")
            assert [made] == (await home.projects(ProjectFilter(keyword="oo"))).items
            await node.migrate(clock.now_ms())
        assert [postgres_upgrade.NO_SEARCH_INDEX] * 2 == [record.getMessage() for record in caplog.records]

    async def test_with_them_it_says_nothing(
        self, own_settings: Settings, clock: StillClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The extension is created where that is allowed."""
        async with _node(own_settings.database_url or "") as node:
            await node.migrate(clock.now_ms())
            assert await node.read(lambda tx: tx.value(postgres_upgrade.SEARCH_INDEX))
        assert [] == caplog.records
