"""Can what was missed be had again? One event, a window, only the missing, a trial run; and what is purged."""

import asyncio
from functools import partial

import pytest

from maquette.domain import deliveries, housekeeping, projects, samples, webhooks
from maquette.domain.deliveries import DeliveryFilter
from maquette.domain.retry import TRIPS_AT
from maquette.model.actor import Access, Actor, Grants, Resource, Role, Scope
from maquette.model.errors import Forbidden, Invalid, NotFound, OutOfScope
from maquette.model.page import ByPage
from maquette.model.webhooks import TEST, DeliveryState, Replayed, Webhook
from maquette.worker import MAX_PER_ENDPOINT
from tests.endpoint import Endpoint, Says
from tests.worker.desk import Desk

sqlite_only = pytest.mark.parametrize("engine", ["sqlite"])
"""For what says nothing to an engine that others here don't."""


async def replayed(desk: Desk, webhook: Webhook, since_s: float, until_s: float | None = None, **how: bool) -> Replayed:
    """A replay of what happened from so many seconds ago."""
    now_ms = desk.office.now_ms
    return await desk.office.write(
        lambda tx: deliveries.replay(
            tx,
            desk.owner,
            webhook.id,
            since_ms=now_ms - int(since_s * 1000),
            until_ms=None if until_s is None else now_ms - int(until_s * 1000),
            now_ms=now_ms,
            **how,
        )
    )


@sqlite_only
class TestPause:
    @pytest.mark.parametrize("type", [TEST, "project.created"])
    async def test_a_trial_ends_it(self, desk: Desk, there: Endpoint, type: str) -> None:
        """Who has repaired their endpoint needn't wait for the breaker: once one message arrives, all do."""
        there.says = lambda _: Says(500)
        webhook = await desk.webhook(there.url())
        for number in range(TRIPS_AT + MAX_PER_ENDPOINT):
            await desk.project(f"Project {number}")
        for _ in range(TRIPS_AT):
            await desk.work()
        there.says = lambda _: Says()
        before = len(there.got)
        await desk.work(1)
        assert before == len(there.got), "it is left in peace"
        sample = await desk.office.write(
            lambda tx: samples.send(tx, desk.owner, webhook.id, type, now_ms=desk.office.now_ms)
        )
        for _ in range(3):
            await desk.work()
        assert sample.id in there.ids()[before:]


@sqlite_only
class TestResend:
    async def test_it_goes_out_again_as_it_was(self, desk: Desk, there: Endpoint) -> None:
        """The same id, the same bytes, however the record has changed; the log goes on."""
        webhook = await desk.webhook(there.url(), "project.created")
        project = await desk.project()
        await desk.work()
        await desk.office.write(
            lambda tx: projects.change(
                tx, desk.owner, project.id, projects.ProjectPatch(name="Two"), now_ms=desk.office.now_ms
            )
        )
        (first,) = there.got
        sent_again = await desk.office.write(
            lambda tx: deliveries.resend(tx, desk.owner, webhook.id, first.id, now_ms=desk.office.now_ms)
        )
        assert (DeliveryState.WAITING, None) == (sent_again.state, sent_again.finished_at)
        await desk.work()
        assert [(first.id, first.body)] * 2 == [(got.id, got.body) for got in there.got]
        assert [1, 2] == [attempt.number for attempt in (await desk.whole(webhook, first.id)).attempts]

    async def test_the_newest_attempts_are_kept(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However often it is sent again, it takes no more room; the numbers go on."""
        monkeypatch.setattr("maquette.store.outbox.MAX_ATTEMPTS", 2)
        webhook = await desk.webhook(there.url(), "project.created")
        await desk.project()
        await desk.work()
        id = there.got[0].id
        for _ in range(3):
            await desk.office.write(
                lambda tx: deliveries.resend(tx, desk.owner, webhook.id, id, now_ms=desk.office.now_ms)
            )
            await desk.work()
        assert [3, 4] == [attempt.number for attempt in (await desk.whole(webhook, id)).attempts]

    async def test_one_that_failed_gets_a_schedule_of_its_own(self, desk: Desk, there: Endpoint) -> None:
        """Its day begins anew."""
        there.says = lambda _: Says(500)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        for step in (5, 300, 1800, 7200, 18_000, 36_000):
            await desk.work(step)
        await desk.office.write(
            lambda tx: deliveries.resend(tx, desk.owner, webhook.id, there.got[0].id, now_ms=desk.office.now_ms)
        )
        for _ in range(2):
            await desk.work(300)  # the breaker has opened meanwhile
        assert 9 == len(there.got)

    @pytest.mark.parametrize("status", [200, 410, 500])
    async def test_one_that_is_under_way_goes_out_once_more(self, desk: Desk, there: Endpoint, status: int) -> None:
        """What comes of the attempt before is in the log, and ends nothing: neither does it put off what was asked."""
        webhook = await desk.webhook(there.url(), "project.created")
        go_on = asyncio.Event()
        there.says = lambda _: Says(status, after=go_on)
        await desk.project()
        await desk.worker.step()
        while not there.got:
            await asyncio.sleep(0)
        await desk.office.write(
            lambda tx: deliveries.resend(tx, desk.owner, webhook.id, there.got[0].id, now_ms=desk.office.now_ms)
        )
        go_on.set()
        await desk.worker.settle()
        (delivery,) = await desk.log(webhook)
        assert (DeliveryState.WAITING, 1, None) == (delivery.state, delivery.attempts, delivery.reason)
        if status == 410:  # it has disabled the endpoint
            await desk.change(webhook, enabled=True)
        there.says = lambda _: Says()
        await desk.work()
        assert [status, 200] == [each.status for each in (await desk.whole(webhook, delivery.id)).attempts]

    async def test_there_is_nothing_to_send_again(self, desk: Desk, there: Endpoint) -> None:
        """Of another workspace, or to a disabled endpoint."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        other, now_ms, id = await Desk.of(desk.office), desk.office.now_ms, there.got[0].id
        for owner, ref, event in ((other.owner, webhook.id, id), (desk.owner, webhook.id, "evt_none")):
            with pytest.raises(NotFound):
                await desk.office.write(partial(deliveries.resend, actor=owner, webhook=ref, id=event, now_ms=now_ms))
        await desk.change(webhook, enabled=False)
        with pytest.raises(Invalid):
            await desk.office.write(lambda tx: deliveries.resend(tx, desk.owner, webhook.id, id, now_ms=now_ms))


class TestReplay:
    async def test_a_window_goes_out_again(self, desk: Desk, there: Endpoint) -> None:
        """Its beginning belongs to it, its end doesn't; only the types that are wanted."""
        webhook = await desk.webhook(there.url(), "project.created")
        for name in ("One", "Two", "Three"):
            await desk.project(name)
            await desk.work(10)
        one, two, three = there.ids()
        assert Replayed(2, is_complete=True) == await replayed(desk, webhook, 30, 10)
        await desk.work()
        *before, again, again_too = there.ids()
        assert ([one, two, three], {one, two}) == (before, {again, again_too})  # those of one batch in any order

    async def test_the_missing_complete_the_set(self, desk: Desk, there: Endpoint) -> None:
        """What failed, and what happened while it was disabled or not even there; what arrived isn't sent again."""
        await desk.project("before it was made")
        webhook = await desk.webhook(there.url(), "project.created")
        await desk.project("arrived")
        await desk.work()
        there.says = lambda _: Says(410)
        await desk.project("failed")
        await desk.work()
        await desk.project("while it was disabled")
        there.says = lambda _: Says()
        await desk.change(webhook, enabled=True)
        assert Replayed(3, is_complete=True) == await replayed(desk, webhook, 60, missing_only=True)
        waiting = await replayed(desk, webhook, 60, missing_only=True)
        assert Replayed(0, is_complete=True) == waiting
        await desk.work()
        names = {got.message["data"]["name"] for got in there.got}
        assert {"before it was made", "arrived", "failed", "while it was disabled"} == names
        assert 5 == len(there.got)

    @sqlite_only
    @pytest.mark.parametrize(
        ("since_s", "until_s", "field"),
        [(31 * 86_400, None, "since"), (-10, None, "since"), (10, 10, "until")],
        ids=["old", "to come", "empty"],
    )
    async def test_a_window_that_is_none(
        self, desk: Desk, there: Endpoint, since_s: float, until_s: float | None, field: str
    ) -> None:
        """It must lie within the month that is kept, and end after its beginning."""
        webhook = await desk.webhook(there.url())
        with pytest.raises(Invalid) as refused:
            await replayed(desk, webhook, since_s, until_s)
        assert {field} == set(refused.value.problems)


@sqlite_only
class TestSendTest:
    async def test_it_reaches_the_one_endpoint(self, desk: Desk, there: Endpoint) -> None:
        """As a signed message of its own type, whatever the endpoint wants."""
        webhook = await desk.webhook(there.url("/one"), "project.deleted")
        await desk.webhook(there.url("/other"))
        delivery = await desk.office.write(
            lambda tx: deliveries.send_test(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms)
        )
        await desk.work()
        (got,) = there.got
        assert ("/one", delivery.id, "webhook.test") == (got.path, got.id, got.message["type"])
        assert desk.secrets[webhook.serial].encode() not in got.body


@sqlite_only
class TestLog:
    async def test_by_state_and_type(self, desk: Desk, there: Endpoint) -> None:
        """The newest first, with their number."""
        there.says = lambda got: Says(410) if "deleted" in got.message["type"] else Says()
        webhook = await desk.webhook(there.url())
        project = await desk.project()
        await desk.project("Two")
        await desk.work()
        await desk.office.write(lambda tx: projects.remove(tx, desk.owner, project.id, now_ms=desk.office.now_ms))
        await desk.work()

        async def listed(filter: DeliveryFilter) -> list[str]:
            found = await desk.office.read(
                lambda tx: deliveries.list_(tx, desk.owner, webhook.id, filter, ByPage(1, 2))
            )
            assert found.total >= len(found.items)
            return [delivery.type for delivery in found.items]

        assert ["project.deleted", "project.created"] == await listed(DeliveryFilter())
        assert ["project.deleted"] == await listed(DeliveryFilter(state=DeliveryState.FAILED))
        assert ["project.created"] * 2 == await listed(DeliveryFilter(type="project.created"))

    async def test_it_is_for_those_who_may_see_what_was_sent(self, desk: Desk, there: Endpoint) -> None:
        """Members see no log; a narrow key sees no bodies of what it may not read."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        member = desk.team.actor(await desk.team.member(), Role.MEMBER)
        grants = Grants({Resource.WEBHOOKS: Access.WRITE})
        narrow = Actor(
            desk.team.workspace.serial, desk.team.owner.serial, Role.OWNER, scope=Scope.CUSTOM, grants=grants
        )
        for actor, refusal in ((member, Forbidden), (narrow, OutOfScope)):
            with pytest.raises(refusal):
                await desk.office.read(partial(deliveries.get, actor=actor, webhook=webhook.id, id=there.got[0].id))

    async def test_a_narrow_key_sends_no_sample_of_what_it_may_not_read(self, desk: Desk, there: Endpoint) -> None:
        """It reads that something happened, and what it held it lets nobody be sent; a trial tells nothing."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        grants = Grants({Resource.WEBHOOKS: Access.WRITE, Resource.EVENTS: Access.READ})
        narrow = Actor(
            desk.team.workspace.serial, desk.team.owner.serial, Role.OWNER, scope=Scope.CUSTOM, grants=grants
        )
        send = partial(samples.send, actor=narrow, webhook=webhook.id, now_ms=desk.office.now_ms)
        with pytest.raises(OutOfScope):
            await desk.office.write(partial(send, type="project.created"))
        assert TEST == (await desk.office.write(send)).type


class TestPurging:
    async def test_what_has_ended_a_month_ago_is_purged(self, desk: Desk, there: Endpoint) -> None:
        """Deliveries, attempts and bytes; the event stays in the audit log."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        desk.office.clock.advance(days=30)
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        assert 1 == len(await desk.log(webhook))
        desk.office.clock.advance(seconds=0.001)
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        assert [0, 0, 0] == await desk.counts("deliveries", "attempts", "messages")
        assert [1] == await desk.counts("events WHERE type = 'project.created'")

    async def test_much_is_purged_in_small_parts(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Until nothing is left: what has ended, what waits in vain, and what a removed endpoint leaves behind."""
        monkeypatch.setattr(housekeeping, "PURGE_DELIVERIES_BATCH_SIZE", 2)
        monkeypatch.setattr(housekeeping, "BETWEEN_S", 0)
        told, off, removed = [await desk.webhook(there.url(path), "project.created") for path in ("/1", "/2", "/3")]
        for number in range(3):
            await desk.project(f"Number {number}")
        await desk.work()
        await desk.change(off, enabled=False)
        await desk.change(off, enabled=True)
        await desk.office.write(lambda tx: webhooks.remove(tx, desk.owner, removed.id, now_ms=desk.office.now_ms))
        for number in range(3):
            await desk.project(f"Later {number}")
        await desk.change(off, enabled=False)
        await desk.work()
        desk.office.clock.advance(days=31)
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        assert [0, 0, 0] == await desk.counts("deliveries", "attempts", "messages")
        assert [2, 0] == await desk.counts("webhooks", "webhooks WHERE held <> 0")
        assert (await desk.seen(told)).enabled

    async def test_what_waits_for_a_disabled_endpoint_is_purged_too(self, desk: Desk, there: Endpoint) -> None:
        """After the same time; what waits for an enabled one isn't."""
        off, on = await desk.webhook(there.url("/off")), await desk.webhook(there.url("/on"))
        await desk.project()
        await desk.change(off, enabled=False)
        desk.office.clock.advance(days=31)
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        assert [0, 1] == [len(await desk.log(webhook)) for webhook in (off, on)]

    async def test_of_a_removed_endpoint_nothing_is_left(self, desk: Desk, there: Endpoint) -> None:
        """Neither what was sent nor what waited; another endpoint's stays."""
        webhook, other = await desk.webhook(there.url("/one")), await desk.webhook(there.url("/two"))
        await desk.project()
        await desk.work()
        await desk.project("waits")
        await desk.office.write(lambda tx: webhooks.remove(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
        await housekeeping.purge_deliveries(desk.office.runtime.services)
        assert [1, 2, 1] == await desk.counts("webhooks", "deliveries", "attempts")
        assert 2 == len(await desk.log(other))
