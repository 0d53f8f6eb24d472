"""Does an acknowledged write survive `kill -9`? A server killed over and over, under clients of both dialects."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.ports import PATIENCE_S
from tests.server.supervised import (
    LONG,
    Client,
    CraftDesk,
    Creatopy,
    Journal,
    Server,
    require_exact,
    require_sound,
)

ROUNDS = 300 if LONG else 3
CLIENTS = 4
"""Of each dialect."""

ENOUGH = 20
"""So many writes a round: a busy machine is killed later."""

pytestmark = pytest.mark.kill


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty folder."""
    server = Server(tmp_path / "data")
    yield server
    server.abandon()


async def _tokens(server: Server) -> dict[type[Client], str]:
    """A key and a token of the first workspace, made, like its plan, at the command line beside the server."""
    (workspace,) = (await server.command("workspace", "list"))["workspaces"]
    slug = workspace["slug"]
    plan, key, pair = await asyncio.gather(
        server.command("workspace", "plan", slug, "unlimited"),
        server.command("key", "create", "--workspace", slug, "--name", "load"),
        server.command("client", "create", "--workspace", slug, "--name", "load"),
    )
    assert "unlimited" == plan["plan"]
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as http:
        body = {"clientId": pair["client_id"], "clientSecret": pair["client_secret"]}
        token = (await http.post("/creatopy/v1/auth/token", json=body)).json()["token"]
    return {CraftDesk: key["key"], Creatopy: token}


async def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(server: Server) -> None:
    """Every 2xx is readable, every key made one object, every change has its event, and every count is right."""
    chance, journal, enough = random.Random(ROUNDS), Journal(), asyncio.Event()
    await server.start()
    tokens = await _tokens(server)
    clients = [kind(server, journal, token, chance) for kind, token in tokens.items() for _ in range(CLIENTS)]
    working = asyncio.gather(*(client.work(enough) for client in clients))
    for number in range(1, ROUNDS + 1):
        await asyncio.sleep(chance.uniform(0.005, 0.5))
        while journal.acknowledged <= ENOUGH * number:
            await asyncio.sleep(0.01)
        server.kill()
        await server.start()
    enough.set()
    await working
    for kind, token in tokens.items():
        reader = kind(server, journal, token, chance)
        assert sorted(entry.name for entry in journal.live()) == sorted(await reader.names())
        await reader.close()
    await server.stop()
    require_sound(server.store)
    require_exact(server.store, journal)
    assert journal.acknowledged > ENOUGH * ROUNDS
