"""What came out? A table to read, and a JSON file with every round in it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.rounds import Result
from benchmarks.scenarios import CONTENDERS, Aim, Scenario

WIDTH = 136

# Beyond these, a footnote says that something else than the servers was measured, too.
DISTURBED, DRIVER_BUSY = 0.10, 0.85

Row = dict[str, Result]
Machine = dict[str, str | int | float]


def show(results: list[Result], machine: Machine) -> None:
    console = Console()
    if not console.is_terminal or console.width < WIDTH:
        console = Console(width=WIDTH)
    console.print(_table(results))
    for note in _notes(results, machine):
        console.print(note, style="dim", highlight=False)


def save(path: Path, results: list[Result], machine: Machine) -> None:
    rows = [_saved(scenario, row) for scenario, row in _rows(results)]
    path.write_text(json.dumps({"machine": machine, "scenarios": rows}, indent=2) + "\n")


def _table(results: list[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("requests/s", no_wrap=True)
    for name in ("conns", "maquette", "p50 / p99 ms", "floor", "reference", "p50 / p99 ms"):
        table.add_column(name, justify="right", no_wrap=True, style="dim" if "ms" in name else "")
    for name in ("of floor", "x reference", "by cpu"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("aim", no_wrap=True)
    for scenario, row in _rows(results):
        table.add_row(*_cells(scenario, row))
    return table


def _notes(results: list[Result], machine: Machine) -> Iterator[str]:
    yield (
        f"Medians of interleaved rounds ({len(results[0].rounds)}), which lay up to "
        f"{max(each.spread for each in results):.0%} apart. The clients always ask again at once, so their "
        "milliseconds include waiting in the server's queue. `by cpu` compares processor time per request."
    )
    yield (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, "
        f"{machine['file_system']} with {machine['sync_us']} µs a sync. Only ratios hold elsewhere."
    )
    disturbed = sorted((each for each in results if each.disturbed > DISTURBED), key=lambda each: each.disturbed)
    if disturbed:
        yield (
            f"Other work disturbed {len(disturbed)} of the {len(results)} results: it took up to "
            f"{disturbed[-1].disturbed:.0%} of the servers' core (in {_named(disturbed[-1])}). Trust `by cpu` more."
        )
    busy = [_named(each) for each in results if each.driver_busy > DRIVER_BUSY]
    if busy:
        yield f"The driver was itself near its limit, the server may be faster: {', '.join(busy)}."


def _named(result: Result) -> str:
    return f"{result.scenario.name} of {result.contender}"


def _rows(results: list[Result]) -> list[tuple[Scenario, Row]]:
    rows: dict[str, tuple[Scenario, Row]] = {}
    for each in results:
        rows.setdefault(each.scenario.name, (each.scenario, {}))[1][each.contender] = each
    return list(rows.values())


def _cells(scenario: Scenario, row: Row) -> list[str]:
    maquette, floor, reference = (row.get(name) for name in CONTENDERS)
    times = _times_reference(row)
    return [
        scenario.title,
        str(scenario.connections),
        _rate(maquette),
        _latency(maquette),
        _rate(floor),
        _rate(reference),
        _latency(reference),
        f"{part:.0%}" if (part := _of_floor(row)) else "",
        f"{times:.1f}" if times else "",
        f"{by_cpu:.1f}" if (by_cpu := _times_reference_by_cpu(row)) else "",
        _aim(scenario.aim, times),
    ]


def _rate(result: Result | None) -> str:
    return f"{result.per_second:,.0f}" if result else "-"


def _latency(result: Result | None) -> str:
    return f"{_ms(result.p50_ms)} / {_ms(result.p99_ms)}" if result else ""


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _of_floor(row: Row) -> float | None:
    if "floor" not in row:
        return None
    return row["maquette"].per_second / row["floor"].per_second


def _times_reference(row: Row) -> float | None:
    if "reference" not in row:
        return None
    return row["maquette"].per_second / row["reference"].per_second


def _times_reference_by_cpu(row: Row) -> float | None:
    if "reference" not in row or not row["maquette"].cpu_us_each:
        return None
    return row["reference"].cpu_us_each / row["maquette"].cpu_us_each


def _aim(aim: Aim | None, times: float | None) -> str:
    if aim is None:
        return ""
    reached = times is not None and times >= aim.now
    later = f" ({aim.later:g})" if aim.later > aim.now else ""
    return f"[{'green' if reached else 'red'}]{aim.now:g} {'✓' if reached else '✗'}[/]{later}"


def _saved(scenario: Scenario, row: Row) -> dict[str, object]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "connections": scenario.connections,
        "of_floor": _of_floor(row),
        "times_reference": _times_reference(row),
        "times_reference_by_cpu": _times_reference_by_cpu(row),
        "aim": asdict(scenario.aim) if scenario.aim else None,
        "contenders": {name: _numbers(result) for name, result in row.items()},
    }


def _numbers(result: Result) -> dict[str, object]:
    return {
        "per_second": result.per_second,
        "p50_ms": result.p50_ms,
        "p99_ms": result.p99_ms,
        "cpu_us_each": result.cpu_us_each,
        "spread": result.spread,
        "disturbed": result.disturbed,
        "driver_busy": result.driver_busy,
        "rounds": [asdict(each) for each in result.rounds],
    }
