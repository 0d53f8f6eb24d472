"""Which tables does a run come to? Text in rows, for the terminal (`report`) and for the pages (`pages`) alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import aims
from benchmarks.aims import Run
from benchmarks.roster import BY_NAME, PEERS

NOT_MEASURED = "not in this run"

# With fewer requests there is hardly one in the last thousandth.
ENOUGH_FOR_P999 = 5_000


@dataclass(frozen=True, slots=True)
class Table:
    """A title, and rows as long as the header."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def every(run: Run) -> Iterator[Table]:
    """Those whose part was run; the aims last."""
    makers: dict[str, Callable[[Run], Iterator[Table]]] = {
        "rates": _rates, "latency": _latency, "deliveries": _deliveries,
        "tenants": _tenants, "projects": _projects, "starts": _starts,
    }  # fmt: skip
    for section, maker in makers.items():
        if section in run:
            yield from maker(run)
    yield _aims(run)


def _rates(run: Run) -> Iterator[Table]:
    header = (
        *("requests a second", "connections", *(BY_NAME[name].title for name in _MEASURES)),
        *("of floor", "by cpu", "× reference", "by cpu"),
    )
    scenarios = run["rates"]["scenarios"]
    yield Table("rates", "How much it carries", header, tuple(_rate_row(each) for each in scenarios))
    if peers := [name for name in PEERS if any(name in each["contenders"] for each in scenarios)]:
        yield _peers(scenarios, peers)


def _rate_row(scenario: Mapping[str, Any]) -> tuple[str, ...]:
    contenders = scenario["contenders"]
    ratios = ("times_reference", "times_reference_by_cpu")
    return (
        scenario["title"],
        str(scenario["connections"]),
        *(_per_second(contenders, name) for name in _MEASURES),
        *("" if scenario[name] is None else f"{scenario[name]:.0%}" for name in ("of_floor", "of_floor_by_cpu")),
        *("" if scenario[name] is None else f"{scenario[name]:.1f}" for name in ratios),
    )


_MEASURES = ("maquette", "floor", "reference")


def _peers(scenarios: Sequence[Mapping[str, Any]], peers: Sequence[str]) -> Table:
    titles = [column for name in peers for column in (BY_NAME[name].title, "Maquette is ×", "by cpu")]
    header = ("requests a second", "connections", "Maquette", *titles)
    shown = [each for each in scenarios if set(peers) & set(each["contenders"])]
    return Table("peers", "Beside what others run", header, tuple(_peer_row(each, peers) for each in shown))


def _peer_row(scenario: Mapping[str, Any], peers: Sequence[str]) -> tuple[str, ...]:
    columns = [_per_second(scenario["contenders"], "maquette")]
    for name in peers:
        ratios = [scenario.get(f"times_{name}{ending}") for ending in ("", "_by_cpu")]
        columns += [_per_second(scenario["contenders"], name), *("" if it is None else _times(it) for it in ratios)]
    return (scenario["title"], str(scenario["connections"]), *columns)


def _per_second(contenders: Mapping[str, Any], name: str) -> str:
    return f"{contenders[name]['per_second']:,.0f}" if name in contenders else ""


def _times(ratio: float) -> str:
    return f"{ratio:,.1f}" if ratio < 1_000 else f"{ratio:,.0f}"


def _latency(run: Run) -> Iterator[Table]:
    header = ("milliseconds at a steady rate", "of its capacity", "calls a second", "p50", "p99", "p99.9", "longest")
    levels = run["latency"]["levels"]
    rows = [_level_row(each) for each in sorted(levels, key=lambda each: (each["while"] or "", _order(each)))]
    rows += [(f"Maquette, while {_WHILE[name]}", reason, *[""] * 5) for name, reason in _skipped(run)]
    yield Table("latency", "How long it takes", header, tuple(rows))


def _order(level: Mapping[str, Any]) -> int:
    return list(BY_NAME).index(level["contender"])


def _level_row(level: Mapping[str, Any]) -> tuple[str, ...]:
    name = BY_NAME[level["contender"]].title
    if level["while"]:
        name += f", while {_WHILE[level['while']]} ({level['times']:,} ×)"
    last = _ms(level["p999_ms"]) if level["requests"] >= ENOUGH_FOR_P999 else "–"
    measured = (_ms(level["p50_ms"]), _ms(level["p99_ms"]), last, _ms(level["most_ms"]))
    return (name, f"{level['part']:.0%}", f"{level['rate']:,.0f}", *measured)


_WHILE = {
    "checkpoints": "the log is checkpointed",
    "backups": "`maquette backup` runs",
    "webhooks": "a storm of webhooks is sent",
}


def _deliveries(run: Run) -> Iterator[Table]:
    found = run["deliveries"]
    header = ("milliseconds of the mix, while so many messages wait", "calls a second", "p50", "p99", "p99.9", "memory")
    rows = tuple(
        (
            f"{each['waiting']:,}",
            f"{each['rate']:,}",
            *(_ms(each[name]) for name in ("p50_ms", "p99_ms", "p999_ms")),
            f"{each['resident_mb']:.0f} MB",
        )
        for each in found["levels"]
    )
    sent = f"(sent to {found['endpoints']} webhooks of one receiver: {found['sent_per_second']:,.0f} a second)"
    yield Table("deliveries", "What webhooks cost", header, (*rows, (sent, *[""] * 5)))


def _skipped(run: Run) -> list[tuple[str, str]]:
    return list(run["latency"]["skipped"].items())


def _tenants(run: Run) -> Iterator[Table]:
    for kind, found in run["tenants"].items():
        sizes = [each["size"] for each in found]
        header = (f"µs of the core for a call, by {kind}", *(f"{size:,}" for size in sizes), "for ten times as much")
        rows = []
        for name in found[0]["cpu_us"]:
            costs = [each["cpu_us"][name] for each in found]
            added = f"{aims.per_tenfold(sizes, costs):+.0%}" if len(sizes) > 1 else ""
            rows.append((name, *(f"{cost:,.0f}" for cost in costs), added))
        yield Table(kind, f"As {kind} grow in number", header, tuple(rows))


def _projects(run: Run) -> Iterator[Table]:
    sizes = run["projects"]["sizes"]
    header = (
        "milliseconds of a call, by projects",
        *(f"{each['projects']:,}" for each in sizes),
        "largest ÷ its page 1",
    )
    first = sizes[-1]["calls_ms"]["page 1"]
    rows = []
    for name in sizes[0]["calls_ms"]:
        costs = [each["calls_ms"][name] for each in sizes]
        rows.append((name, *(f"{cost:.2f}" for cost in costs), f"{costs[-1] / first:.1f}"))
    yield Table("projects", "As one workspace grows", header, tuple(rows))


def _starts(run: Run) -> Iterator[Table]:
    header = ("projects", "start to first answer", "processor time", "memory then", "after all loads", "at most")
    rows = tuple(
        (
            f"{each['projects']:,}",
            f"{each['start_s']:.2f} s",
            f"{each['start_cpu_s']:.2f} s",
            *(f"{each[name]:.0f} MB" for name in ("started_mb", "resident_mb", "most_mb")),
        )
        for each in run["starts"]
    )
    yield Table("starts", "What it takes to start and to stay", header, rows)


def _aims(run: Run) -> Table:
    rows = []
    for aim in aims.every():
        reached = aim.reached(run)
        value = NOT_MEASURED if reached is None else reached.value
        rows.append((aim.work, aim.aim, value, "" if reached is None else "✓" if reached.enough else "✗"))
    return Table("aims", "What was aimed at", ("work", "aim", "reached", ""), tuple(rows))


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"
