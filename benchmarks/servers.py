"""How is each contender started, kept on a core of its own, and stopped again? Always on 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.client import Client

SERVER_CORE, DRIVER_CORE = 0, 1

# SQLite has one write lock, and they all share one core: neither more workers nor more threads were faster.
DRF_WORKERS, DRF_THREADS = "1", "4"

START_SECONDS = 30
STOP_SECONDS = 10
SETTLE_SECONDS = 5
SETTLE_WINDOW_SECONDS = 0.1

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
_STAT = Path("/proc/stat")
_ROOT = Path(__file__).parent.parent


class Server:
    """One contender's process group, from its start until `stop`."""

    def __init__(
        self,
        name: str,
        port: int,
        command: Sequence[str | Path],
        *,
        log: Path,
        settings: Mapping[str, str] | None = None,
        folder: Path = _ROOT,
        health: str = "/healthz",
    ) -> None:
        self.name, self.port, self._log, self._health = name, port, log, health
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", str(SERVER_CORE), *command],
                cwd=folder,
                env=_environment() | dict(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # workers of its own are then measured and stopped with it
            )

    def wait_until_ready(self, *, pause_seconds: float = 0.05) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended while starting:\n{self._log.read_text()[-2000:]}")
            if self._is_ready():
                return
            time.sleep(pause_seconds)
        raise RuntimeError(f"{self.name} was not ready in {START_SECONDS} s:\n{self._log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float:
        """What the whole group has used of its core so far, in steps of the kernel's tick."""
        return sum(_cpu_ticks(self._process.pid)) * _TICK_SECONDS

    def memory_mb(self, field: str) -> float:
        """`VmRSS` is what the whole group holds now, `VmHWM` the most that each ever held."""
        lines = [line for pid in _members(self._process.pid) for line in _status(pid) if line.startswith(f"{field}:")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    def settle(self) -> None:
        """Waits until the requests that the load driver walked away from are done with, too."""
        deadline = time.monotonic() + SETTLE_SECONDS
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(SETTLE_WINDOW_SECONDS)
            now = self.cpu_seconds()
            if now - before < 2 * _TICK_SECONDS:
                return
            before = now

    def stop(self) -> None:
        for how, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            try:
                os.killpg(self._process.pid, how)
                self._process.wait(seconds)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        if self._process.poll() is None:
            print(f"{self.name} (process group {self._process.pid}) would not stop.", file=sys.stderr)

    def _is_ready(self) -> bool:
        client = Client(self.name, self.port)
        try:
            return client.get(self._health, {}).status == 200
        except OSError:
            return False
        finally:
            client.close()


def _environment() -> dict[str, str]:
    """This process's own, so that compiled modules are kept, as they are wherever a server is started twice."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def maquette(executable: Path, port: int, software: str, data: Path, log: Path) -> Server:
    command: list[str | Path] = [executable, "serve", "--data", data, "--server", software, *_SINK]
    return Server("maquette", port, [*command, "--host", "127.0.0.1", "--port", str(port)], log=log)


# The storm of webhooks goes to this machine, which Maquette would otherwise refuse.
_SINK = ("--webhook-allow", "127.0.0.0/8")


def floor(port: int, software: str, answers: Path, log: Path) -> Server:
    command = [sys.executable, "-m", "benchmarks.floor", software, str(port)]
    return Server("floor", port, command, log=log, settings={"FLOOR_ANSWERS": str(answers)})


def reference(port: int, database: Path, log: Path) -> Server:
    command = [
        *(sys.executable, "-m", "uvicorn", "benchmarks.reference.app:app"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ]
    return Server("reference", port, command, log=log, settings={"REFERENCE_DATABASE": str(database)})


def drf(port: int, database: Path, log: Path) -> Server:
    """Threads keep their connections to clients and database; that many of each were measured, and the best kept."""
    command = [
        *(sys.executable, "-m", "gunicorn", "benchmarks.peers.drf.wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--workers", DRF_WORKERS, "--worker-class", "gthread"),
        *("--threads", DRF_THREADS, "--keep-alive", "75", "--backlog", "2048", "--log-level", "warning"),
    ]
    return Server("django", port, command, log=log, settings={"DRF_DATABASE": str(database)})


def core_busy_seconds() -> float:
    """What everyone has used of the servers' core so far, the machine's other guests included."""
    line = next(each for each in _STAT.read_text().splitlines() if each.startswith(f"cpu{SERVER_CORE} "))
    user, nice, system, _idle, _io, interrupts, soft, stolen = map(int, line.split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) * _TICK_SECONDS


def settings(software: str) -> dict[str, str]:
    """What the contenders are set to, in words; SQLite is in WAL mode with synchronous=FULL under all of them."""
    return {
        "maquette": f"maquette serve on {software}, its defaults",
        "floor": f"the same {software}",
        "reference": "uvicorn with uvloop and httptools, 1 worker, a pool of 2 connections",
        "django": f"gunicorn with {DRF_WORKERS} worker of {DRF_THREADS} threads, connections kept, IMMEDIATE",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu_ticks(group: int) -> list[int]:
    return [int(fields[11]) + int(fields[12]) for fields in _members(group).values()]


def _members(group: int) -> dict[int, list[str]]:
    """The processes of the group, each with the fields of its `stat` after the name."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(fields[2]) == group:
            found[int(stat.parent.name)] = fields
    return found


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []
