"""Where do tests get stores and runtimes? SQLite in a folder of their own, PostgreSQL in a database of the run."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from ipaddress import ip_network
from pathlib import Path

import asyncpg
import pytest
from cryptography.fernet import Fernet

from maquette.app import open_runtime
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import InvalidPicture, Picture, examine
from maquette.model.errors import Invalid
from maquette.settings import Settings
from maquette.store.database import Database, open_database
from tests.office import Office, StillClock

POSTGRES = os.environ.get("MAQUETTE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
SECRET_KEY = Fernet.generate_key().decode()
LOOPBACK = (ip_network("127.0.0.0/8"),)
"""Where tests receive webhooks; nothing is sent but by workers that they start themselves."""


def missing(what: str) -> None:
    """In CI a missing service fails the test; on a user's machine it is skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI runs every test")
    pytest.skip(f"{what} is not here")


@contextmanager
def postgres_database() -> Iterator[str]:
    """The address of a new, empty database that is dropped at the end."""
    name = f"maquette_test_{uuid.uuid4().hex[:12]}"

    async def run(sql: str) -> None:
        connection = await asyncpg.connect(POSTGRES, timeout=5)
        await connection.execute(sql)
        await connection.close()

    try:
        asyncio.run(run(f'CREATE DATABASE "{name}"'))
    except (OSError, asyncpg.PostgresError, TimeoutError):
        missing("PostgreSQL on 127.0.0.1:5432")
    yield POSTGRES.rpartition("/")[0] + "/" + name
    asyncio.run(run(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own; each worker has its own, and all its tests share it."""
    with postgres_database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn, for a test that must hold on both."""
    return str(request.param)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on SQLite in the test's own folder."""
    return Settings(data=tmp_path, secret_key=SECRET_KEY, webhook_allow=LOOPBACK, worker=False)


@pytest.fixture
def engine_settings(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings on the engine in turn."""
    url = request.getfixturevalue("postgres_url") if engine == "postgres" else None
    return Settings(data=tmp_path, secret_key=SECRET_KEY, database_url=url, webhook_allow=LOOPBACK, worker=False)


@pytest.fixture
def clock() -> StillClock:
    """A clock that stands still."""
    return StillClock()


@asynccontextmanager
async def migrated(settings: Settings, clock: StillClock) -> AsyncIterator[Database]:
    """A store of the present schema."""
    store = open_database(url=settings.database_url, data=settings.data)
    await store.migrate(clock.now_ms())
    yield store
    await store.close()


@asynccontextmanager
async def office_of(settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """A runtime, and the callers that are made in it."""
    async with open_runtime(settings, clock) as runtime:
        made = Office(runtime, clock)
        yield made
        await made.close()


@pytest.fixture
async def database(engine_settings: Settings, clock: StillClock) -> AsyncIterator[Database]:
    """A migrated store on the engine in turn."""
    async with migrated(engine_settings, clock) as store:
        yield store


@pytest.fixture
async def office(settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """A runtime on SQLite."""
    async with office_of(settings, clock) as made:
        yield made


@pytest.fixture
async def engine_office(engine_settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """A runtime on the engine in turn."""
    async with office_of(engine_settings, clock) as made:
        yield made


@pytest.fixture
def own_settings(engine: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings on a store that no other test writes to: for what acts on a whole instance, such as mailing."""
    with postgres_database() if engine == "postgres" else nullcontext() as url:
        yield Settings(data=tmp_path, secret_key=SECRET_KEY, database_url=url, webhook_allow=LOOPBACK, worker=False)


@pytest.fixture
async def own_database(own_settings: Settings, clock: StillClock) -> AsyncIterator[Database]:
    """A migrated store of the test's own on the engine in turn."""
    async with migrated(own_settings, clock) as store:
        yield store


@pytest.fixture
async def own_office(own_settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """A runtime on a store of the test's own, on the engine in turn."""
    async with office_of(own_settings, clock) as made:
        yield made


@pytest.fixture
def examined_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are examined without a process for each, which is other tests' business."""

    def examined(_: PictureSandbox, content: bytes) -> Picture:
        try:
            return examine(content)
        except InvalidPicture as invalid:
            raise Invalid({"file": [str(invalid)]}) from invalid

    monkeypatch.setattr(PictureSandbox, "_run_worker", examined)
