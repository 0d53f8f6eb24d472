"""`python -m benchmarks`: start the contenders, measure every scenario, show a table and keep a JSON file."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import FrameType

from benchmarks import contenders, floor, growth, load, machine, report, rounds, scenarios
from benchmarks.contenders import Contender, Places
from benchmarks.rounds import Result
from benchmarks.scenarios import Scenario
from benchmarks.world import MIXED_WORKSPACES

RESULTS = Path(__file__).parent / "results"
MAQUETTE = Path(sys.executable).with_name("maquette")


@dataclass(frozen=True)
class Length:
    rounds: int
    seconds: int
    mixed_workspaces: int


QUICK = Length(1, 1, 10)
USUAL = Length(4, 1, MIXED_WORKSPACES)
FULL = Length(9, 3, MIXED_WORKSPACES)


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["growth"]:
        return growth.main(given[1:])
    options = _parser().parse_args(given)
    chosen = [each for each in scenarios.every() if each.name.startswith(tuple(options.only or [""]))]
    lacking = _what_lacks(chosen, options.maquette)
    if lacking:
        print(lacking, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _leave)
    try:
        _run(chosen, options)
    except (RuntimeError, OSError, HTTPException, subprocess.SubprocessError) as wrong:
        print(f"Stopped, for the numbers could not be trusted. {wrong}", file=sys.stderr)
        print(f"What the servers said is in {RESULTS}/*.log.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--quick", dest="length", action="store_const", const=QUICK, default=USUAL,
        help="one round of each, in 40 seconds",
    )  # fmt: skip
    length.add_argument("--full", dest="length", action="store_const", const=FULL, help="nine longer rounds of each")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="scenarios whose name starts so; may be repeated"
    )
    parser.add_argument(
        "--maquette", type=Path, default=MAQUETTE, metavar="FILE", help="the command to measure (%(default)s)"
    )
    parser.add_argument(
        "--server", choices=floor.SOFTWARE, default=floor.SOFTWARE[0], help="under Maquette and the floor"
    )
    return parser


def _what_lacks(chosen: list[Scenario], maquette: Path) -> str | None:
    if not chosen:
        return f"No scenario is called so; there are {', '.join(each.name for each in scenarios.every())}."
    if not load.is_installed():
        return "The load driver wrk is missing: install it with `apt install wrk`."
    if not shutil.which("taskset") or (os.cpu_count() or 1) < 2:
        return "The benchmark pins server and driver to a core each: it needs Linux and two cores."
    if not maquette.exists():
        return f"There is no {maquette}: run `make setup` first, or name the command with --maquette."
    return None


def _run(chosen: list[Scenario], options: argparse.Namespace) -> None:
    started, length = time.monotonic(), options.length
    # Beside the results and not in /tmp, which may be memory: a durable write has to reach a disk.
    with tempfile.TemporaryDirectory(prefix="run-", dir=RESULTS) as made, ExitStack() as stack:
        folder = Path(made)
        described = machine.describe(folder)
        taking_part = _start(stack, Places(folder, RESULTS), chosen, options)
        results: list[Result] = []
        for each in chosen:
            _say(f"{each.name}: {length.rounds} rounds of {length.seconds} s each")
            results += rounds.measure(each, taking_part, rounds=length.rounds, seconds=length.seconds, folder=folder)
    report.save(RESULTS / "latest.json", results, described)
    report.show(results, described)
    _say(f"{time.monotonic() - started:.0f} s in all; every round is in {RESULTS / 'latest.json'}")


def _start(stack: ExitStack, places: Places, chosen: list[Scenario], options: argparse.Namespace) -> list[Contender]:
    mixed = options.length.mixed_workspaces if any(each.name == "mix" for each in chosen) else 0
    _say("starting and seeding Maquette, the floor and the reference")
    maquette = contenders.start_maquette(stack, places, options.maquette.absolute(), options.server, mixed)
    least = contenders.start_floor(stack, places, options.server, maquette, chosen)
    return [maquette, least, contenders.start_reference(stack, places, mixed)]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)  # an exception, so that the servers are stopped on the way out


if __name__ == "__main__":
    sys.exit(main())
