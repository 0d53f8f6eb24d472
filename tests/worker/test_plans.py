"""Does anything look through all that waits, or all that happened? What SQLite makes of each statement is asked."""

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest

from maquette.domain import deliveries, housekeeping, projects, webhooks
from maquette.domain.deliveries import DeliveryFilter
from maquette.domain.projects import ProjectDraft
from maquette.model.page import ByPage
from maquette.model.webhooks import DeliveryState
from maquette.store.database import Transaction
from maquette.store.sqlite_transaction import SqliteTransaction
from tests.endpoint import Endpoint, Says
from tests.worker.desk import Desk
from tests.worker.test_again import replayed, sqlite_only

GROWS = re.compile(r"^SCAN (d|deliveries|e|events|m|messages|attempts|a|r|replays)\b(?!.*\breplays_by_turn\b)")
"""A plan's step through a whole table that grows with what happens; the replays stand in the order of their turns."""

Asked = list[tuple[str, tuple[Any, ...]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Each statement from now on, with its arguments."""
    found: Asked = []

    def noting(carry_out: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(carry_out)
        async def noted(tx: SqliteTransaction, sql: str, *args: Any) -> Any:
            found.append((sql, args))
            return await carry_out(tx, sql, *args)

        return noted

    for name in ("rows", "row", "value", "run"):
        monkeypatch.setattr(SqliteTransaction, name, noting(getattr(SqliteTransaction, name)))
    return found


async def everything(desk: Desk, there: Endpoint) -> None:
    """All that is done with deliveries."""
    there.says = lambda got: Says(500 if len(there.got) % 2 else 200)
    webhook = await desk.webhook(there.url(), "project.created")
    for number in range(4):
        await desk.project(f"Number {number}")
    await desk.work()
    await desk.work(6)
    for missing_only in (True, False):
        await replayed(desk, webhook, 60, missing_only=missing_only)
        while await desk.worker.replay():
            pass
    for state in (None, *DeliveryState):
        filter = DeliveryFilter(state=state)
        await desk.office.read(partial(_listed, desk=desk, webhook=webhook.id, filter=filter))
    await desk.whole(webhook, there.got[0].id)
    await desk.office.write(
        lambda tx: deliveries.resend(tx, desk.owner, webhook.id, there.got[0].id, now_ms=desk.office.now_ms)
    )
    desk.office.clock.advance(days=31)
    await desk.work()
    await housekeeping.purge_deliveries(desk.office.runtime.services)
    await desk.change(webhook, enabled=False)
    await desk.change(webhook, enabled=True)
    await desk.office.write(lambda tx: webhooks.remove(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
    await housekeeping.purge_deliveries(desk.office.runtime.services)


@sqlite_only
async def test_every_statement_finds_what_it_needs_in_an_index(
    desk: Desk, there: Endpoint, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is in the tables: a plan doesn't depend on it (decision 9)."""
    monkeypatch.setattr("maquette.domain.replays.PART", 2)
    await everything(desk, there)
    statements = {sql: args for sql, args in asked if re.search(r"\b(deliveries|events|replays)\b", sql)}
    assert len(statements) > 30

    async def plans(tx: Transaction) -> list[tuple[str, str]]:
        steps = [
            (sql, row[3])
            for sql, args in statements.items()
            for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}", *args)
        ]
        return [(sql, step) for sql, step in steps if GROWS.match(step)]

    assert [] == await desk.office.read(plans)


@sqlite_only
async def test_fifty_endpoints_cost_a_change_no_more_statements_than_one(desk: Desk, asked: Asked) -> None:
    """So that whoever changes something doesn't wait for those who are told of it."""

    async def told(name: str) -> int:
        async def change(tx: Transaction) -> int:
            before = len(asked)
            await projects.create(tx, desk.owner, ProjectDraft(name), now_ms=desk.office.now_ms)
            return len(asked) - before

        return await desk.office.write(change)

    await desk.webhook("http://127.0.0.1:9/0")
    with_one = await told("One")
    for number in range(1, 50):
        await desk.webhook(f"http://127.0.0.1:9/{number}")
    assert 0 < with_one == await told("Two")
    assert [1 + 50] == await desk.counts("deliveries")


async def _listed(tx: Transaction, *, desk: Desk, webhook: str, filter: DeliveryFilter) -> None:
    await deliveries.list_(tx, desk.owner, webhook, filter, ByPage(1, 2))
