"""Does a backup taken under load restore to everything acknowledged before it began?"""

import asyncio
import errno
import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from maquette.app import open_runtime
from maquette.cli import main
from maquette.settings import Settings
from tests.office import Office, StillClock, Team
from tests.server.supervised import CraftDesk, Creatopy, Entry, Journal, Server, names, require_sound, require_there

CLIENTS = 3


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server on a folder of its own."""
    server = Server(tmp_path / "data")
    yield server
    server.abandon()


async def _team(server: Server) -> tuple[str, str]:
    """Create a workspace in the server's store; returns a key and a token."""
    async with open_runtime(Settings(data=server.data)) as runtime:
        office = Office(runtime, StillClock())
        team: Team = await office.team()
        _, key = await team.key()
        creatopy = await team.creatopy()
        token = creatopy.headers["authorization"].removeprefix("Bearer ")
        await office.close()
    return key, token


class TestUnderLoad:
    async def test_it_restores(self, server: Server, tmp_path: Path) -> None:
        """All that was acknowledged before it began is in it, whole, and a server starts on it."""
        key, token = await _team(server)
        chance, journal, enough = random.Random(1), Journal(), asyncio.Event()
        await server.start()
        clients = [CraftDesk(server, journal, key, chance) for _ in range(CLIENTS)]
        pairs = [Creatopy(server, journal, token, chance) for _ in range(CLIENTS)]
        working = asyncio.gather(*(client.work(enough) for client in [*clients, *pairs]))
        while journal.acknowledged < 100:
            await asyncio.sleep(0.01)
        before, acknowledged = [Entry(**vars(entry)) for entry in journal.live()], journal.acknowledged
        backup = tmp_path / "backup.db"
        told = await server.command("backup", str(backup))
        assert (str(backup), backup.stat().st_size) == (told["file"], told["bytes"])
        while journal.acknowledged < acknowledged + 100:  # nobody had to wait for it
            await asyncio.sleep(0.01)
        enough.set()
        await working
        await server.stop()
        require_sound(backup)
        require_there(backup, before)
        held = names(backup)
        restored = Server(tmp_path / "restored")
        restored.data.mkdir()
        shutil.copy(backup, restored.store)
        shutil.copy(server.data / "secret.key", restored.data)
        await _require_served(restored, key, held)


async def _require_served(restored: Server, key: str, held: list[str]) -> None:
    try:
        await restored.start()
        client = CraftDesk(restored, Journal(), key, random.Random(1))
        assert held == sorted(await client.names())
        assert await client.create("after the restore")
        await client.close()
        await restored.stop()
    finally:
        restored.abandon()


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestRefusals:
    def _shown(self, *arguments: str) -> str:
        result = CliRunner().invoke(main, ["backup", *arguments])
        assert 1 == result.exit_code
        return " ".join(result.output.split())

    def test_no_store(self, tmp_path: Path) -> None:
        """Nothing is made where there is nothing to copy."""
        shown = self._shown(str(tmp_path / "b.db"), "--data", str(tmp_path / "data"))
        assert f"There is no store in {tmp_path / 'data'}; give --data." == shown
        assert [] == list(tmp_path.iterdir())

    async def test_a_file_that_is_there(self, server: Server) -> None:
        """Not even the store itself can be replaced by a slip of the pen."""
        await _team(server)
        content = server.store.read_bytes()
        shown = await asyncio.to_thread(self._shown, str(server.store), "--data", str(server.data))
        assert "a backup replaces nothing" in shown
        assert content == server.store.read_bytes()

    async def test_a_folder_that_is_not_there(self, server: Server, tmp_path: Path) -> None:
        """One sentence, and nothing left behind."""
        await _team(server)
        target = tmp_path / "nowhere" / "b.db"
        shown = await asyncio.to_thread(self._shown, str(target), "--data", str(server.data))
        assert f"There is no folder {target.parent}." == shown

    async def test_a_disk_that_is_full(self, server: Server, tmp_path: Path) -> None:
        """It is the target that's at fault, and the sentence says so."""
        await _team(server)
        target = tmp_path / "b.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("maquette.store.sqlite.copy", _full)
            shown = await asyncio.to_thread(self._shown, str(target), "--data", str(server.data))
        assert f"The backup can't be made: {target}: No space left on device." == shown

    async def test_what_is_not_in_it(self, server: Server, tmp_path: Path) -> None:
        """It is told of what a restore needs besides, as far as it's there."""
        await _team(server)
        arguments = ["backup", str(tmp_path / "b.db"), "--data", str(server.data)]
        shown = (await asyncio.to_thread(CliRunner().invoke, main, arguments)).stdout
        assert "holds the database" in shown
        assert f"Not in it, so keep a copy too: {server.data / 'secret.key'}\n" in shown
        (server.data / "objects").mkdir()
        arguments[1] = str(tmp_path / "c.db")
        shown = (await asyncio.to_thread(CliRunner().invoke, main, arguments)).stdout
        assert f"{server.data / 'secret.key'}, {server.data / 'objects'}\n" in shown

    def test_another_engine(self, tmp_path: Path) -> None:
        """PostgreSQL has tools of its own."""
        shown = self._shown(str(tmp_path / "b.db"), "--database-url", "postgresql://localhost/x")
        assert "pg_dump" in shown
