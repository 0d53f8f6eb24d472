"""What came out? Tables to read, and a JSON file with every round in it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box, table
from rich.console import Console

from benchmarks import roster, tables
from benchmarks.aims import Run
from benchmarks.rounds import Result
from benchmarks.scenarios import Scenario
from benchmarks.tables import Table

WIDTH = 150

# Beyond these, a footnote says that something else than the servers was measured, too.
DISTURBED, DRIVER_BUSY, SENT_LATE_MS = 0.10, 0.85, 1.0

Row = dict[str, Result]


def show(run: Run) -> None:
    console = Console()
    if not console.is_terminal or console.width < WIDTH:
        console = Console(width=WIDTH)
    for each in tables.every(run):
        console.print(_rich(each))
    for note in notes(run):
        console.print(note, style="dim", highlight=False, markup=False)


def save(path: Path, run: Run) -> None:
    path.write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n")


def rates(results: list[Result]) -> dict[str, Any]:
    """The section of the run's file on how much each carries."""
    return {"rounds": len(results[0].rounds), "scenarios": [_saved(*each) for each in _rows(results)]}


def notes(run: Run) -> Iterator[str]:
    """What a reader has to know to trust the numbers, or not to."""
    machine = run["machine"]
    yield (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, {machine['file_system']} with "
        f"{machine['sync_us']} µs a sync. Only ratios hold elsewhere; `by cpu` compares processor time per request, "
        "which other work on the machine disturbs less."
    )
    for name, why in run.get("settings", {}).get("left_out", {}).items():
        yield f"{roster.BY_NAME[name].title} took no part: {why}."
    if "rates" in run:
        yield from _notes_on_rates(run["rates"])
    if "latency" in run:
        yield from _notes_on_latency(run["latency"])


def _notes_on_rates(section: Run) -> Iterator[str]:
    found = [
        (f"{scenario['title']} of {name}", numbers)
        for scenario in section["scenarios"]
        for name, numbers in scenario["contenders"].items()
    ]
    apart = max(numbers["spread"] for _, numbers in found)
    yield (
        f"Rates are medians of {section['rounds']} interleaved rounds, which lay up to {apart:.0%} apart. The clients "
        "ask again at once, so that their milliseconds (in the file) include waiting in the server's queue."
    )
    disturbed = sorted((numbers["disturbed"], name) for name, numbers in found if numbers["disturbed"] > DISTURBED)
    if disturbed:
        yield (
            f"Other work disturbed {len(disturbed)} of the {len(found)} results: it took up to {disturbed[-1][0]:.0%} "
            f"of the servers' core (in {disturbed[-1][1]}). Trust `by cpu` more."
        )
    busy = [name for name, numbers in found if numbers["driver_busy"] > DRIVER_BUSY]
    if busy:
        yield f"The driver was itself near its limit, the server may be faster: {', '.join(busy)}."


def _notes_on_latency(section: Run) -> Iterator[str]:
    yield (
        "Latencies are of the mix at a constant rate, counted from when a call was due, not from when it could be "
        "sent. Each is asked at parts of its own capacity."
    )
    late = max((each["sent_late_p99_ms"] for each in section["levels"] if each["contender"] == "maquette"), default=0)
    if late > SENT_LATE_MS:
        yield (
            f"In one of them the driver sent a hundredth of Maquette's calls {late:.1f} ms late or more, which counts "
            "as the server's: other work on the driver's core, or all connections were waiting."
        )


def _rich(made: Table) -> table.Table:
    shown = table.Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    for number, name in enumerate(made.header):
        is_text = number == 0 or made.name == "aims"
        shown.add_column(name, justify="left" if is_text else "right", no_wrap=number == 0)
    colours = {"✓": "[green]✓[/]", "✗": "[red]✗[/]"}
    for row in made.rows:
        shown.add_row(*(colours.get(cell, cell) for cell in row))
    return shown


def _rows(results: list[Result]) -> list[tuple[Scenario, Row]]:
    rows: dict[str, tuple[Scenario, Row]] = {}
    for each in results:
        rows.setdefault(each.scenario.name, (each.scenario, {}))[1][each.contender] = each
    return list(rows.values())


def _saved(scenario: Scenario, row: Row) -> dict[str, object]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "connections": scenario.connections,
        "of_floor": _times(row, "floor"),
        "of_floor_by_cpu": _times_by_cpu(row, "floor"),
        **{f"times_{name}": _times(row, name) for name in roster.COMPARED},
        **{f"times_{name}_by_cpu": _times_by_cpu(row, name) for name in roster.COMPARED},
        "contenders": {name: _numbers(result) for name, result in row.items()},
    }


def _times(row: Row, other: str) -> float | None:
    return row["maquette"].per_second / row[other].per_second if other in row else None


def _times_by_cpu(row: Row, other: str) -> float | None:
    if other not in row or not row["maquette"].cpu_us_each:
        return None
    return row[other].cpu_us_each / row["maquette"].cpu_us_each


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
