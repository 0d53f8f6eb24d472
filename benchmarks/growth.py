"""`python -m benchmarks growth`: does a call get slower as its workspace grows? From a thousand projects to a million.

Each size has a store of its own, filled straight into the table, and a process of its own that calls the application
without a server. The workspace gets a new version and an event before each call, so that no answer comes from memory.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import apsw
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.seed import make_workspaces
from benchmarks.stock import INSERT
from benchmarks.world import Credentials, projects
from maquette.app import open_runtime
from maquette.domain import credentials, events, members
from maquette.domain.services import Services
from maquette.model.actor import Role, operator
from maquette.model.ids import new_id
from maquette.model.records import User
from maquette.model.text import fold, slugify
from maquette.settings import Settings
from maquette.store import projects as store
from maquette.store import workspaces
from maquette.store.database import Database, Transaction, embedded_file
from maquette.wire.asgi import as_asgi

RESULTS = Path(__file__).parent / "results"
MAQUETTE = Path(sys.executable).with_name("maquette")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SAMPLES = 25
DEEP = 10_000
WORDS = {"none": "xylophone", "rare": "quagga", "some": "giraffe", "common": "northwind"}
SHORT = {"none": "ʘʘ", "rare": "駅前", "common": "東京", "letter": "e"}
RARE, SOME = 50_000, 200

TOLD = (
    "INSERT INTO events (id, workspace, type, subject_kind, subject, subject_id, data, user_serial, address,"
    " request_id, at) SELECT 'evt_' || REPLACE(id, '-', ''), workspace, 'project.created', 'project', serial, id,"
    " json_object('id', id, 'name', name), created_by, '127.0.0.1', id, created_at FROM projects ORDER BY serial"
)
"""What the creates would have written of themselves."""

Call = tuple[str, str, Any]
Step = tuple[str, Any, Callable[[int], Call], bool]


@dataclass(frozen=True)
class Grown:
    """One size: milliseconds of the median call by its name, and what the process took."""

    projects: int
    calls_ms: dict[str, float]
    memory_mb: float
    start_s: float
    seed_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="projects")
    parser.add_argument("--save", type=Path, default=RESULTS / "growth.json", metavar="FILE", help="%(default)s")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(asyncio.run(_measured(options.measure))))
        return 0
    with tempfile.TemporaryDirectory(prefix="run-", dir=RESULTS) as made:
        described = machine.describe(Path(made))
        found = [_grown(Path(made) / str(size), size) for size in options.sizes]
    options.save.write_text(json.dumps({"machine": described, "sizes": [asdict(each) for each in found]}, indent=2))
    _show(found)
    return 0


def _grown(folder: Path, size: int) -> Grown:
    print(f"{size:,} projects", file=sys.stderr, flush=True)
    folder.mkdir()
    listed, _, _ = make_workspaces(MAQUETTE, folder, 0)
    started = time.monotonic()
    _fill(folder, size)
    seed_s = time.monotonic() - started
    (folder / "credentials.json").write_text(json.dumps(asdict(listed)))
    command = [sys.executable, "-m", "benchmarks", "growth", "--measure", str(folder)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    return Grown(projects=size, seed_s=seed_s, **json.loads(told.stdout))


def _fill(folder: Path, size: int) -> None:
    """A day's work for one owner, a tenth of a second apart; what the schema's triggers keep, they keep."""
    file = apsw.Connection(str(embedded_file(folder)))
    file.execute("PRAGMA synchronous = OFF").fetchall()
    with file:
        file.executemany(INSERT, _rows(size))
        file.execute("UPDATE workspaces SET active_private = ? WHERE serial = 1", (size,))
        file.execute(TOLD)
    file.close()


def _rows(size: int) -> Iterator[tuple[Any, ...]]:
    first = int(time.time() * 1000) - size * 100
    for number, (usual, description) in enumerate(projects(size)):
        rare = " quagga 駅前" if number % RARE == 7 else ""
        name = f"{usual}{rare}{' giraffe' if number % SOME == 7 else ''}"
        slug, at = f"{slugify(name)}-{number}", first + number * 100
        folded = None if description is None else fold(description)
        yield new_id(at), 1, name, fold(name), slug, description, folded, "private", 1, 1, at, at


async def _measured(folder: Path) -> dict[str, Any]:
    os.sched_setaffinity(0, {0})
    listed = Credentials(**json.loads((folder / "credentials.json").read_text()))
    started = time.monotonic()
    async with open_runtime(Settings(data=folder)) as runtime:
        size = await runtime.services.database.read(lambda tx: tx.value("SELECT COUNT(*) FROM projects"))
        asgi = as_asgi(runtime.application)
        craftdesk = _caller(asgi, "/craftdesk/v1", listed.key)
        await craftdesk("GET", "/projects", None)
        start_s = time.monotonic() - started
        token = (
            await _caller(asgi, "/creatopy/v1", "")(
                "POST",
                "/auth/token",
                {"clientId": listed.client_id, "clientSecret": listed.client_secret},
            )
        )["token"]
        creatopy = _caller(asgi, "/creatopy/v1", token)
        member = _caller(asgi, "/craftdesk/v1", await _member(runtime.services, size))
        calls_ms = {}
        for name, caller, call, is_new in _calls(size, craftdesk, creatopy, member):
            calls_ms[name] = await _sampled(runtime.services.database, caller, call, is_new=is_new)
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"calls_ms": calls_ms, "memory_mb": memory_mb, "start_s": start_s}


async def _member(services: Services, size: int) -> str:
    """The key of somebody who sees fifty projects from all over the list."""
    now_ms, owner = services.clock.now_ms(), operator(1)

    async def body(tx: Transaction) -> str:
        added = await members.add(tx, owner, "member@listed.test", Role.MEMBER, now_ms=now_ms)
        user = User(added.serial, added.id, added.email, added.name, added.created_at)
        for number in range(50):
            await store.assign(tx, user.serial, 1 + number * (size // 50), now_ms)
        return (await credentials.create_key(tx, owner, user, "bench", now_ms=now_ms))[1]

    return await services.database.write(body)


def _calls(
    size: int, craftdesk: Any, creatopy: Any, member: Any
) -> Iterator[tuple[str, Any, Callable[[int], Call], bool]]:
    """Name, caller, the call of that sample, and whether the workspace's totals are forgotten before each."""
    last = -(-size // 20)

    def page(number: int, more: str = "") -> Callable[[int], Call]:
        return lambda _: ("GET", f"/projects?per_page=20&page={number}{more}", None)

    def cursor(serial: int) -> Callable[[int], Call]:
        made = quote(b64encode(f'{{"limit":20,"lastId":{serial}}}'.encode()).decode())
        return lambda _: ("GET", f"/projects?limit=20&cursor={made}", None)

    yield "page 1", craftdesk, page(1), False
    yield f"page {DEEP:,}", craftdesk, page(min(DEEP, last)), False
    yield "page in the middle", craftdesk, page(last // 2), False
    yield "page in the middle, by name", craftdesk, page(last // 2, "&sort=name"), False
    yield "last page", craftdesk, page(last), False
    yield "first cursor", creatopy, lambda _: ("GET", "/projects?limit=20", None), False
    yield "last cursor", creatopy, cursor(21), False
    yield "page 1 of a member's 50", member, page(1), False
    for is_new in (True, False):
        for kind, word in [*WORDS.items(), *((f"short {kind}", word) for kind, word in SHORT.items())]:
            asked = f"&q={quote(word)}"
            yield f"q, {kind}{', first time' if is_new else ''}", craftdesk, page(1, asked), is_new
    for kind, word in (("some", WORDS["some"]), ("common", WORDS["common"])):
        path = f"/projects?limit=20&keyword={quote(word)}"
        yield f"keyword, {kind}", creatopy, lambda _, path=path: ("GET", path, None), False  # type: ignore[misc]
    yield "page 1 of the audit log", craftdesk, lambda _: ("GET", "/events?per_page=20", None), False
    yield "create", craftdesk, lambda n: ("POST", "/projects", {"name": f"New {n} {time.time_ns()}"}), False


async def _sampled(database: Database, caller: Any, call: Callable[[int], Call], *, is_new: bool) -> float:
    """Milliseconds of the median call; the first of those that need no count isn't taken."""
    times = []
    for number in range(5 if is_new else SAMPLES + 1):
        await database.write(lambda tx: _renewed(tx, is_new=is_new))
        method, path, content = call(number)
        started = time.perf_counter()
        await caller(method, path, content)
        times.append((time.perf_counter() - started) * 1000)
    return round(median(times if is_new else times[1:]), 4)


async def _renewed(tx: Transaction, *, is_new: bool) -> None:
    await workspaces.bump_version(tx, 1, row_changes=None if is_new else ())
    project = await store.get(tx, 1, "serial", 1)
    assert project
    await events.record(tx, operator(1), "project.updated", project, now_ms=time.time_ns() // 1_000_000)


def _caller(application: Any, base: str, token: str) -> Any:
    async def call(method: str, path: str, content: Any) -> Any:
        body = b"" if content is None else json.dumps(content).encode()
        path, _, query = path.partition("?")
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        headers += [(b"content-length", str(len(body)).encode())] if body else []
        headers += [(b"authorization", b"Bearer " + token.encode())] if token else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": base + path, "raw_path": (base + path).encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await application(scope, receive, send)
        answer = b"".join(message.get("body", b"") for message in sent)
        if sent[0]["status"] >= 400:
            raise RuntimeError(f"{method} {path}?{query}: {sent[0]['status']} {answer[:300]!r}")
        return json.loads(answer)

    return call


def _show(found: list[Grown]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("milliseconds a call")
    for each in found:
        table.add_column(f"{each.projects:,}", justify="right")
    table.add_column("largest : page 1", justify="right")
    first = found[-1].calls_ms["page 1"]
    for name in found[0].calls_ms:
        times = [each.calls_ms[name] for each in found]
        table.add_row(name, *(f"{each:.2f}" for each in times), f"{times[-1] / first:.1f}")
    table.add_row("memory, MB", *(f"{each.memory_mb:.0f}" for each in found), "")
    table.add_row("start to first answer, s", *(f"{each.start_s:.2f}" for each in found), "")
    table.add_row("seeding, s", *(f"{each.seed_s:.0f}" for each in found), "")
    Console(width=110).print(table)
