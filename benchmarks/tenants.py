"""Does a call cost more as the instance fills? From one workspace to thousands, from one key to a hundred thousand.

Each size is a server of its own, all up at once and asked in turn. `list of one` asks one workspace, `list of any`
all of them with all keys; no query comes twice, so that nothing is answered from memory. `mix` may be.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import instance
from benchmarks.instance import Software, Stock
from benchmarks.servers import Server

KINDS = ("workspaces", "keys")
LOADS = {"workspaces": ("list of one", "list of any", "create", "mix"), "keys": ("list of any", "create", "mix")}


@dataclass(frozen=True)
class Size:
    count: int
    stock: Stock
    server: Server


def measure(
    software: Software, kind: str, sizes: Sequence[int], *, rounds: int, seconds: int, folder: Path, log: Path
) -> list[dict[str, Any]]:
    """An entry for each size: requests a second, and microseconds of the server's core for each request."""
    with ExitStack() as stack:
        up = [_start(stack, software, kind, count, folder, log) for count in sizes]
        found = {(each.count, name): _Line() for each in up for name in LOADS[kind]}
        for number in range(rounds):
            for name in LOADS[kind]:
                for each in up:
                    found[each.count, name].add(*_driven(each, name, number, seconds))
    return [
        {
            "size": count,
            "cpu_us": {name: median(found[count, name].costs_us) for name in LOADS[kind]},
            "per_second": {name: median(found[count, name].rates) for name in LOADS[kind]},
        }
        for count in sizes
    ]


class _Line:
    """The rounds of one load at one size."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.costs_us: list[float] = []

    def add(self, rate: float, cost_us: float) -> None:
        self.rates.append(rate)
        self.costs_us.append(cost_us)


def _start(stack: ExitStack, software: Software, kind: str, count: int, folder: Path, log: Path) -> Size:
    stock = instance.fill(software, folder / f"{kind}-{count}", kind, count)
    server, _ = instance.start(software, stock, log / f"{kind}-{count}.log")
    stack.callback(server.stop)
    return Size(count, stock, server)


def _driven(size: Size, name: str, number: int, seconds: int) -> tuple[float, float]:
    done, cost_us = instance.drive(size.server, size.stock, name, number, seconds=seconds)
    return done.per_second, cost_us
