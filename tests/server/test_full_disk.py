"""Does a running server outlive a full disk? Its files may grow no more, and then they may again."""

import random
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from maquette.app import open_runtime
from maquette.settings import Settings
from tests.office import Office, StillClock
from tests.ports import PATIENCE_S
from tests.server.supervised import CraftDesk, Creatopy, Journal, Server, require_exact, require_sound


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server on a folder of its own."""
    server = Server(tmp_path / "data")
    yield server
    server.abandon()


def _let_files_grow(server: Server, max_bytes: int) -> None:
    assert server.process
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (max_bytes, hard))


async def test_writes_are_refused_reads_go_on_and_then_all_is_well(server: Server) -> None:
    """503 in each dialect's envelope, the same pages as before, and no restart."""
    async with open_runtime(Settings(data=server.data)) as runtime:
        office = Office(runtime, StillClock())
        team = await office.team()
        tokens = [caller.headers["authorization"][7:] for caller in (await team.craftdesk(), await team.creatopy())]
        await office.close()
    await server.start()
    journal = Journal()
    craftdesk = CraftDesk(server, journal, tokens[0], random.Random(1))
    creatopy = Creatopy(server, journal, tokens[1], random.Random(1))
    for client in (craftdesk, creatopy):
        entry = journal.begin(client.dialect)
        entry.ref = await client.create(entry.name)
    names = sorted(entry.name for entry in journal.entries)

    _let_files_grow(server, 0)
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as http:
        for _ in range(3):
            refused = await http.post(
                "/craftdesk/v1/projects", json={"name": "Lost"}, headers={"Authorization": f"Bearer {tokens[0]}"}
            )
            assert (503, "1") == (refused.status_code, refused.headers["retry-after"])
            assert (503, ["store"]) == (refused.json()["code"], list(refused.json()["errors"]))
            refused = await http.post(
                "/creatopy/v1/projects",
                json={"name": "Lost", "brandKitId": creatopy.kit},
                headers={"Authorization": f"Bearer {tokens[1]}"},
            )
            assert (503, "1") == (refused.status_code, refused.headers["retry-after"])
            assert ["error"] == list(refused.json())
            assert names == sorted(await craftdesk.names()) == sorted(await creatopy.names())

    _let_files_grow(server, resource.RLIM_INFINITY)
    for client in (craftdesk, creatopy):
        entry = journal.begin(client.dialect)
        entry.ref = await client.create(entry.name)
        await client.close()
    await server.stop()
    require_sound(server.store)
    require_exact(server.store, journal)
