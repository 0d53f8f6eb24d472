"""How does a store get messages that wait to be sent? Straight into the tables, by the thousand.

Run with the Python that Maquette is installed in: `python -m benchmarks.waiting DATA COUNT URL...` makes a webhook for
each URL in the store's first workspace, and lets as many messages wait for them in turn, all of them due.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from maquette.domain import webhooks
from maquette.domain.webhooks import WebhookDraft
from maquette.foundation import open_store
from maquette.model.actor import Sight, operator
from maquette.model.clock import SystemClock
from maquette.model.ids import new_event_id
from maquette.model.page import AfterCursor, Order, SortField
from maquette.model.records import Project
from maquette.settings import Settings
from maquette.store import projects
from maquette.store.database import Transaction, embedded_file
from maquette.store.filters import ProjectFilter

WORKSPACE = 1
EVENT = (
    "INSERT INTO events (serial, id, workspace, type, subject_kind, subject, subject_id, data, address, request_id, at)"
    " VALUES (?, ?, ?, 'project.updated', 'project', ?, ?, ?, '', '', ?)"
)
DELIVERY = (
    "INSERT INTO deliveries (webhook, event, state, since_at, due_at, created_at) VALUES (?, ?, 'waiting', ?, ?, ?)"
)


def fill(data: Path, count: int, urls: Sequence[str]) -> None:
    """Each message tells that the workspace's newest project was changed."""
    endpoints, project = asyncio.run(_prepared(data, urls))
    store = apsw.Connection(str(embedded_file(data)))
    store.execute("PRAGMA synchronous = OFF").fetchall()
    with store:
        ((last,),) = store.execute("SELECT COALESCE(MAX(serial), 0) FROM events").fetchall()
        first = int(str(last)) + 1
        now_ms = int(time.time() * 1000)
        store.executemany(EVENT, _events(first, count, project, now_ms))
        each = ((endpoints[n % len(endpoints)], first + n, now_ms, now_ms, now_ms) for n in range(count))
        store.executemany(DELIVERY, each)
        store.execute(
            "UPDATE webhooks SET ready_at = ?,"
            " held = (SELECT COUNT(*) FROM deliveries d WHERE d.webhook = webhooks.serial)",
            (now_ms,),
        )
    store.close()


async def _prepared(data: Path, urls: Sequence[str]) -> tuple[list[int], Project]:
    """The webhooks' serials, and a project to tell of."""
    clock = SystemClock()

    async with open_store(Settings(data=data), clock) as (database, sealer):

        async def body(tx: Transaction) -> tuple[list[int], Project]:
            actor, now_ms = operator(WORKSPACE), clock.now_ms()
            drafts = [WebhookDraft(url, ("project.updated",), "craftdesk") for url in urls]
            made = [await webhooks.create(tx, actor, draft, sealer, now_ms=now_ms) for draft in drafts]
            newest = await projects.list_(
                tx,
                WORKSPACE,
                sight=Sight(),
                filter=ProjectFilter(),
                order=Order(SortField.SERIAL, descending=True),
                window=AfterCursor(1, None),
                kept_total=1,
            )
            return [webhook.serial for webhook, _ in made], newest.items[0]

        return await database.write(body)


def _events(first: int, count: int, project: Project, now_ms: int) -> Iterator[tuple[Any, ...]]:
    data = msgspec.json.encode(project).decode()
    for serial in range(first, first + count):
        yield serial, new_event_id(now_ms), WORKSPACE, project.serial, project.id, data, now_ms


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
