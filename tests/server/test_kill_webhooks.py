"""Does every event reach its endpoints, whatever is killed? A server killed over and over between POST and mark."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from standardwebhooks import Webhook

from maquette.app import database_of
from maquette.domain import signing, webhooks
from maquette.domain.webhooks import WebhookDraft
from maquette.model.actor import operator
from maquette.model.clock import SystemClock
from maquette.model.webhooks import EVENT_TYPES
from maquette.settings import Settings
from maquette.store import workspaces
from maquette.store.database import Transaction
from tests.endpoint import Endpoint, Got, Says, endpoint
from tests.server.supervised import LONG, CraftDesk, Journal, Server

ROUNDS = 100 if LONG else 3
ENDPOINTS = 4
CLIENTS = 3
WITHIN_S = 60
"""By then even what failed just before a kill has arrived: a lease, and the first step of the schedule."""

SECRET = signing.new_secret()

pytestmark = pytest.mark.kill


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty folder that may send to this machine."""
    server = Server(tmp_path / "data", "--webhook-allow", "127.0.0.0/8")
    yield server
    server.abandon()


async def _endpoints(server: Server, slug: str, there: Endpoint) -> None:
    """Some that want everything."""

    async def body(tx: Transaction) -> None:
        workspace = await workspaces.by_slug(tx, slug)
        assert workspace
        actor, now_ms = operator(workspace.serial), SystemClock().now_ms()
        for number in range(ENDPOINTS):
            draft = WebhookDraft(there.url(f"/{number}"), ("*",), "craftdesk", secret=SECRET)
            await webhooks.create(tx, actor, draft, sealer, now_ms=now_ms)

    async with database_of(Settings(data=server.data), SystemClock()) as (database, sealer):
        await database.write(body)


def _committed(file: Path) -> set[str]:
    """The events that the store has and endpoints are told of, since there are endpoints."""
    store = apsw.Connection(str(file))
    try:
        types = ", ".join(f"'{type}'" for type in EVENT_TYPES)
        rows = store.execute(
            f"SELECT id FROM events WHERE type IN ({types})"
            " AND serial > (SELECT MIN(serial) FROM events WHERE type = 'webhook.created')"
        ).fetchall()
        return {str(id) for (id,) in rows}
    finally:
        store.close()


async def test_nothing_is_lost_and_duplicates_are_the_same(server: Server) -> None:
    """Committed and received are the same set at each endpoint; twice means the same bytes, each time signed."""
    chance, journal, enough = random.Random(ROUNDS), Journal(), asyncio.Event()
    broken: list[str] = []

    def says(got: Got) -> Says:
        try:
            Webhook(SECRET).verify(got.body, got.headers)
        except Exception as error:  # whatever it is, the receiver would have refused it
            broken.append(repr(error))
        is_first = 1 == there.ids(got.path).count(got.id)
        return Says(chance.choice([200] * 30 + [500, 0]) if is_first and not enough.is_set() else 200)

    async with endpoint() as there:
        there.says = says
        await server.start()
        (workspace,) = (await server.command("workspace", "list"))["workspaces"]
        await server.command("workspace", "plan", workspace["slug"], "unlimited")
        key = (await server.command("key", "create", "--workspace", workspace["slug"], "--name", "load"))["key"]
        await _endpoints(server, workspace["slug"], there)
        clients = [CraftDesk(server, journal, key, chance) for _ in range(CLIENTS)]
        working = asyncio.gather(*(client.work(enough) for client in clients))
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            server.kill()
            await server.start()
        enough.set()
        await working
        committed, until = _committed(server.store), time.monotonic() + WITHIN_S
        while any(committed - set(there.ids(f"/{number}")) for number in range(ENDPOINTS)):
            assert time.monotonic() < until, "something is lost"
            await asyncio.sleep(0.05)
        await server.stop()
    bodies = defaultdict(set)
    for got in there.got:
        bodies[got.id].add(got.body)
    assert [] == broken
    assert [committed] * ENDPOINTS == [set(there.ids(f"/{number}")) for number in range(ENDPOINTS)]
    assert {1} == {len(found) for found in bodies.values()}
    assert len(there.got) > ENDPOINTS * len(committed), "nothing was ever cut off"
    assert len(committed) > 10 * ROUNDS
