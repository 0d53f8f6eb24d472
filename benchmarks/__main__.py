"""`python -m benchmarks`: start the contenders, measure, show tables and keep a JSON file.

`python -m benchmarks docs` writes the tables and pictures of docs/performance.md from the run that is kept there.
"""

import argparse
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from types import FrameType

from benchmarks import floor, lengths, load, others, parts, report, scenarios
from benchmarks.instance import Software
from benchmarks.others import Chosen
from benchmarks.parts import LATEST, RESULTS, Plan, say
from benchmarks.scenarios import Scenario

MAQUETTE = Path(sys.executable).with_name("maquette")
COMMANDS = {"growth": "benchmarks.growth", "docs": "benchmarks.pages"}


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        ended: int = importlib.import_module(COMMANDS[given[0]]).main(given[1:])
        return ended
    options = _parser().parse_args(given)
    chosen = [each for each in scenarios.every() if each.name.startswith(tuple(options.only or [""]))]
    lacking = _what_lacks(chosen, options.maquette) or _which_peer_lacks(options.peer)
    if lacking:
        print(lacking, file=sys.stderr)
        return 2
    return _measure(chosen, options)


def _measure(chosen: list[Scenario], options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _leave)
    started = time.monotonic()
    software = Software(options.maquette.absolute(), options.server)
    named = tuple(options.part or (("rates",) if options.only else options.length.parts))
    try:
        run = parts.run(Plan(software, options.length, chosen, named, Chosen.of(options.peer or options.length.others)))
    except (RuntimeError, OSError, HTTPException, subprocess.SubprocessError) as wrong:
        print(f"Stopped, for the numbers could not be trusted. {wrong}", file=sys.stderr)
        print(f"What the servers said is in {RESULTS}/*.log.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    report.save(LATEST, run)
    report.show(run)
    say(f"{time.monotonic() - started:.0f} s in all; every round is in {LATEST}")
    return importlib.import_module("benchmarks.pages").main(["--from", str(LATEST)]) if options.write_docs else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--quick", dest="length", action="store_const", const=lengths.QUICK, default=lengths.USUAL,
        help="one short round of everything, in two minutes",
    )  # fmt: skip
    length.add_argument("--full", dest="length", action="store_const", const=lengths.FULL, help="longer, and larger")
    parser.add_argument("--part", action="append", choices=lengths.PARTS, help="only this part; may be repeated")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="rates of scenarios whose name starts so; may be repeated"
    )
    parser.add_argument(
        "--maquette", type=Path, default=MAQUETTE, metavar="FILE", help="the command to measure (%(default)s)"
    )
    parser.add_argument(
        "--server", choices=floor.SOFTWARE, default=floor.SOFTWARE[0], help="under Maquette and the floor"
    )
    parser.add_argument(
        "--peer", action="append", choices=list(others.EVERY), default=[],
        help="this one takes part, too, and must be installed; may be repeated (with --full, all that are installed)",
    )  # fmt: skip
    parser.add_argument("--write-docs", action="store_true", help="keep the run in docs/performance, with its tables")
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


def _which_peer_lacks(named: Sequence[str]) -> str | None:
    left_out = Chosen.of(named).left_out
    return next((f"{name.capitalize()} can't take part: {why}." for name, why in left_out.items()), None)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)  # an exception, so that the servers are stopped on the way out


if __name__ == "__main__":
    sys.exit(main())
