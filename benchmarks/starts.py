"""How long does Maquette take to its first answer, and how much memory has it taken after every load?

From the command to the answer to a list, with nothing in the store and with a million projects in one workspace.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import instance
from benchmarks.instance import Software, Stock

STARTS = 5


def measure(
    software: Software, sizes: Sequence[int], *, rounds: int, seconds: int, folder: Path, log: Path
) -> list[dict[str, Any]]:
    """An entry for each number of projects: seconds of the median start, megabytes resident at the end and at most."""
    stocks = [(count, instance.fill(software, folder / f"projects-{count}", "projects", count)) for count in sizes]
    starts: dict[int, list[float]] = {count: [] for count in sizes}
    cpu: dict[int, list[float]] = {count: [] for count in sizes}
    for _ in range(STARTS):
        for count, stock in stocks:
            server, seconds_taken = instance.start(software, stock, log / f"projects-{count}.log")
            cpu[count].append(server.cpu_seconds())
            server.stop()
            starts[count].append(seconds_taken)
    return [
        {
            "projects": count,
            "start_s": median(starts[count]),
            "start_cpu_s": median(cpu[count]),
            "starts_s": starts[count],
        }
        | _loaded(software, stock, rounds, seconds, log)
        for count, stock in stocks
    ]


def _loaded(software: Software, stock: Stock, rounds: int, seconds: int, log: Path) -> dict[str, float]:
    server, _ = instance.start(software, stock, log / f"{stock.data.name}.log")
    # The mix reads single projects, and an empty store has none.
    loads = [name for name in instance.LOADS if name != "mix" or stock.entries[0].ids]
    try:
        first_mb = server.memory_mb("VmRSS")
        for number in range(rounds):
            for name in loads:
                instance.drive(server, stock, name, number, seconds=seconds)
        return {
            "started_mb": first_mb,
            "resident_mb": server.memory_mb("VmRSS"),
            "most_mb": server.memory_mb("VmHWM"),
        }
    finally:
        server.stop()
