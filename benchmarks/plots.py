"""What does a run look like? Bars of the ratios, lines of latency over load, lines of cost over size; as PNG."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.aims import Run

INCHES, DPI = (8, 4.2), 150
COLOURS = {"maquette": "#1b6ca8", "floor": "#9aa5b1", "reference": "#d1495b", "django": "#e0a030"}
NAMES = {
    "maquette": "Maquette",
    "floor": "floor",
    "reference": "reference (FastAPI)",
    "django": "Django REST framework",
}
PALETTE = ("#1b6ca8", "#d1495b", "#3c8d5a", "#e0a030", "#7a5195")

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
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
    """Requests a second, in powers of ten: each bar says its ratio to Maquette's."""
    scenarios = run["rates"]["scenarios"]
    _, axes = plt.subplots(figsize=(8, 0.55 * len(scenarios) + 1.6))
    height = 0.2
    for place, name in enumerate(COLOURS):
        rows = [
            (number, each["contenders"][name]) for number, each in enumerate(scenarios) if name in each["contenders"]
        ]
        heights = [number + (place - 1.5) * height for number, _ in rows]
        rates = [numbers["per_second"] for _, numbers in rows]
        bars = axes.barh(heights, rates, height, color=COLOURS[name], label=NAMES[name])
        axes.bar_label(bars, [_said(scenarios[number], name) for number, _ in rows], padding=3, fontsize=7)
    axes.set_xscale("log")
    axes.set_yticks(range(len(scenarios)), [f"{each['title']}\n{_connections(each)}" for each in scenarios], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("requests a second on one core (each line is ten times the last)")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title("How much each carries, and how many times that is Maquette's", x=0, pad=26)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=8)
    _save(path)


def _said(scenario: Mapping[str, Any], name: str) -> str:
    contenders = scenario["contenders"]
    own, rate = contenders["maquette"]["per_second"], contenders[name]["per_second"]
    if name == "maquette":
        return f"{rate:,.0f}"
    return f"{own / rate:.0%} of it" if name == "floor" else f"× {own / rate:.1f}"


def _connections(scenario: Mapping[str, Any]) -> str:
    count = scenario["connections"]
    return f"{count} connections" if count > 1 else "1 connection"


def _latency(run: Run, path: Path) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(9, INCHES[1]), sharey=True, width_ratios=(3, 2))
    levels = run["latency"]["levels"]
    for name in NAMES:
        own = [each for each in levels if each["contender"] == name and each["while"] is None]
        if own:
            _lines_of_latency(panels[0], name, own)
    _bars_of_latency(panels[1], [each for each in levels if each["contender"] == "maquette" and each["part"] == 0.5])
    panels[0].set(xlabel="part of its own capacity", ylabel="milliseconds", yscale="log")
    panels[0].set_xticks([0.25, 0.5, 0.75], ["25 %", "50 %", "75 %"])
    panels[0].set_title("The mix at a steady rate", x=0)
    panels[1].set_title("Maquette at 50 %, disturbed", x=0)
    panels[0].legend(fontsize=8)
    figure.tight_layout()
    _save(path)


def _lines_of_latency(axes: Axes, name: str, levels: Sequence[Mapping[str, Any]]) -> None:
    parts = [each["part"] for each in levels]
    for field, dashes, label in (("p50_ms", "-", "p50"), ("p99_ms", "--", "p99")):
        values = [each[field] for each in levels]
        axes.plot(parts, values, dashes, marker="o", markersize=4, color=COLOURS[name], label=f"{NAMES[name]}, {label}")


def _bars_of_latency(axes: Axes, levels: Sequence[Mapping[str, Any]]) -> None:
    names = [each["while"] or "undisturbed" for each in levels]
    for place, (field, label) in enumerate((("p50_ms", "p50"), ("p99_ms", "p99"), ("p999_ms", "p99.9"))):
        places = [number + (place - 1) * 0.27 for number in range(len(levels))]
        bars = axes.bar(
            places, [each[field] for each in levels], 0.27, label=label, color=("#9cc3e0", "#4f95c6", "#1b6ca8")[place]
        )
        axes.bar_label(bars, fmt="%.2g", fontsize=7, padding=2)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.legend(fontsize=8)


def _tenants(run: Run, path: Path) -> None:
    kinds = run["tenants"]
    figure, panels = plt.subplots(1, len(kinds), figsize=INCHES, sharey=True, squeeze=False)
    for axes, (kind, found) in zip(panels[0], kinds.items(), strict=True):
        sizes = [each["size"] for each in found]
        _lines(axes, sizes, {name: [each["cpu_us"][name] for each in found] for name in found[0]["cpu_us"]})
        axes.set(xlabel=kind, ylim=(0, None))
        axes.set_title(f"As {kind} grow in number", x=0)
    panels[0][0].set_ylabel("µs of the core for a call")
    figure.tight_layout()
    _save(path)


def _projects(run: Run, path: Path) -> None:
    sizes = run["projects"]["sizes"]
    names = [name for name in SHOWN if name in sizes[0]["calls_ms"]]
    figure, axes = plt.subplots(figsize=INCHES)
    _lines(
        axes,
        [each["projects"] for each in sizes],
        {name: [each["calls_ms"][name] for each in sizes] for name in names},
    )
    axes.set(xlabel="projects in one workspace", ylabel="milliseconds of a call", yscale="log")
    axes.set_title("As one workspace grows", x=0)
    figure.tight_layout()
    _save(path)


SHOWN = ("page 1", "page 10,000", "last cursor", "q, rare", "q, common", "create")


def _lines(axes: Axes, sizes: Sequence[int], lines: Mapping[str, Sequence[float]]) -> None:
    for number, (name, costs) in enumerate(lines.items()):
        axes.plot(sizes, costs, marker="o", markersize=4, color=PALETTE[number % len(PALETTE)], label=name)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
    axes.minorticks_off()
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(fontsize=8)


def _save(path: Path) -> None:
    plt.savefig(path, dpi=DPI, bbox_inches="tight")
    plt.close("all")
