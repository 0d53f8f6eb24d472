"""A `maquette serve` that a test starts, kills and starts again, and clients that remember what they were promised."""

import asyncio
import fcntl
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import apsw
import httpx2

from tests.ports import PATIENCE_S

LONG = os.environ.get("MAQUETTE_PROVE") == "long"
PORTS = range(18_140, 18_160)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")}


class Server:
    """One server process after the other on one data folder."""

    def __init__(self, data: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self.data = data
        self._options = options
        self._environment = {**ENVIRONMENT, **environment}
        self._port = _Port()
        self.port = self._port.number
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.data / "maquette.db"

    async def start(self) -> None:
        """Return when it answers."""
        self.data.mkdir(exist_ok=True)
        arguments = ["serve", "--data", str(self.data), "--port", str(self.port), *self._options]
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(_maquette(*arguments), stdout=log, stderr=log, env=self._environment)
        until = time.monotonic() + PATIENCE_S
        while not _answers(self.port):
            assert self.process.poll() is None, (self.data.parent / "server.log").read_text()
            assert time.monotonic() < until, "the server doesn't come up"
            await asyncio.sleep(0.005)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def stop(self) -> None:
        """End it in peace."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        assert 0 == await asyncio.to_thread(self.process.wait, 30)

    def abandon(self) -> None:
        """Leave nothing running, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self._port.give_back()

    async def command(self, *arguments: str) -> Any:
        """What a `maquette` command on the same store answers as JSON."""
        child = await asyncio.create_subprocess_exec(
            *_maquette(*arguments, "--json", "--data", str(self.data)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        out, errors = await child.communicate()
        assert 0 == child.returncode, errors.decode()
        return json.loads(out)


@dataclass
class Entry:
    """One project as its client knows it: `ref` as its dialect names it, and what was acknowledged since."""

    dialect: str
    name: str
    ref: str | int | None = None
    changes: int = 0
    deleted: bool = False

    def is_row(self, row: "Row") -> bool:
        """Whether the row is this project."""
        return self.name == row.name and self.ref in (row.id, row.serial)


@dataclass(frozen=True)
class Row:
    """One project as the store has it."""

    serial: int
    id: str
    name: str


@dataclass
class Journal:
    """Everything that was sent, noted before it was, and what came of it."""

    entries: list[Entry] = field(default_factory=list)
    acknowledged: int = 0
    resent: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def begin(self, dialect: str) -> Entry:
        """Note a project that is about to be asked for."""
        entry = Entry(dialect, f"{dialect} {next(self._numbers)}")
        self.entries.append(entry)
        return entry

    def live(self) -> list[Entry]:
        """Those that were made and not deleted."""
        return [entry for entry in self.entries if entry.ref is not None and not entry.deleted]


class Client:
    """Makes, changes and deletes projects through one dialect; asks again, with the same key, until it's answered."""

    dialect: str

    def __init__(self, server: Server, journal: Journal, token: str, chance: random.Random) -> None:
        self._http = httpx2.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S, trust_env=False
        )
        self._journal = journal
        self._chance = chance

    async def work(self, until: asyncio.Event) -> None:
        """Write on until told to stop; what was begun is brought to its end."""
        while not until.is_set():
            entry = self._journal.begin(self.dialect)
            entry.ref = await self.create(entry.name)
            if self._chance.random() < 0.5:
                name = f"{entry.name} changed"
                await self.rename(entry.ref, name)
                entry.name, entry.changes = name, 1
            if self._chance.random() < 0.2:
                await self.remove(entry.ref)
                entry.deleted = True
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def create(self, name: str) -> str | int:
        """Make a project; returns what it's called by."""
        raise NotImplementedError

    async def rename(self, ref: str | int, name: str) -> None:
        """Change its name."""
        raise NotImplementedError

    async def remove(self, ref: str | int) -> None:
        """Delete it."""
        raise NotImplementedError

    async def names(self) -> list[str]:
        """All that the dialect lists, in no order."""
        raise NotImplementedError

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a change, however often it has to be asked for. Anything but 2xx and 5xx is a failure."""
        key = uuid.uuid4().hex
        while True:
            try:
                answer = await self._http.request(method, path, json=body, headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
            else:
                if answer.is_success:
                    self._journal.acknowledged += 1
                    self._journal.resent += "idempotency-replayed" in answer.headers
                    return answer.json() if answer.content else None
                assert answer.status_code >= 500, answer.text
                await asyncio.sleep(0.01)

    async def read(self, path: str, **query: Any) -> Any:
        """What a GET answers."""
        answer = await self._http.get(path, params=query)
        assert 200 == answer.status_code, answer.text
        return answer.json()


class CraftDesk(Client):
    """A client of the CraftDesk API."""

    dialect = "craftdesk"

    async def create(self, name: str) -> str:
        """POST."""
        made = await self.send("POST", "/craftdesk/v1/projects", {"name": name})
        return str(made["data"]["id"])

    async def rename(self, ref: str | int, name: str) -> None:
        """PATCH."""
        await self.send("PATCH", f"/craftdesk/v1/projects/{ref}", {"name": name})

    async def remove(self, ref: str | int) -> None:
        """DELETE."""
        await self.send("DELETE", f"/craftdesk/v1/projects/{ref}")

    async def names(self) -> list[str]:
        """Page after page."""
        found: list[str] = []
        for page in itertools.count(1):
            answer = await self.read("/craftdesk/v1/projects", page=page, per_page=100)
            found += [project["name"] for project in answer["data"]]
            if page >= answer["meta"]["pagination"]["last_page"]:
                break
        return found


class Creatopy(Client):
    """A client of the Creatopy API; its projects need a brand kit."""

    dialect = "creatopy"
    kit: int | None = None

    async def create(self, name: str) -> int:
        """POST, with the kit that the first call makes."""
        if self.kit is None:
            made = await self.send("POST", "/creatopy/v1/brandkits/create", {"name": "House"})
            self.kit = int(made["response"]["brandKit"]["id"])
        made = await self.send("POST", "/creatopy/v1/projects", {"name": name, "brandKitId": self.kit})
        return int(made["response"]["project"]["id"])

    async def rename(self, ref: str | int, name: str) -> None:
        """PUT."""
        await self.send("PUT", "/creatopy/v1/projects", {"projectId": ref, "name": name})

    async def remove(self, ref: str | int) -> None:
        """DELETE with a body."""
        await self.send("DELETE", "/creatopy/v1/projects", {"projectId": ref})

    async def names(self) -> list[str]:
        """Cursor after cursor."""
        found: list[str] = []
        cursor, more = "", True
        while more:
            answer = (await self.read("/creatopy/v1/projects", limit=100, cursor=cursor))["response"]
            found += [node["name"] for node in answer["nodes"]]
            cursor, more = answer["pageInfo"]["endCursor"], answer["pageInfo"]["hasNextPage"]
        return found


def require_sound(file: Path) -> None:
    """SQLite finds nothing wrong with the file, and what is counted beside the rows is what can be counted in them."""
    store = apsw.Connection(str(file))
    try:
        assert [("ok",)] == store.execute("PRAGMA integrity_check").fetchall()
        assert [] == store.execute("PRAGMA foreign_key_check").fetchall()
        assert [] == store.execute(DRIFTED).fetchall()
        assert [] == store.execute(WITHOUT_EVENT).fetchall()
        assert [] == store.execute(EVENT_OF_NOTHING).fetchall()
    finally:
        store.close()


def require_exact(file: Path, journal: Journal) -> None:
    """Once all has been answered: one row for every project, one event for every change, one kept answer for a key."""
    store = apsw.Connection(str(file))
    try:
        rows = {row.name: row for row in _rows(store)}
        live = journal.live()
        assert len(journal.entries) == len([entry for entry in journal.entries if entry.ref is not None])
        assert sorted(entry.name for entry in live) == sorted(row.name for row in _rows(store))
        assert [] == [entry for entry in live if not entry.is_row(rows[entry.name])]
        events = Counter(type for (type,) in store.execute("SELECT type FROM events WHERE subject_kind = 'project'"))
        assert len(journal.entries) == events["project.created"]
        assert sum(entry.changes for entry in journal.entries) == events["project.updated"]
        assert sum(entry.deleted for entry in journal.entries) == events["project.deleted"]
        kept = store.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM idempotency").fetchall()
        assert [(journal.acknowledged, journal.acknowledged)] == kept
    finally:
        store.close()


def require_there(file: Path, entries: list[Entry]) -> None:
    """Every one of these was made in it, and changed where it had been; what came later may have come, or not."""
    store = apsw.Connection(str(file))
    try:
        for type, some in (
            ("project.created", entries),
            ("project.updated", [entry for entry in entries if entry.changes]),
        ):
            refs = store.execute("SELECT subject, subject_id FROM events WHERE type = ?", (type,)).fetchall()
            told = {ref for pair in refs for ref in pair}
            assert [] == [entry for entry in some if entry.ref not in told]
    finally:
        store.close()


def names(file: Path) -> list[str]:
    """The names of all projects in it."""
    store = apsw.Connection(str(file))
    try:
        return sorted(row.name for row in _rows(store))
    finally:
        store.close()


DRIFTED = """
SELECT w.slug FROM workspaces w WHERE (active_private, active_team, archived_private, archived_team, brand_kits) != (
    SELECT COUNT(*) FILTER (WHERE visibility = 'private' AND archived_at IS NULL),
           COUNT(*) FILTER (WHERE visibility = 'team' AND archived_at IS NULL),
           COUNT(*) FILTER (WHERE visibility = 'private' AND archived_at IS NOT NULL),
           COUNT(*) FILTER (WHERE visibility = 'team' AND archived_at IS NOT NULL),
           (SELECT COUNT(*) FROM brand_kits k WHERE k.workspace = w.serial)
    FROM projects p WHERE p.workspace = w.serial)
"""
WITHOUT_EVENT = """
SELECT name FROM projects WHERE id NOT IN (
    SELECT subject_id FROM events WHERE type = 'project.created' GROUP BY subject_id HAVING COUNT(*) = 1)
"""
EVENT_OF_NOTHING = """
SELECT id FROM events WHERE type = 'project.created' AND subject_id NOT IN (SELECT id FROM projects)
AND subject_id NOT IN (SELECT subject_id FROM events WHERE type = 'project.deleted')
"""


def _rows(store: apsw.Connection) -> list[Row]:
    return [Row(*row) for row in store.execute("SELECT serial, id, name FROM projects")]


def _maquette(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "maquette", *arguments]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Port:
    """A port of ours that nobody else takes, not even while the server on it is dead."""

    def __init__(self) -> None:
        for self.number in PORTS:
            claim = Path(tempfile.gettempdir(), f"maquette-test-{self.number}.lock")
            self._claim = os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
            with suppress(OSError):
                fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not _answers(self.number):
                    return
            self.give_back()
        raise AssertionError(f"all of the ports {PORTS} are in use")

    def give_back(self) -> None:
        """Let others have it."""
        os.close(self._claim)
