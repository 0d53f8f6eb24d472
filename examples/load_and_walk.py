"""Whether a running server keeps what it is given, and shows all of it again through both of its APIs.

    python examples/load_and_walk.py --key mq_live_… --client-id … --client-secret …

See README.md beside this file. Tests call `load_and_walk` instead of the command line.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if not __package__:  # run as a plain script, which sees its own folder alone
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examples.walker.calls import MAX_CONCURRENT, AnswerError, Calls, StoppedError
from examples.walker.compare import compare
from examples.walker.craftdesk import CraftDesk
from examples.walker.creatopy import Creatopy
from examples.walker.load import Load, read_items
from examples.walker.report import Report, show
from examples.walker.rows import NOUNS, Difference, Item
from examples.walker.search import search
from examples.walker.walk import Dialect, look_before, plan, take_all

DATA = Path(__file__).parent / "data"
PROJECTS = DATA / "projects.sample.jsonl"
BRANDS = DATA / "brands.sample.jsonl"
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


async def load_and_walk(
    base_url: str,
    key: str,
    client_id: str,
    client_secret: str,
    projects_path: Path = PROJECTS,
    brands_path: Path = BRANDS,
    sample: int | None = None,
    quiet: bool = True,
    *,
    client_factory: Callable[..., httpx2.AsyncClient] = httpx2.AsyncClient,
) -> Report:
    """Raises StoppedError when the server can't be reached, AnswerError when it doesn't let us in.

    `client_factory` is called with `base_url`, `timeout` and `limits`; for an app in this process give
    `functools.partial(httpx2.AsyncClient, transport=httpx2.ASGITransport(app))`.
    """
    started = time.monotonic()
    items = read_items(projects_path, brands_path, sample)
    limits = httpx2.Limits(max_connections=2 * MAX_CONCURRENT, max_keepalive_connections=2 * MAX_CONCURRENT)
    async with client_factory(base_url=base_url, timeout=httpx2.Timeout(30.0), limits=limits) as client:
        craftdesk = CraftDesk(Calls(client), key)
        creatopy = Creatopy(Calls(client), client_id, client_secret)
        await creatopy.enter()
        with Progress(*COLUMNS, console=Console(stderr=True), disable=quiet) as progress:
            report = await _load_and_walk(creatopy, craftdesk, items, progress)
        report.tally = craftdesk.calls.tally + creatopy.calls.tally
    report.seconds = time.monotonic() - started
    return report


async def _load_and_walk(creatopy: Creatopy, craftdesk: CraftDesk, items: list[Item], progress: Progress) -> Report:
    dialects: tuple[Dialect, Dialect] = (creatopy, craftdesk)
    expected = Counter(item.noun for item in items)
    bars = {noun: progress.add_task(f"making {noun}", total=expected[noun]) for noun in NOUNS}
    walking = progress.add_task("walking", total=None)
    before = await look_before(dialects)
    expected.update(noun for noun, door in before if door == "creatopy" for _ in before[noun, door])
    load = Load(creatopy, craftdesk, before, lambda noun: progress.advance(bars[noun]))
    await load.run(items)
    planned = plan(dialects, expected)
    progress.update(walking, total=len(planned))
    walks = await take_all(planned, lambda: progress.advance(walking))
    searches, not_found = await search(dialects, load.made, before)
    repeats = [
        Difference("repeat", f"{dialect.door} · Idempotency-Key", fault)
        for dialect in dialects
        for fault in dialect.calls.faults
    ]
    differences = load.differences + repeats + compare(load.made, before, walks) + not_found
    return Report(load.made, walks, differences, searches=searches)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Load two files into a running server, and walk every list.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8080")
    parser.add_argument("--key", required=True, help="a CraftDesk API key that may write")
    parser.add_argument("--client-id", required=True, help="of a Creatopy credential in the same workspace")
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--projects", type=Path, default=PROJECTS, help="JSON lines")
    parser.add_argument("--brands", type=Path, default=BRANDS, help="JSON lines")
    parser.add_argument("--sample", type=int, metavar="N", help="only N lines of each file, evenly spread")
    return parser.parse_args()


def main() -> int:
    told = _arguments()
    run = load_and_walk(
        told.base_url,
        told.key,
        told.client_id,
        told.client_secret,
        told.projects,
        told.brands,
        told.sample,
        quiet=False,
    )
    try:
        report = asyncio.run(run)
    except (AnswerError, StoppedError) as error:
        print(f"Could not go on: {error}", file=sys.stderr)
        return 2
    show(report, Console())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
