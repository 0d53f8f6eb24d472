"""What is aimed at, and what of it was reached? Every aim in one table; the numbers come from one run's file.

An aim looks at the run's sections (`results`) and says what it found, or that its part of the run is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log10
from typing import Any

Run = Mapping[str, Any]

MILLION = 1_000_000

# How benchmarks.growth calls a search whose matches nobody has counted yet.
FIRST = ", first time"

# Two starts are the same if one takes at most so many times as long.
AS_LONG = 1.25

# A cost is flat to logarithmic if ten times as much adds at most this part of the smallest one's cost.
FOR_TENFOLD = 0.25
FLAT = f"ten times as much adds ≤ {FOR_TENFOLD:.0%}"


@dataclass(frozen=True, slots=True)
class Reached:
    """What an aim came to: `value` in words, and whether that is enough."""

    value: str
    enough: bool


@dataclass(frozen=True, slots=True)
class Aim:
    """`look` returns None where the run did not measure it; a KeyError says the same."""

    work: str
    aim: str
    look: Callable[[Run], Reached | None]

    def reached(self, run: Run) -> Reached | None:
        try:
            return self.look(run)
        except KeyError:
            return None


def every() -> tuple[Aim, ...]:
    """In the order in which they are shown."""
    return (
        Aim("list of 20, the same, both dialects", "≥ 0.75 of the floor", _of_floor(0.75)),
        Aim("list of 20, the same, both dialects", "≥ 40 × the reference", _times("list", 40)),
        Aim("list of 20, every request different", "≥ 12 × the reference", _times("differing", 12)),
        Aim("304 to If-None-Match", "at least the list's own rate", _not_modified),
        Aim("durable create, 128 connections", "≥ 40 × the reference", _times("create", 40)),
        Aim("mix 90/8/2 over 100 workspaces", "≥ 20 × the reference", _times("mix", 20)),
        Aim("page 10,000 of 1,000,000 projects", "≤ 2 × page 1", _deep("page 10,000", "page 1")),
        Aim("last cursor page of 1,000,000 projects", "≤ 2 × the first", _deep("last cursor", "first cursor")),
        Aim("q and keyword in 1,000,000 projects, the slowest", "< 5 × an unfiltered page", _searched(again=True)),
        Aim("the same, the first time that a word is asked", "< 5 × an unfiltered page", _searched(again=False)),
        Aim("memory with 1,000,000 projects after all loads", "< 200 MB resident", _memory),
        Aim("cold start to the first answer, empty", "< 1 s", _cold_empty),
        Aim("cold start to the first answer, 1,000,000 projects", "< 1 s, and the same", _cold_full),
        Aim("cost from 1 to 10,000 workspaces", FLAT, _grown("workspaces", 10_000)),
        Aim("cost from 1 to 100,000 keys", FLAT, _grown("keys", 100_000)),
        Aim("cost from 1,000 to 1,000,000 projects", FLAT, _grown_projects),
    )


def per_tenfold(sizes: list[int], costs: list[float]) -> float:
    """What ten times as much adds to the cost, as a part of the smallest size's: the line from first to last."""
    tenfolds = log10(sizes[-1] / sizes[0])
    return (costs[-1] / costs[0] - 1) / tenfolds


def _scenarios(run: Run, name: str) -> list[Mapping[str, Any]]:
    """The scenario of that name, or the two of both dialects; one dialect alone doesn't show it."""
    found = {each["name"]: each for each in run["rates"]["scenarios"]}
    return [found[name]] if name in found else [found[f"{name}-{dialect}"] for dialect in ("craftdesk", "creatopy")]


def _of_floor(minimum: float) -> Callable[[Run], Reached]:
    def look(run: Run) -> Reached:
        found = _scenarios(run, "list")
        parts = [each["of_floor"] for each in found]
        by_cpu = " and ".join(f"{each['of_floor_by_cpu']:.2f}" for each in found)
        return Reached(f"{' and '.join(f'{part:.2f}' for part in parts)} (by cpu {by_cpu})", min(parts) >= minimum)

    return look


def _times(name: str, minimum: float) -> Callable[[Run], Reached]:
    def look(run: Run) -> Reached:
        found = _scenarios(run, name)
        times = [each["times_reference"] for each in found]
        by_cpu = " and ".join(f"{each['times_reference_by_cpu']:.0f}" for each in found)
        return Reached(f"{' and '.join(f'{each:.1f}' for each in times)} (by cpu {by_cpu})", min(times) >= minimum)

    return look


def _not_modified(run: Run) -> Reached:
    own, unmodified = _scenarios(run, "list")[0], _scenarios(run, "not-modified")[0]
    part = _rate(unmodified) / _rate(own)
    return Reached(f"{part:.2f} of it", part >= 1)


def _rate(scenario: Mapping[str, Any]) -> float:
    rate: float = scenario["contenders"]["maquette"]["per_second"]
    return rate


def _of_a_million(run: Run) -> Mapping[str, float]:
    found = next((each for each in run["projects"]["sizes"] if each["projects"] == MILLION), None)
    if found is None:
        raise KeyError(MILLION)
    calls: Mapping[str, float] = found["calls_ms"]
    return calls


def _deep(name: str, first: str) -> Callable[[Run], Reached]:
    def look(run: Run) -> Reached:
        calls = _of_a_million(run)
        times = calls[name] / calls[first]
        return Reached(f"{times:.1f} ×", times <= 2)

    return look


def _searched(*, again: bool) -> Callable[[Run], Reached]:
    def look(run: Run) -> Reached:
        calls = _of_a_million(run)
        searches = [name for name in calls if name.startswith(("q,", "keyword,"))]
        name = max((each for each in searches if each.endswith(FIRST) is not again), key=lambda each: calls[each])
        times = calls[name] / calls["page 1"]
        return Reached(f"{times:.1f} × ({name.removesuffix(FIRST)})", times < 5)

    return look


def _memory(run: Run) -> Reached:
    found = _house(run, MILLION)
    return Reached(f"{found['resident_mb']:.0f} MB", found["resident_mb"] < 200)


def _cold_empty(run: Run) -> Reached:
    started_s = _house(run, 0)["start_s"]
    return Reached(f"{started_s:.2f} s", started_s < 1)


def _cold_full(run: Run) -> Reached:
    started_s = _house(run, MILLION)["start_s"]
    times = started_s / _house(run, 0)["start_s"]
    return Reached(f"{started_s:.2f} s ({times:.2f} × empty)", started_s < 1 and times <= AS_LONG)


def _house(run: Run, projects: int) -> Mapping[str, float]:
    found: Mapping[str, float] | None = next((each for each in run["starts"] if each["projects"] == projects), None)
    if found is None:
        raise KeyError(projects)
    return found


def _grown(kind: str, largest: int) -> Callable[[Run], Reached]:
    def look(run: Run) -> Reached:
        found = run["tenants"][kind]
        sizes = [each["size"] for each in found]
        if sizes[-1] < largest:
            raise KeyError(largest)
        lines = {name: [each["cpu_us"][name] for each in found] for name in found[0]["cpu_us"] if name != "mix"}
        return _steepest(sizes, lines)

    return look


def _grown_projects(run: Run) -> Reached:
    _of_a_million(run)
    found = run["projects"]["sizes"]
    lines = {name: [each["calls_ms"][name] for each in found] for name in ("page 1", "first cursor", "create")}
    return _steepest([each["projects"] for each in found], lines)


def _steepest(sizes: list[int], lines: Mapping[str, list[float]]) -> Reached:
    added = {name: per_tenfold(sizes, costs) for name, costs in lines.items()}
    name = max(added, key=lambda each: added[each])
    return Reached(f"{added[name]:+.0%} ({name})", added[name] <= FOR_TENFOLD)
