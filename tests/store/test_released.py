"""Does a database of every release, kept since then, come up to date and answer as it did?"""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from maquette import __version__
from maquette.app import open_runtime
from maquette.settings import Settings
from maquette.store.database import embedded_file
from maquette.store.sqlite import SqliteDatabase
from tests.office import Office, StillClock
from tests.store.released.make import REPEATED

HERE = Path(__file__).parent / "released"
RELEASES = sorted(path.name.removesuffix(".json") for path in HERE.glob("*.json"))


@pytest.fixture(params=RELEASES)
def notes(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What is known of each release's database in turn, which lies unpacked in the test's folder."""
    packed = (HERE / f"{request.param}.db.gz").read_bytes()
    embedded_file(tmp_path).write_bytes(gzip.decompress(packed))
    notes: dict[str, Any] = json.loads((HERE / f"{request.param}.json").read_text())
    return notes


@pytest.fixture
async def office(notes: dict[str, Any], tmp_path: Path) -> AsyncIterator[Office]:
    """This release's runtime on that database, at the moment it was kept."""
    clock = StillClock(notes["at_ms"])
    async with open_runtime(Settings(data=tmp_path, secret_key=notes["secret_key"]), clock) as runtime:
        office = Office(runtime, clock)
        yield office
        await office.close()


def _holds(answer: Any, kept: Any) -> bool:
    """Whether the answer says at least what was said then: a later release may add fields, and nothing else."""
    if isinstance(kept, dict):
        return isinstance(answer, dict) and all(name in answer and _holds(answer[name], kept[name]) for name in kept)
    if isinstance(kept, list):
        return len(answer) == len(kept) and all(map(_holds, answer, kept))
    return bool(answer == kept)


class TestUpgrade:
    def test_this_release_is_kept(self) -> None:
        """Every release has its database here, so that the next one can't forget it."""
        assert __version__ in RELEASES

    async def test_its_key_and_its_pair_get_the_same_answers(self, office: Office, notes: dict[str, Any]) -> None:
        """In both dialects: nothing is lost, and sealed secrets can still be opened."""
        token = await office.http("/creatopy/v1").post("/auth/token", json=notes["client"])
        callers = {
            "craftdesk": office.http("/craftdesk/v1", notes["key"]),
            "creatopy": office.http("/creatopy/v1", token.json()["token"]),
        }
        for dialect, answers in notes["answers"].items():
            for path, kept in answers.items():
                answer = (await callers[dialect].get(path)).json()
                assert _holds(answer, kept), (path, answer, kept)

    async def test_a_key_that_was_answered_is_answered_the_same(self, office: Office, notes: dict[str, Any]) -> None:
        """An upgrade is no reason to carry out a request twice."""
        craftdesk = office.http("/craftdesk/v1", notes["key"])
        again = await craftdesk.post("/projects", json=REPEATED, headers={"Idempotency-Key": "kept"})
        assert ("true", notes["repeated"]) == (again.headers.get("idempotency-replayed"), again.json())

    async def test_it_can_be_written_to(self, office: Office, notes: dict[str, Any]) -> None:
        """A new project gets its place behind the old ones."""
        craftdesk = office.http("/craftdesk/v1", notes["key"])
        made = await craftdesk.post("/projects", json={"name": "Website"})
        assert (201, "website-2") == (made.status_code, made.json()["data"]["slug"])

    async def test_its_schema_is_that_of_a_fresh_one(
        self, office: Office, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """A released step is never edited: what an old database becomes and what a new one is are the same."""
        fresh = SqliteDatabase(tmp_path_factory.mktemp("fresh") / "maquette.db")
        await fresh.migrate(1)
        await fresh.close()
        assert _schema(fresh.path) == _schema(embedded_file(tmp_path)), (
            "if no release has this step yet: python -m tests.store.released.make"
        )


def _schema(file: Path) -> list[tuple[Any, ...]]:
    store = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return store.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
    finally:
        store.close()
