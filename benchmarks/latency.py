"""How long do calls take at a load that a server can carry? The mix, at a steady rate, at parts of the capacity.

Each contender is asked at parts of its own capacity, so that all are equally loaded; Maquette once more at half of
it while something else goes on. Latencies count from when a call was due (`arrivals`).
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import disturbances, load, scenarios
from benchmarks.contenders import Contender
from benchmarks.disturbances import Absent, Disturbance, Stage
from benchmarks.openloop import GRACE_SECONDS
from benchmarks.servers import DRIVER_CORE, Server

PARTS = (0.25, 0.5, 0.75)
DISTURBED_PART = 0.5
CAPACITY_SECONDS = 1
CAPACITY_ROUNDS = 3

Level = dict[str, Any]


@dataclass(frozen=True)
class Length:
    rounds: int
    seconds: int


def measure(contenders: Sequence[Contender], stage: Stage, length: Length, folder: Path) -> dict[str, Any]:
    """`capacity` of each contender, an entry in `levels` for each measurement, and why some were `skipped`."""
    asked = [Asked.of(each, folder) for each in contenders if each.name != "floor" and each.name in scenarios.OF_MIX]
    capacity = {each.name: each.capacity() for each in asked}
    levels = [
        {"contender": each.name, "part": part, "while": None} | each.at(capacity[each.name] * part, length)
        for part in PARTS
        for each in asked
    ]
    skipped: dict[str, str] = {}
    own = next(each for each in asked if each.name == "maquette")
    for name, disturbance in disturbances.EVERY.items():
        try:
            disturbed = _disturbed(own, capacity["maquette"], disturbance, stage, length)
            levels.append({"contender": "maquette", "part": DISTURBED_PART, "while": name} | disturbed)
        except Absent as absent:
            skipped[name] = str(absent)
    return {"capacity": capacity, "levels": levels, "skipped": skipped}


def _disturbed(asked: "Asked", capacity: float, disturbance: Disturbance, stage: Stage, length: Length) -> Level:
    with disturbance(stage) as told:
        found = asked.at(capacity * DISTURBED_PART, length)
    if not told.times:
        raise RuntimeError("nothing was disturbed: what should have done so came to nothing")
    return found | {"times": told.times}


@dataclass(frozen=True)
class Asked:
    """One contender, and the file of keys and ids that both load drivers read."""

    name: str
    contender: Contender
    lines: Path

    @classmethod
    def of(cls, contender: Contender, folder: Path) -> "Asked":
        lines = folder / f"latency-{contender.name}.txt"
        lines.write_text("".join(f"{' '.join((each.key, *each.ids))}\n" for each in contender.world.mixed))
        return cls(contender.name, contender, lines)

    def capacity(self) -> float:
        """Requests a second of the mix, as the closed loop measures them."""
        return median(self._closed(number) for number in range(CAPACITY_ROUNDS))

    def at(self, rate: float, length: Length) -> Level:
        """The medians of the rounds, and each round."""
        rounds = [self._open(rate, length.seconds, seed) for seed in range(length.rounds)]
        return _medians(rounds) | {"rounds": rounds}

    def _closed(self, number: int) -> float:
        self.contender.server.settle()
        url = f"http://127.0.0.1:{self.contender.server.port}/craftdesk/v1/projects"
        arguments = ["capacity", str(number + 1), str(self.lines)]
        connections = scenarios.LIST_CONNECTIONS
        return load.run("mix", url, {}, arguments, connections=connections, seconds=CAPACITY_SECONDS).per_second

    def _open(self, rate: float, seconds: int, seed: int) -> Level:
        return open_loop(self.contender.server, rate, seconds, seed, self.lines)


def open_loop(server: Server, rate: float, seconds: int, seed: int, lines: Path) -> Level:
    """The mix at that rate for so many seconds; `lines` names keys and ids. Raises `RuntimeError`."""
    server.settle()
    driver = ["taskset", "--cpu-list", str(DRIVER_CORE), sys.executable, "-m", "benchmarks.openloop"]
    told = subprocess.run(
        [*driver, str(server.port), str(rate), str(seconds), str(seed), lines],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 2 * GRACE_SECONDS,
    )
    if told.returncode:
        raise RuntimeError(f"{server.name} at {rate:.0f} a second: {told.stderr[-500:]}")
    found: Level = json.loads(told.stdout)
    return found


def _medians(rounds: Sequence[Mapping[str, float]]) -> Level:
    return {name: median(each[name] for each in rounds) for name in rounds[0]}
