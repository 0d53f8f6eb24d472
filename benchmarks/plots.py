"""What does a run look like? Bars of the ratios, lines of latency over load, lines of cost over size; as PNG."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from benchmarks.aims import Run
from benchmarks.roster import BY_NAME, COMPARED

Scenario = Mapping[str, Any]

INCHES, DPI = (8, 4.2), 150
LINES = {
    "list of any": "#1b6ca8",
    "list of one": "#7a5195",
    "create": "#d1495b",
    "mix": "#3c8d5a",
    "page 1": "#1b6ca8",
    "page 10,000": "#7a5195",
    "last cursor": "#5f6b7a",
    "q, rare": "#3c8d5a",
    "q, common": "#e0a030",
}
PERCENTILES = (("p50_ms", "p50", "#8fbcdb"), ("p99_ms", "p99", "#3f88bd"), ("p999_ms", "p99.9", "#0d3f66"))
WHILE = {
    None: "nothing\nelse",
    "checkpoints": "log\ncheckpointed",
    "backups": "backups\nrun",
    "webhooks": "webhooks\nstorm",
}
SHOWN = ("page 1", "page 10,000", "last cursor", "q, rare", "q, common", "create")
HALF = 0.5

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
}


def draw(run: Run, folder: Path) -> list[Path]:
    """A picture for each section that was run; returns the files."""
    drawers: dict[str, tuple[str, Callable[[Run, Path], None]]] = {
        "rates": ("rates.png", _rates),
        "latency": ("latency.png", _latency),
        "tenants": ("tenants.png", _tenants),
        "projects": ("projects.png", _projects),
    }
    drawn = []
    with mpl.rc_context(STYLE):
        for section, (name, drawer) in drawers.items():
            if section in run:
                drawer(run, folder / name)
                drawn.append(folder / name)
    return drawn


def _rates(run: Run, path: Path) -> None:
    """Maquette's rate in times the others', and as a part of the floor's."""
    scenarios = run["rates"]["scenarios"]
    names = [name for name in COMPARED if any(name in each["contenders"] for each in scenarios)]
    inches, height = 0.25 * len(scenarios) * max(2, len(names)) + 1.6, 0.76 / max(1, len(names))
    figure, (times, parts) = plt.subplots(1, 2, figsize=(10, inches), sharey=True, width_ratios=(3, 2))
    for number, name in enumerate(names):
        place = (number - (len(names) - 1) / 2) * height
        _bars(times, scenarios, f"times_{name}", (place, height), BY_NAME[name].colour, _ratio, BY_NAME[name].label)
    _bars(parts, scenarios, "of_floor", (0, 0.6), BY_NAME["floor"].colour, "{:.0%}".format, None)
    times.set_xscale("log")
    times.set_xlim(left=1)
    times.xaxis.set_major_formatter("{x:,.0f}")
    times.set_yticks(range(len(scenarios)), [_labelled(each) for each in scenarios], fontsize=8)
    times.invert_yaxis()
    times.set(xlabel="times as many requests a second, logarithmic", title="Maquette beside usual servers")
    times.legend(loc="upper center", bbox_to_anchor=(0.5, -0.6 / inches), ncols=len(names) or 1, fontsize=8)
    parts.axvline(1, color="#666666", linewidth=0.8)
    parts.xaxis.set_major_formatter("{x:.0%}")
    parts.set(xlabel="of what a bare ASGI application carries", title="Maquette beside the floor")
    for axes in (times, parts):
        axes.margins(x=0.12)
        axes.tick_params(axis="y", length=0)
    figure.tight_layout()
    _save(path)


def _ratio(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _bars(
    axes: Axes,
    scenarios: Sequence[Scenario],
    field: str,
    at: tuple[float, float],
    colour: str,
    text: Callable[[float], str],
    label: str | None,
) -> None:
    """A bar where there's a number; `at` is its place beside the row's middle, and its height."""
    rows = [(number, each[field]) for number, each in enumerate(scenarios) if each.get(field) is not None]
    place, height = at
    bars = axes.barh([n + place for n, _ in rows], [v for _, v in rows], height, color=colour, label=label)
    axes.bar_label(bars, [text(value) for _, value in rows], padding=3, fontsize=8)


def _labelled(scenario: Scenario) -> str:
    count = scenario["connections"]
    rate = scenario["contenders"]["maquette"]["per_second"]
    return f"{scenario['title']}\n{count} connection{'s' if count > 1 else ''}: {rate:,.0f} a second"


def _latency(run: Run, path: Path) -> None:
    figure, (loads, disturbed) = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, width_ratios=(3, 2))
    levels = run["latency"]["levels"]
    for name in BY_NAME:
        own = [each for each in levels if each["contender"] == name and each["while"] is None]
        if own:
            _lines_of_latency(loads, name, own)
    _dots_of_latency(disturbed, [each for each in levels if each["contender"] == "maquette" and each["part"] == HALF])
    loads.set(xlabel="load, as a part of each one's own capacity", ylabel="milliseconds")
    _decades(loads)
    loads.set_xticks([0.25, 0.5, 0.75], ["25 %", "50 %", "75 %"])
    loads.set_title("The mix at a steady rate")
    disturbed.set_title("Maquette at 50 %, while …")
    for axes in (loads, disturbed):
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize=8)
    figure.tight_layout()
    _save(path)


def _lines_of_latency(axes: Axes, name: str, levels: Sequence[Mapping[str, Any]]) -> None:
    parts = [each["part"] for each in levels]
    for field, style, label in (("p50_ms", "-", "p50"), ("p99_ms", ":", "p99")):
        values = [each[field] for each in levels]
        axes.plot(
            parts,
            values,
            style,
            marker="o",
            markersize=4,
            color=BY_NAME[name].colour,
            label=f"{BY_NAME[name].label}, {label}",
        )


def _dots_of_latency(axes: Axes, levels: Sequence[Mapping[str, Any]]) -> None:
    places = range(len(levels))
    lows, highs = [each["p50_ms"] for each in levels], [each["p999_ms"] for each in levels]
    axes.vlines(places, lows, highs, color="#cccccc", linewidth=1)
    for field, label, colour in PERCENTILES:
        values = [each[field] for each in levels]
        axes.plot(places, values, "o", markersize=6, color=colour, label=label)
        for place, value in zip(places, values, strict=True):
            axes.annotate(f"{value:.2g}", (place, value), (7, -3), textcoords="offset points", fontsize=8)
    axes.set_xticks(places, [WHILE[each["while"]] for each in levels], fontsize=8)
    axes.margins(x=0.25)


def _tenants(run: Run, path: Path) -> None:
    kinds = run["tenants"]
    figure, panels = plt.subplots(1, len(kinds), figsize=(10, INCHES[1]), sharey=True, squeeze=False)
    for axes, (kind, found) in zip(panels[0], kinds.items(), strict=True):
        sizes = [each["size"] for each in found]
        _lines(axes, sizes, {name: [each["cpu_us"][name] for each in found] for name in found[0]["cpu_us"]})
        axes.set(xlabel=kind, ylim=(0, None), title=f"As {kind} grow in number")
    panels[0][0].set_ylabel("µs of the core for a call")
    figure.tight_layout()
    _save(path)


def _projects(run: Run, path: Path) -> None:
    sizes = run["projects"]["sizes"]
    names = [name for name in SHOWN if name in sizes[0]["calls_ms"]]
    figure, axes = plt.subplots(figsize=INCHES)
    lines = {name: [each["calls_ms"][name] for each in sizes] for name in names}
    _lines(axes, [each["projects"] for each in sizes], lines)
    axes.set(xlabel="projects in one workspace", ylabel="milliseconds of a call")
    _decades(axes)
    axes.set_title("As one workspace grows")
    figure.tight_layout()
    _save(path)


def _lines(axes: Axes, sizes: Sequence[int], lines: Mapping[str, Sequence[float]]) -> None:
    for name, costs in lines.items():
        axes.plot(sizes, costs, marker="o", markersize=4, color=LINES[name], label=name)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, fontsize=8)


def _decades(axes: Axes) -> None:
    """Powers of ten, with marks at 1, 2 and 5 of each."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _save(path: Path) -> None:
    plt.savefig(path, dpi=DPI, bbox_inches="tight")
    plt.close("all")
