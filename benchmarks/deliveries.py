"""How many webhooks are sent in a second, and do those that wait slow anybody down?

Messages that wait already go to a receiver on the driver's core; and the mix is asked at one steady rate with none
waiting and with a million, for an endpoint that doesn't answer.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import instance, latency
from benchmarks.instance import Software, Stock
from benchmarks.servers import DRIVER_CORE

WORKSPACES = 100
ENDPOINTS = 10
RATE = 1_000
DEAD = "http://127.0.0.1:9/dead"
SENT_SECONDS = 120

_ROOT = Path(__file__).parent.parent


def measure(
    software: Software, *, sent: int, waiting: Sequence[int], length: latency.Length, folder: Path, log: Path
) -> dict[str, Any]:
    """`sent` messages a second, and an entry in `levels` for each number of messages that `waiting` names."""
    return {
        "sent": sent,
        "sent_per_second": _sent(software, sent, folder, log),
        "endpoints": ENDPOINTS,
        "levels": _levels(software, waiting, length, folder, log),
    }


def _sent(software: Software, count: int, folder: Path, log: Path) -> float:
    """From the first message that arrives to the last one, of `count` for ten webhooks of one receiver."""
    stock = instance.fill(software, folder / "sent", "workspaces", 1)
    with _sink(count) as (url, told):
        _wait(software, stock, count, [f"{url}/{number}" for number in range(ENDPOINTS)])
        server, _ = instance.start(software, stock, log / "sent.log")
        try:
            came, seconds = told()
        finally:
            server.stop()
    rate: float = came / seconds
    return rate


def _levels(
    software: Software, waiting: Sequence[int], length: latency.Length, folder: Path, log: Path
) -> list[dict[str, Any]]:
    """Both servers are up at once and asked in turn, so that drift hits them alike."""
    with ExitStack() as stack:
        up = []
        for count in waiting:
            stock = instance.fill(software, folder / f"waiting-{count}", "workspaces", WORKSPACES)
            if count:
                _wait(software, stock, count, [DEAD])
            server, _ = instance.start(software, stock, log / f"waiting-{count}.log")
            stack.callback(server.stop)
            up.append((count, stock, server))
        rounds: dict[int, list[latency.Level]] = {count: [] for count in waiting}
        for seed in range(length.rounds):
            for count, stock, server in up:
                rounds[count].append(latency.open_loop(server, RATE, length.seconds, seed, stock.lines))
        return [
            {"waiting": count, "rate": RATE, "resident_mb": server.memory_mb("VmRSS")}
            | {name: median(each[name] for each in rounds[count]) for name in rounds[count][0]}
            for count, _, server in up
        ]


def _wait(software: Software, stock: Stock, count: int, urls: Sequence[str]) -> None:
    python = software.executable.with_name("python")
    command: list[str | Path] = [python, "-m", "benchmarks.waiting", stock.data, str(count), *urls]
    subprocess.run(command, cwd=_ROOT, check=True, timeout=instance.FILL_SECONDS)


@contextmanager
def _sink(count: int) -> Iterator[Any]:
    """A receiver's address, and a function that waits until so many have come: how many did, in how many seconds."""
    driver = ["taskset", "--cpu-list", str(DRIVER_CORE), sys.executable, "-m", "benchmarks.sink", str(count)]
    process = subprocess.Popen(driver, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    port = int(process.stdout.readline())

    def told() -> tuple[int, float]:
        came, seconds = process.communicate(timeout=SENT_SECONDS)[0].split()
        return int(came), float(seconds)

    try:
        yield f"http://127.0.0.1:{port}", told
    finally:
        process.kill()
        process.wait()
