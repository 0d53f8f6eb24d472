"""Does every event reach its endpoints, whatever is killed? A server killed over and over between POST and mark."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from maquette.domain import credentials, signing, webhooks, workspaces
from maquette.domain.webhooks import WebhookDraft
from maquette.foundation import open_store
from maquette.model.actor import operator
from maquette.model.clock import SystemClock
from maquette.model.webhooks import EVENT_TYPES
from maquette.settings import Settings
from maquette.store.database import Transaction
from tests.conftest import SECRET_KEY, postgres_database
from tests.endpoint import Endpoint, Got, Says, endpoint
from tests.server.supervised import LONG, CraftDesk, Journal, Server

ROUNDS = 100 if LONG else 3
ENDPOINTS = 4
CLIENTS = 3
WITHIN_S = 900 if LONG else 90
WAIT_EVERY = 10
"""In one round of so many the server is killed while it sends: what the one before had leased, it may not send yet."""

HASTEN_EVERY_S = 15 if LONG else 4
"""What failed twice, as a busy machine may make it, would wait 5 minutes: its time is brought forward."""

SECRET = signing.new_secret()

pytestmark = pytest.mark.kill


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long])])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A store of the test's own on each engine in turn."""
    with postgres_database() if request.param == "postgres" else nullcontext() as url:
        yield Settings(data=tmp_path / "data", database_url=url, secret_key=SECRET_KEY)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """A server on that store which may send to this machine."""
    environment = {"MAQUETTE_WEBHOOK_ALLOW": "127.0.0.0/8", "MAQUETTE_SECRET_KEY": SECRET_KEY}
    if settings.database_url:
        environment["MAQUETTE_DATABASE_URL"] = settings.database_url
    server = Server(settings.data, environment=environment)
    yield server
    server.abandon()


async def _create_team(settings: Settings, there: Endpoint) -> str:
    """A team with endpoints that want everything; returns the key of its owner."""

    async def body(tx: Transaction) -> str:
        now_ms = SystemClock().now_ms()
        workspace, owner = await workspaces.create(
            tx, "Team", plan="unlimited", owner="owner@example.com", now_ms=now_ms
        )
        actor = operator(workspace.serial)
        for number in range(ENDPOINTS):
            draft = WebhookDraft(there.url(f"/{number}"), ("*",), "craftdesk", secret=SECRET)
            await webhooks.create(tx, actor, draft, sealer, now_ms=now_ms)
        _, key = await credentials.create_key(tx, actor, owner, "load", now_ms=now_ms)
        return key

    async with open_store(settings, SystemClock()) as (database, sealer):
        return await database.write(body)


async def _committed(settings: Settings) -> set[str]:
    """The events that the store has and endpoints are told of, since there are endpoints."""
    types = ", ".join(f"'{type}'" for type in EVENT_TYPES)

    async def body(tx: Transaction) -> set[str]:
        rows = await tx.rows(
            f"SELECT id FROM events WHERE type IN ({types})"
            " AND serial > (SELECT MIN(serial) FROM events WHERE type = 'webhook.created')"
            " AND workspace = (SELECT MIN(workspace) FROM webhooks)"
        )
        return {str(id) for (id,) in rows}

    async with open_store(settings, SystemClock()) as (database, _):
        return await database.read(body)


async def _miscounted(settings: Settings) -> int:
    """How many endpoints have another number of deliveries than is kept of them."""

    async def body(tx: Transaction) -> int:
        counted = "(SELECT COUNT(*) FROM deliveries d WHERE d.webhook = w.serial)"
        return int(await tx.value(f"SELECT COUNT(*) FROM webhooks w WHERE w.held = 0 OR w.held <> {counted}"))

    async with open_store(settings, SystemClock()) as (database, _):
        return await database.read(body)


async def _hasten(settings: Settings) -> None:
    """Let what waits for its next attempt be due now."""

    async def body(tx: Transaction) -> None:
        endpoints = await tx.rows("SELECT serial FROM webhooks ORDER BY serial FOR UPDATE")  # held first, as by workers
        for (serial,) in endpoints:
            await tx.run("UPDATE deliveries SET due_at = 0 WHERE webhook = $1 AND state = 'waiting'", serial)
            await tx.run(
                "UPDATE webhooks SET ready_at = 0, paused_until = 0 WHERE serial = $1 AND ready_at IS NOT NULL", serial
            )

    async with open_store(settings, SystemClock()) as (database, _):
        await database.write(body)


async def _sends(there: Endpoint) -> None:
    """Wait until the server that runs now sends."""
    before = len(there.got)
    async with asyncio.timeout(WITHIN_S):
        while len(there.got) == before:
            await asyncio.sleep(0.01)


async def test_nothing_is_lost_and_duplicates_are_the_same(server: Server, settings: Settings) -> None:
    """Committed and received are the same set at each endpoint; twice means the same bytes, each time signed."""
    chance, journal, enough = random.Random(ROUNDS), Journal(), asyncio.Event()
    broken: list[str] = []
    met: set[tuple[str, str]] = set()

    def says(got: Got) -> Says:
        try:
            Webhook(SECRET).verify(got.body, got.headers)
        except Exception as error:  # whatever it is, the receiver would have refused it
            broken.append(repr(error))
        is_first = (got.path, got.id) not in met
        met.add((got.path, got.id))
        return Says(chance.choice([200] * 30 + [500, 0]) if is_first and not enough.is_set() else 200)

    async with endpoint() as there:
        there.says = says
        await server.start()
        key = await _create_team(settings, there)
        clients = [CraftDesk(server, journal, key, chance) for _ in range(CLIENTS)]
        working = asyncio.gather(*(client.work(enough) for client in clients))
        for number in range(ROUNDS):
            if number % WAIT_EVERY == 0:  # else it may be killed before it has sent anything
                await _sends(there)
            await asyncio.sleep(chance.uniform(0, 0.5))
            server.kill()
            await server.start()
        enough.set()
        await working
        committed, begun_at, hastened = await _committed(settings), time.monotonic(), 0
        while any(committed - set(there.ids(f"/{number}")) for number in range(ENDPOINTS)):
            waited_s = time.monotonic() - begun_at
            assert waited_s < WITHIN_S, "something is lost"
            if waited_s > HASTEN_EVERY_S * (hastened + 1):
                await _hasten(settings)
                hastened += 1
            await asyncio.sleep(0.25)
        await server.stop()
    bodies = defaultdict(set)
    for got in there.got:
        bodies[got.id].add(got.body)
    assert [] == broken
    assert 0 == await _miscounted(settings)
    assert [committed] * ENDPOINTS == [set(there.ids(f"/{number}")) for number in range(ENDPOINTS)]
    assert {1} == {len(found) for found in bodies.values()}
    assert len(there.got) > ENDPOINTS * len(committed), "nothing was ever cut off"
    assert len(committed) > 10 * ROUNDS
