"""How do the numbers get into the documentation? By this command, `python -m benchmarks docs`, and never by hand.

It keeps the run's file in docs/performance/, draws its pictures beside it, and writes its tables between the marks
`<!-- table: name -->` and `<!-- end -->` of docs/performance.md.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report, tables
from benchmarks.aims import Run
from benchmarks.tables import Table

DOCS = Path(__file__).parent.parent / "docs"
KEPT = DOCS / "performance" / "run.json"
PAGE = DOCS / "performance.md"

_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks docs", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, default=KEPT, metavar="FILE", help="%(default)s")
    from benchmarks import plots  # what it draws with is in the benchmarks' own lock

    run = json.loads(parser.parse_args(arguments).source.read_text())
    KEPT.parent.mkdir(exist_ok=True)
    report.save(KEPT, run)
    plots.draw(run, KEPT.parent)
    PAGE.write_text(filled(PAGE.read_text(), run))
    print(f"{PAGE} and {KEPT.parent} now say what that run came to.", file=sys.stderr)
    return 0


def filled(page: str, run: Run) -> str:
    """The page with the run's tables; a table whose part was not run says so."""
    made = {each.name: markdown(each) + _picture(each) for each in tables.every(run)}
    made["notes"] = "\n".join(f"- {note}" for note in report.notes(run))
    made["versions"] = _versions(run)
    return _MARKED.sub(lambda found: f"{found[1]}{made.get(found[2], f'{_ABSENT}')}\n{found[3]}", page)


_ABSENT = "*Not in the run that is kept.*"


def markdown(table: Table) -> str:
    """The table as Markdown, its first column to the left."""
    rules = ("---", *("---" if table.name == "aims" else "--:" for _ in table.header[1:]))
    lines = [table.header, rules, *table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _picture(table: Table) -> str:
    """The picture that `plots` draws of it stands under the table."""
    if table.name not in PICTURES:
        return ""
    return f"\n\n![{table.title}]({KEPT.parent.name}/{PICTURES[table.name]})"


# The picture of the tenants has both of its tables' lines.
PICTURES = {"rates": "rates.png", "latency": "latency.png", "keys": "tenants.png", "projects": "projects.png"}


def _versions(run: Run) -> str:
    machine = run["machine"]
    contenders = run.get("settings", {}).get("contenders", {})
    lines = [f"- {name}: {words}" for name, words in contenders.items()]
    versions = [f"{name.replace('_', ' ')} {value}" for name, value in machine.items() if name not in _IN_NOTES]
    return "\n".join([*lines, f"- versions: {', '.join(versions)}"])


_IN_NOTES = ("processor", "cores", "python", "file_system", "sync_us")
