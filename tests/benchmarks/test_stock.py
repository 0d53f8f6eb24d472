"""Is a store that was filled in a hurry one that Maquette could have filled itself?"""

import asyncio
from pathlib import Path

from benchmarks.stock import fill
from maquette.domain import projects
from maquette.domain.keys import key_hash
from maquette.foundation import open_store
from maquette.model.actor import operator
from maquette.model.clock import SystemClock
from maquette.model.page import ByPage, Order, Slice, SortField
from maquette.model.records import Project
from maquette.settings import Settings
from maquette.store.database import Transaction


def asked(data: Path, statement: str, *values: bytes) -> int:
    async def body(tx: Transaction) -> int:
        return int(await tx.value(statement, *values))

    async def run() -> int:
        async with open_store(Settings(data=data), SystemClock()) as (database, _):
            return await database.read(body)

    return asyncio.run(run())


def listed(data: Path, number: int) -> Slice[Project]:
    newest = Order(SortField.CREATED_AT, descending=True)

    async def body(tx: Transaction) -> Slice[Project]:
        return await projects.list_(tx, operator(1), projects.ProjectFilter(), newest, ByPage(number, 20))

    async def run() -> Slice[Project]:
        async with open_store(Settings(data=data), SystemClock()) as (database, _):
            return await database.read(body)

    return asyncio.run(run())


class TestFill:
    def test_projects_are_counted_and_paged(self, tmp_path: Path) -> None:
        """The kept count is true, and the last page has what is left."""
        [(_, ids)] = fill(tmp_path, "projects", 50)
        page = listed(tmp_path, 3)
        assert (50, 10) == (page.total, len(page.items))
        assert set(ids) <= {project.id for project in listed(tmp_path, 1).items}

    def test_every_workspace_has_its_key_and_projects(self, tmp_path: Path) -> None:
        """A key opens one workspace, and the ids that come with it are of that one."""
        counted = (
            "SELECT COUNT(*) FROM projects p JOIN credentials c ON c.workspace = p.workspace WHERE secret_hash = $1"
        )
        filled = fill(tmp_path, "workspaces", 3)
        assert [20, 20, 20] == [asked(tmp_path, counted, key_hash(key)) for key, _ in filled]
        assert 3 == len({ids[0] for _, ids in filled})

    def test_keys_are_all_of_one_workspace(self, tmp_path: Path) -> None:
        """As many as asked for, each another."""
        filled = fill(tmp_path, "keys", 7)
        assert 7 == len({key for key, _ in filled}) == asked(tmp_path, "SELECT COUNT(*) FROM credentials")
        assert 1 == asked(tmp_path, "SELECT COUNT(*) FROM workspaces")

    def test_an_empty_one_has_nothing(self, tmp_path: Path) -> None:
        """A key, and no project."""
        assert [[]] == [ids for _, ids in fill(tmp_path, "projects", 0)]
