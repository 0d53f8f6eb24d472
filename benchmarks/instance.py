"""How is a Maquette of a certain size filled, started and asked? For the parts of the benchmark that compare sizes."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load, servers
from benchmarks.client import Client
from benchmarks.dialects import CRAFTDESK
from benchmarks.load import Round
from benchmarks.loads import JSON
from benchmarks.servers import Server

FILL_SECONDS = 1_800
CONNECTIONS = 32
PATH = CRAFTDESK.create


@dataclass(frozen=True)
class Software:
    """What is measured: the command, and the HTTP server under it."""

    executable: Path
    server: str


@dataclass(frozen=True)
class Entry:
    """A key, and some projects of its workspace."""

    key: str
    ids: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Stock:
    """A filled store, before its server is started; `lines` is the file that the load driver reads."""

    data: Path
    entries: tuple[Entry, ...]

    @property
    def lines(self) -> Path:
        return self.data.with_suffix(".txt")


def fill(software: Software, data: Path, kind: str, count: int) -> Stock:
    """By Maquette's own Python: this one may have another Maquette in it, or none."""
    data.mkdir()
    told = subprocess.run(
        [software.executable.with_name("python"), "-m", "benchmarks.stock", data, kind, str(count)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        check=True,
        timeout=FILL_SECONDS,
    )
    stock = Stock(data, tuple(Entry(key, tuple(ids)) for key, ids in json.loads(told.stdout)))
    stock.lines.write_text("".join(f"{' '.join((each.key, *each.ids))}\n" for each in stock.entries))
    return stock


def start(software: Software, stock: Stock, log: Path) -> tuple[Server, float]:
    """The server, and the seconds from the command to the answer to its first list."""
    began = time.monotonic()
    server = servers.maquette(software.executable, servers.free_port(), software.server, stock.data, log)
    try:
        server.wait_until_ready(pause_seconds=0.002)
        ask(server, stock)
    except BaseException:
        server.stop()
        raise
    return server, time.monotonic() - began


def ask(server: Server, stock: Stock) -> None:
    client = Client(server.name, server.port)
    client.get(CRAFTDESK.first, stock.entries[0].headers).expect(200)
    client.close()


def drive(server: Server, stock: Stock, name: str, number: int, *, seconds: int) -> tuple[Round, float]:
    """One round of that load, and what it cost the server: microseconds of its core for each request."""
    script, path, lines = _LOADS[name]
    file = stock.lines
    if lines:
        file = stock.data.with_suffix(f".{script}.txt")
        file.write_text("".join(f"{line}\n" for line in lines))
    server.settle()
    before = server.cpu_seconds()
    done = load.run(
        script,
        f"http://127.0.0.1:{server.port}{path}",
        stock.entries[0].headers | JSON,
        [f"{name.replace(' ', '-')}-{time.time_ns()}", str(number + 1), str(file)],
        connections=CONNECTIONS,
        seconds=seconds,
    )
    server.settle()
    return done, (server.cpu_seconds() - before) * 1e6 / done.requests


_LIST = CRAFTDESK.first
_LOADS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "list of one": ("differing", _LIST, (_LIST,)),
    "list of any": ("any", _LIST, ()),
    "create": ("create", PATH, (json.dumps({"name": "Bench @"}),)),
    "mix": ("mix", PATH, ()),
}
LOADS = tuple(_LOADS)
