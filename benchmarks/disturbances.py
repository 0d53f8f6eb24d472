"""What else goes on while the latency is measured? Checkpoints, backups, and a storm of webhooks.

All of it runs on the servers' core, as on a machine that has no other: the worst that it can do.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Client, Request
from benchmarks.dialects import CRAFTDESK
from benchmarks.servers import SERVER_CORE
from benchmarks.world import Tenant

END_SECONDS = 60
HOOKS = 10
STORM_CREATES = 300

_ROOT = Path(__file__).parent.parent
_PINNED = ("taskset", "--cpu-list", str(SERVER_CORE))


class Absent(Exception):
    """What should disturb is not in this Maquette; says so in a sentence."""


@dataclass
class Told:
    """How often it came to pass; there when it's over."""

    times: int = 0


@dataclass(frozen=True)
class Stage:
    """The running Maquette that is disturbed, and a workspace of it that is not measured."""

    executable: Path
    data: Path
    port: int
    tenant: Tenant

    @property
    def store(self) -> Path:
        return self.data / "maquette.db"


Command = list[str | Path]
Disturbance = Callable[[Stage], AbstractContextManager[Told]]


@contextmanager
def checkpoints(stage: Stage) -> Iterator[Told]:
    """The log is checkpointed up to fifty times a second."""
    told = Told()
    command: Command = [stage.executable.with_name("python"), "-m", "benchmarks.checkpoints", stage.store]
    with _child(command) as process:
        yield told
        process.terminate()
        told.times = int(process.communicate(timeout=END_SECONDS)[0])


@contextmanager
def backups(stage: Stage) -> Iterator[Told]:
    """`maquette backup`, over and over."""
    told, over = Told(), threading.Event()
    worker = threading.Thread(target=_back_up, args=(stage, told, over))
    worker.start()
    try:
        yield told
    finally:
        over.set()
        worker.join(END_SECONDS)


@contextmanager
def webhooks(stage: Stage) -> Iterator[Told]:
    """Hundreds of projects are made at once in a workspace with ten webhooks. Raises `Absent`."""
    told, client = Told(), Client("maquette", stage.port)
    headers = CRAFTDESK.headers(stage.tenant)
    if client.get("/craftdesk/v1/webhooks", headers).status == 404:
        raise Absent("this Maquette has no /v1/webhooks")
    with _child([sys.executable, "-m", "benchmarks.sink"]) as sink:
        assert sink.stdout
        url = f"http://127.0.0.1:{int(sink.stdout.readline())}"
        made = [_subscribe(client, f"{url}/{number}", headers) for number in range(HOOKS)]
        storm = threading.Thread(target=_storm, args=(stage,))
        storm.start()
        try:
            yield told
        finally:
            storm.join(END_SECONDS)
            for id in made:
                client.send(Request("DELETE", f"/craftdesk/v1/webhooks/{id}", headers))
        sink.terminate()
        told.times = int(sink.communicate(timeout=END_SECONDS)[0].split()[0])


EVERY: dict[str, Disturbance] = {"checkpoints": checkpoints, "backups": backups, "webhooks": webhooks}


@contextmanager
def _child(command: Command) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*_PINNED, *command], cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(END_SECONDS)


def _back_up(stage: Stage, told: Told, over: threading.Event) -> None:
    copy = stage.data.with_name("backup.db")
    while not over.is_set():
        command: Command = [*_PINNED, stage.executable, "backup", copy, "--data", stage.data]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=END_SECONDS)
        copy.unlink()
        told.times += 1


def _subscribe(client: Client, url: str, headers: dict[str, str]) -> str:
    content = {"url": url, "events": ["project.created"]}
    id: str = client.post("/craftdesk/v1/webhooks", content, headers).expect(201).json()["data"]["id"]
    return id


def _storm(stage: Stage) -> None:
    client = Client("maquette", stage.port)
    for number in range(STORM_CREATES):
        content = {"name": f"Storm {number}"}
        client.post("/craftdesk/v1/projects", content, CRAFTDESK.headers(stage.tenant)).expect(201)
    client.close()
