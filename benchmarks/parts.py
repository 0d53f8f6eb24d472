"""What does a run consist of? Its parts, one after the other, each into its own section of the run's file."""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import (
    contenders,
    deliveries,
    latency,
    machine,
    others,
    report,
    roster,
    rounds,
    servers,
    starts,
    tenants,
)
from benchmarks.contenders import Contender, Places
from benchmarks.disturbances import Stage
from benchmarks.instance import Software
from benchmarks.lengths import Length
from benchmarks.others import Chosen
from benchmarks.rounds import Result
from benchmarks.scenarios import Scenario

RESULTS = Path(__file__).parent / "results"
LATEST = RESULTS / "latest.json"


@dataclass
class Plan:
    """What is to be run: `chosen` scenarios of the rates, on that software, as long as that."""

    software: Software
    length: Length
    chosen: list[Scenario]
    parts: tuple[str, ...]
    others: Chosen
    run: dict[str, Any] = field(default_factory=dict)


def run(plan: Plan) -> dict[str, Any]:
    """All of it; the file is written after each part, so that a later one takes nothing with it."""
    # Beside the results and not in /tmp, which may be memory: a durable write has to reach a disk.
    with tempfile.TemporaryDirectory(prefix="run-", dir=RESULTS) as made:
        folder = Path(made)
        plan.run = {"machine": machine.describe(folder) | _versions(plan), "settings": _settings(plan)}
        _race(plan, folder)
        _grow(plan, folder)
    return plan.run


def _settings(plan: Plan) -> dict[str, Any]:
    length = {name: value for name, value in vars(plan.length).items() if name not in ("latency", "parts", "others")}
    words = {name: others.EVERY[name].words for name in plan.others.names}
    return (
        length
        | {"latency": vars(plan.length.latency), "parts": plan.parts}
        | {"contenders": servers.settings(plan.software.server) | words, "left_out": dict(plan.others.left_out)}
    )


def _versions(plan: Plan) -> dict[str, str]:
    return {name: told for each in plan.others.names for name, told in others.EVERY[each].versions().items()}


def _race(plan: Plan, folder: Path) -> None:
    """The parts in which the contenders are up side by side."""
    if not {"rates", "latency"} & set(plan.parts):
        return
    with ExitStack() as stack:
        taking_part = _start(stack, Places(folder, RESULTS), plan)
        if "rates" in plan.parts:
            _keep(plan, "rates", _rates(plan, taking_part, folder))
        if "latency" in plan.parts:
            say("latency: the mix at a steady rate")
            stage = _stage(plan, taking_part[0], folder)
            _keep(plan, "latency", latency.measure(taking_part, stage, plan.length.latency, folder))


def _start(stack: ExitStack, places: Places, plan: Plan) -> list[Contender]:
    needs_mix = "latency" in plan.parts or any(each.name == "mix" for each in plan.chosen)
    mixed = plan.length.mixed_workspaces if needs_mix else 0
    titles = [roster.BY_NAME[name].title for name in plan.others.names]
    say(f"starting and seeding {', '.join(('Maquette', 'the floor', 'the reference', 'Django', *titles))}")
    maquette = contenders.start_maquette(stack, places, plan.software.executable, plan.software.server, mixed)
    return [
        maquette,
        contenders.start_floor(stack, places, plan.software.server, maquette, plan.chosen),
        contenders.start_reference(stack, places, mixed),
        contenders.start_drf(stack, places, mixed),
        *(others.EVERY[name].start(stack, places) for name in plan.others.names),
    ]


def _rates(plan: Plan, taking_part: list[Contender], folder: Path) -> dict[str, Any]:
    results: list[Result] = []
    for each in plan.chosen:
        say(f"{each.name}: {plan.length.rounds} rounds of {plan.length.seconds} s each")
        results += rounds.measure(
            each, taking_part, rounds=plan.length.rounds, seconds=plan.length.seconds, folder=folder
        )
    return report.rates(results)


def _stage(plan: Plan, maquette: Contender, folder: Path) -> Stage:
    return Stage(plan.software.executable, folder / "maquette", maquette.server.port, maquette.world.created)


def _grow(plan: Plan, folder: Path) -> None:
    """The parts that fill stores of their own."""
    length = plan.length
    if "deliveries" in plan.parts:
        say(f"deliveries: {length.deliveries:,} sent, and {length.waiting[-1]:,} that wait")
        waiting, places = length.waiting, {"folder": folder, "log": RESULTS}
        sent = deliveries.measure(
            plan.software, sent=length.deliveries, waiting=waiting, length=length.latency, **places
        )
        _keep(plan, "deliveries", sent)
    if "tenants" in plan.parts:
        sizes = {"workspaces": length.workspaces, "keys": length.keys}
        found = {kind: _tenants(plan, kind, sizes[kind], folder) for kind in tenants.KINDS}
        _keep(plan, "tenants", found)
    if "starts" in plan.parts:
        say(f"starts: with {' and '.join(f'{each:,}' for each in length.started_projects)} projects")
        seconds = length.grown_seconds
        made = starts.measure(
            plan.software,
            length.started_projects,
            rounds=length.memory_rounds,
            seconds=seconds,
            folder=folder,
            log=RESULTS,
        )
        _keep(plan, "starts", made)
    if "projects" in plan.parts:
        _projects(plan, folder)


def _tenants(plan: Plan, kind: str, sizes: tuple[int, ...], folder: Path) -> list[dict[str, Any]]:
    say(f"tenants: {' to '.join(f'{each:,}' for each in (sizes[0], sizes[-1]))} {kind}")
    seconds = plan.length.grown_seconds
    return tenants.measure(plan.software, kind, sizes, rounds=1, seconds=seconds, folder=folder, log=RESULTS)


def _projects(plan: Plan, folder: Path) -> None:
    """In a process of its own, which calls the application without a server."""
    sizes, told = [str(each) for each in plan.length.grown_projects], folder / "growth.json"
    command = [sys.executable, "-m", "benchmarks", "growth", "--sizes", *sizes, "--save", str(told)]
    say("projects:")
    subprocess.run(command, cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL, check=True)
    _keep(plan, "projects", {"sizes": json.loads(told.read_text())["sizes"]})


def _keep(plan: Plan, section: str, found: object) -> None:
    plan.run[section] = found
    report.save(LATEST, plan.run)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
