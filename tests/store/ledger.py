"""What was promised, and is it kept? Writes projects through the domain, and compares the store with the answers."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from maquette.domain import projects, workspaces
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Actor, Role
from maquette.model.errors import NotFound, Unavailable, Uncertain
from maquette.model.page import ByPage, Order, SortField
from maquette.store.database import Transaction
from maquette.store.projects import ProjectFilter
from maquette.store.sqlite import SqliteDatabase

LONG = os.environ.get("MAQUETTE_PROVE") == "long"
MAX_CONCURRENT = 4
EVERYTHING = ByPage(1, 10_000)
OLDEST = Order(SortField.SERIAL, descending=False)


@dataclass
class Ledger:
    """The answers that one workspace's writers got."""

    actor: Actor
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    uncertain: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def write(self, store: SqliteDatabase, rounds: int) -> None:
        """Some rounds of writes at the same moment, one of each a refusal of the domain's."""
        for _ in range(rounds):
            await asyncio.gather(*(self.create(store) for _ in range(MAX_CONCURRENT)), self._be_refused(store))

    async def create(self, store: SqliteDatabase) -> bool:
        """Make one project; any failure but `Unavailable` goes through."""
        name = f"project {next(self._numbers)}"
        try:
            await store.write(lambda tx: projects.create(tx, self.actor, ProjectDraft(name), now_ms=2))
        except Uncertain:
            self.uncertain.add(name)
            return False
        except Unavailable:
            self.refused.add(name)
            return False
        self.acknowledged.add(name)
        return True

    async def require_kept(self, store: SqliteDatabase, *, strict: bool = True) -> None:
        """All that was acknowledged is there, each write whole; if strict, nothing that was refused is."""
        names = await self._names(store)
        assert len(names) == len(set(names))
        assert self.acknowledged <= set(names), "an acknowledged write is lost"
        assert set(names) <= self.acknowledged | self.refused | self.uncertain
        if strict:
            assert not set(names) & self.refused, "a refused write is there"
        await store.read(self._require_whole)

    async def _names(self, store: SqliteDatabase) -> list[str]:
        found = await store.read(lambda tx: projects.list_(tx, self.actor, ProjectFilter(), OLDEST, EVERYTHING))
        assert found.total == len(found.items), "a kept count is wrong"
        return [project.name for project in found.items]

    async def _require_whole(self, tx: Transaction) -> None:
        without_event = (
            "SELECT COUNT(*) FROM projects p WHERE NOT EXISTS"
            " (SELECT 1 FROM events e WHERE e.subject_id = p.id AND e.type = 'project.created')"
        )
        without_project = (
            "SELECT COUNT(*) FROM events e WHERE e.type = 'project.created' AND NOT EXISTS"
            " (SELECT 1 FROM projects p WHERE p.id = e.subject_id)"
        )
        assert 0 == await tx.value(without_event)
        assert 0 == await tx.value(without_project)
        version = await tx.value("SELECT version FROM workspaces WHERE serial = $1", self.actor.workspace)
        assert version == 1 + await tx.value("SELECT COUNT(*) FROM projects")

    async def _be_refused(self, store: SqliteDatabase) -> None:
        async def body(tx: Transaction) -> None:
            await projects.create(tx, self.actor, ProjectDraft("undone"), now_ms=2)
            raise NotFound("project")

        try:
            await store.write(body)
        except NotFound:
            return
        except Uncertain:
            raise AssertionError("it is certain that what was refused has changed nothing") from None
        except Unavailable:  # it met the fault before it came to its refusal
            self.refused.add("undone")
            return
        raise AssertionError("a refusal got lost")


async def new_ledger(path: Path) -> Ledger:
    """A new store in that file with one workspace, and nothing written to it yet."""
    store = SqliteDatabase(path)
    await store.migrate(1)
    workspace, owner = await store.write(
        lambda tx: workspaces.create(tx, "Acme", plan="unlimited", owner="owner@example.com", now_ms=1)
    )
    await store.close()
    return Ledger(Actor(workspace.serial, owner.serial, Role.OWNER, user_id=owner.id))


def copied(template: Path, folder: Path) -> Path:
    """The store, copied into a folder of its own."""
    folder.mkdir()
    return Path(shutil.copy(template, folder))


def require_sound(path: Path) -> None:
    """SQLite finds nothing wrong with the file."""
    connection = apsw.Connection(str(path))
    try:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        assert [] == connection.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        connection.close()
