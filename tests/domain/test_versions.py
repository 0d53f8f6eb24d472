"""Which version a workspace is at: from memory only where no write can go unnoticed."""

import asyncio

from maquette.domain.versions import Versions
from maquette.store import workspaces
from maquette.store.database import Transaction
from tests.domain.doubles import Watched
from tests.office import Office, Team


async def write_in(office: Office, team: Team) -> int:
    """Change something in the workspace; returns its version after that."""

    async def body(tx: Transaction) -> int:
        await workspaces.bump_version(tx, team.workspace.serial)
        return await workspaces.version(tx, team.workspace.serial)

    return await office.write(body)


class TestKnown:
    async def test_an_unknown_workspace_has_to_be_asked_for(self, engine_office: Office) -> None:
        """Memory begins empty."""
        team = await engine_office.team()
        assert Versions(engine_office.database).known(team.workspace.serial) is None

    async def test_what_was_asked_is_known_where_all_writes_are_seen(self, engine_office: Office) -> None:
        """On SQLite; with PostgreSQL another node may write at any time."""
        team = await engine_office.team()
        versions = Versions(engine_office.database)
        version = await versions.current(team.workspace.serial)
        expected = version if engine_office.database.sees_all_writes else None
        assert versions.known(team.workspace.serial) == expected

    async def test_own_writes_are_followed(self, engine_office: Office) -> None:
        """After each acknowledged write the version is the new one: who writes reads it."""
        team = await engine_office.team()
        versions = Versions(engine_office.database)
        for _ in range(3):
            version = await write_in(engine_office, team)
            assert await versions.current(team.workspace.serial) == version
            assert versions.known(team.workspace.serial) in (version, None)

    async def test_writes_next_door_are_noticed(self, engine_office: Office, next_door: Office) -> None:
        """Another process's write is never overlooked, on either engine."""
        team = await engine_office.team()
        versions = Versions(engine_office.database)
        await versions.current(team.workspace.serial)
        version = await write_in(next_door, team)
        assert versions.known(team.workspace.serial) is None
        assert await versions.current(team.workspace.serial) == version

    async def test_many_writers_leave_the_last_version(self, engine_office: Office) -> None:
        """Of writes that were made together, the last one counts."""
        team = await engine_office.team()
        versions = Versions(engine_office.database)
        made = await asyncio.gather(*(write_in(engine_office, team) for _ in range(20)))
        assert await versions.current(team.workspace.serial) == max(made)
        assert sorted(made) == list(range(min(made), min(made) + 20))

    async def test_each_of_those_that_are_written_together_is_followed(self, engine_office: Office) -> None:
        """One commit may change many workspaces."""
        teams = [await engine_office.team() for _ in range(5)]
        versions = Versions(engine_office.database)
        for team in teams:
            await versions.current(team.workspace.serial)
        made = await asyncio.gather(*(write_in(engine_office, team) for team in teams))
        assert made == [await versions.current(team.workspace.serial) for team in teams]

    async def test_one_workspace_s_writes_are_no_other_s(self, engine_office: Office) -> None:
        """A version is its workspace's own."""
        team, other = await engine_office.team(), await engine_office.team()
        versions = Versions(engine_office.database)
        before = await versions.current(team.workspace.serial)
        await write_in(engine_office, other)
        assert await versions.current(team.workspace.serial) == before

    async def test_memory_answers_without_the_store(self, office: Office) -> None:
        """On SQLite a second question costs nothing."""
        team = await office.team()
        store = Watched(office.database)
        versions = Versions(store)
        for _ in range(3):
            await versions.current(team.workspace.serial)
        assert store.reads == 1


class TestPages:
    async def test_a_page_from_memory_is_never_older_than_an_acknowledged_write(
        self, engine_office: Office, next_door: Office
    ) -> None:
        """Written in one process, read in the other, page by page."""
        team = await engine_office.team()
        _, key = await team.key()
        here, there = engine_office.http("/craftdesk/v1", key), next_door.http("/craftdesk/v1", key)
        for number in range(3):
            for writer, reader in ((here, there), (there, here)):
                made = await writer.post("/projects", json={"name": f"Project {number}"})
                assert made.status_code == 201
                listed = (await reader.get("/projects")).json()["data"]
                assert made.json()["data"]["id"] in [project["id"] for project in listed]
