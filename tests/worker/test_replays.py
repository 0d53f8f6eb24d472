"""Is a long time sent again whole, in parts that hold nobody up, and only for as long as somebody wants it?"""

import asyncio
from functools import partial

import pytest

from maquette.app import build_worker_dependencies
from maquette.domain import deliveries, housekeeping, webhooks
from maquette.model.errors import Invalid
from maquette.model.webhooks import Replayed, Webhook
from maquette.store.database import Transaction
from maquette.worker import Worker
from tests.endpoint import Endpoint
from tests.worker.desk import Desk
from tests.worker.test_again import replayed, sqlite_only


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three events in each."""
    monkeypatch.setattr("maquette.domain.replays.PART", 3)


async def happened(desk: Desk, there: Endpoint, count: int) -> Webhook:
    """An endpoint that comes too late for so many events, of which two are of the same moment."""
    for number in range(count):
        await desk.project(f"Number {number}")
        desk.office.clock.advance(seconds=number % 2)
    return await desk.webhook(there.url(), "project.created")


async def kept_counts(desk: Desk) -> None:
    """What is kept of an endpoint is what there is."""
    assert [0] == await desk.counts(
        "webhooks w WHERE w.held <> (SELECT COUNT(*) FROM deliveries d WHERE d.webhook = w.serial)"
    )


class TestGoOn:
    async def test_every_event_once_in_its_order(self, desk: Desk, there: Endpoint) -> None:
        """The call works off a part, the worker the others."""
        webhook = await happened(desk, there, 8)
        begun = await replayed(desk, webhook, 60)
        assert Replayed(begun.deliveries, is_complete=False) == begun
        assert begun.deliveries == len(await desk.log(webhook)) < 8
        parts = 0
        while await desk.worker.replay():
            parts += 1
        await desk.work()
        names = {got.id: got.message["data"]["name"] for got in there.got}
        assert [f"Number {number}" for number in range(8)] == [names[each.id] for each in await desk.log(webhook)]
        assert 8 == len(there.got)
        assert parts >= 2
        await kept_counts(desk)

    async def test_what_happens_meanwhile_is_no_part_of_it(self, desk: Desk, there: Endpoint) -> None:
        """It is told anyway, and not twice, whatever the clock says."""
        webhook = await happened(desk, there, 6)
        await replayed(desk, webhook, 60)
        desk.office.clock.advance(seconds=-2)
        await desk.project("meanwhile")
        await desk.work(2)
        while await desk.worker.replay():
            await desk.work()
        await desk.work()
        assert 1 == [got.message["data"]["name"] for got in there.got].count("meanwhile")
        assert 7 == len(there.got) == len(set(there.ids()))

    async def test_another_worker_goes_on(self, desk: Desk, there: Endpoint) -> None:
        """Where the first has come to, since each part says so in its own transaction."""
        webhook = await happened(desk, there, 9)
        await replayed(desk, webhook, 60)
        await desk.worker.replay()
        desk.worker = Worker(build_worker_dependencies(desk.office.runtime.services))
        while await desk.worker.replay():
            pass
        await desk.work()
        assert 9 == len(there.got) == len(set(there.ids()))

    async def test_workers_don_t_get_into_each_others_way(self, desk: Desk, there: Endpoint) -> None:
        """Several at one replay, and at what it lets wait: each event goes out once."""
        webhook = await happened(desk, there, 20)
        begun = await replayed(desk, webhook, 60)
        workers = [Worker(build_worker_dependencies(desk.office.runtime.services)) for _ in range(3)]
        while any(await asyncio.gather(*(worker.replay() for worker in workers))):
            await asyncio.gather(*(worker.step() for worker in workers))
        for worker in workers:
            await worker.settle()
        await desk.work()
        assert not begun.is_complete
        assert 20 == len(there.got) == len(set(there.ids()))
        await kept_counts(desk)

    async def test_only_what_is_missing(self, desk: Desk, there: Endpoint) -> None:
        """In every part: what has arrived isn't sent again."""
        for name in ("One", "Two"):
            await desk.project(name)
        webhook = await desk.webhook(there.url(), "project.created")
        for name in ("Three", "Four", "Five"):
            await desk.project(name)
        await desk.work()
        await replayed(desk, webhook, 60, missing_only=True)
        while await desk.worker.replay():
            pass
        await desk.work()
        assert 5 == len(there.got) == len(set(there.ids()))
        await kept_counts(desk)

    @sqlite_only
    async def test_endpoints_take_turns(self, desk: Desk, there: Endpoint) -> None:
        """A long replay makes no other one wait for its end."""
        long = await happened(desk, there, 12)
        short = await desk.webhook(there.url("/short"), "project.created")
        await replayed(desk, long, 60)
        desk.office.clock.advance(seconds=1)
        await replayed(desk, short, 60)
        for _ in range(4):
            desk.office.clock.advance(seconds=1)
            await desk.worker.replay()
        assert abs(len(await desk.log(long)) - len(await desk.log(short))) <= 3


class TestEnding:
    @pytest.mark.parametrize("how", ["disabled", "removed", "gone"])
    async def test_it_ends_with_the_endpoint(self, desk: Desk, there: Endpoint, how: str) -> None:
        """One that is enabled again is asked anew."""
        webhook = await happened(desk, there, 9)
        await replayed(desk, webhook, 60)
        waiting = len(await desk.log(webhook))
        if how == "disabled":
            await desk.change(webhook, enabled=False)
            await desk.change(webhook, enabled=True)
        elif how == "removed":
            await desk.office.write(lambda tx: webhooks.remove(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
        else:
            await desk.office.write(partial(_disabled_by_hand_of_nobody, webhook=webhook.serial))
            await desk.worker.replay()
        assert not await desk.worker.replay()
        assert [0, waiting] == await desk.counts("replays", "deliveries")

    @sqlite_only
    async def test_a_few_at_a_time(self, desk: Desk, there: Endpoint) -> None:
        """One more is refused, unless it is short."""
        webhook = await happened(desk, there, 9)
        for _ in range(4):
            await replayed(desk, webhook, 60)
        with pytest.raises(Invalid) as refused:
            await replayed(desk, webhook, 60)
        assert {"webhook"} == set(refused.value.problems)
        assert (await replayed(desk, webhook, 0.5)).is_complete


class TestHeld:
    async def test_it_is_what_there_is(self, desk: Desk, there: Endpoint) -> None:
        """Whatever is told, sent again, replayed and purged."""
        webhook = await happened(desk, there, 4)
        await desk.webhook(there.url("/other"))
        await desk.project("told")
        await desk.work()
        await desk.office.write(
            lambda tx: deliveries.resend(tx, desk.owner, webhook.id, there.got[0].id, now_ms=desk.office.now_ms)
        )
        await desk.office.write(lambda tx: deliveries.send_test(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
        await desk.work()
        begun = await replayed(desk, webhook, 60)
        await kept_counts(desk)
        desk.office.clock.advance(days=31)
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        await kept_counts(desk)
        assert [begun.deliveries] == await desk.counts(f"deliveries WHERE webhook = {webhook.serial}"), (
            "what waits stays"
        )


async def _disabled_by_hand_of_nobody(tx: Transaction, *, webhook: int) -> None:
    """As a process that knows of no replays would."""
    await tx.run("UPDATE webhooks SET enabled = 0 WHERE serial = $1", webhook)
