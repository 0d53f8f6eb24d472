"""What came out, and how it is printed."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, zip_longest

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .rows import Difference, Made, Walk

FIRST = 20
KINDS = ("lost", "doubled", "changed", "order", "total", "wire")


@dataclass
class Report:
    """`ok` when the server showed exactly what it was given. `tally` counts calls, waits and the like."""

    made: list[Made] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    searches: int = 0

    @property
    def ok(self) -> bool:
        return not self.differences


def show(report: Report, console: Console) -> None:
    console.print(_table(report))
    for difference in _mixed(report.differences)[:FIRST]:
        console.print(escape(str(difference)), style="red", soft_wrap=True)
    if len(report.differences) > FIRST:
        console.print(f"… and {len(report.differences) - FIRST} more")
    console.print(_sentence(report), style="bold green" if report.ok else "bold red", soft_wrap=True)


def _mixed(differences: list[Difference]) -> list[Difference]:
    """The first of each kind, then the second of each: a frequent kind must not hide a rare one."""
    kinds: dict[str, list[Difference]] = {}
    for difference in differences:
        kinds.setdefault(difference.kind, []).append(difference)
    return [one for turn in zip_longest(*kinds.values()) for one in turn if one is not None]


def _table(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for name in ("list", "dialect", "ordering", "a page", "pages", "rows", "wrong"):
        table.add_column(name, no_wrap=name != "wrong", justify="right" if name in ("pages", "rows") else "left")
    counts = Counter((difference.where, difference.kind) for difference in report.differences)
    for (noun, door, label), group in groupby(report.walks, lambda w: (w.noun, w.door, w.ordering.label)):
        walks = list(group)
        sizes = ", ".join(str(walk.size or "default") for walk in walks)
        numbers = [sum(len(walk.totals) for walk in walks), sum(len(walk.rows) for walk in walks)]
        found = {kind: sum(counts[walk.where, kind] for walk in walks) for kind in KINDS}
        table.add_row(noun, door, label, sizes, *map(str, numbers), _cell(found))
    return table


def _cell(found: dict[str, int]) -> str:
    told = ", ".join(f"{count} {kind}" for kind, count in found.items() if count)
    return f"[bold red]{told}[/]" if told else "[green]none[/]"


def _sentence(report: Report) -> str:
    made = Counter(f"{one.item.noun} through {one.door}" for one in report.made)
    told = ", ".join(f"{count} {what}" for what, count in sorted(made.items()))
    tally = ", ".join(f"{count} {what}" for what, count in sorted(report.tally.items()) if count)
    end = "all equal" if report.ok else f"{len(report.differences)} differences"
    read = f"{len(report.walks)} walks, {report.searches} searches"
    return f"{told or 'nothing'} made; {read}; {tally}; {report.seconds:.1f} s: {end}"
