"""Does what happened arrive? A worker and an endpoint on a real socket, on a clock that a test moves."""

import asyncio
import base64
from collections import Counter
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Library

from maquette.app import build_worker_dependencies, open_runtime
from maquette.domain import members, sending, webhooks
from maquette.domain.retry import TRIPS_AT
from maquette.model.actor import Role
from maquette.model.clock import DAY_MS
from maquette.model.webhooks import DeliveryState
from maquette.settings import Settings
from maquette.store import leases, workspaces
from maquette.store.database import Transaction
from maquette.worker import CLAIM_BATCH, MAX_PER_ENDPOINT, MAX_PER_WORKSPACE, Worker
from tests.endpoint import Endpoint, Got, Says
from tests.worker.desk import Desk

sqlite_only = pytest.mark.parametrize("engine", ["sqlite"])
"""For what says nothing to an engine that others here don't."""


def signs(secret: str, got: Got) -> bool:
    """Whether the secret has signed it, whatever time it is."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    library = Library(key)
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return library.sign(got.id, at, got.body.decode()) in got.headers["webhook-signature"].split(" ")


class TestArriving:
    async def test_an_event_arrives_signed(self, desk: Desk, there: Endpoint) -> None:
        """Its id is the message's id, its type the message's, and the record is in it."""
        webhook = await desk.webhook(there.url("/hook"))
        project = await desk.project("Frühling 🌸")
        await desk.work()
        (got,), (delivery,) = there.got, await desk.log(webhook)
        assert ("/hook", delivery.id, "project.created") == (got.path, got.id, got.message["type"])
        assert delivery.id == got.message["id"]
        assert project.id == got.message["data"]["id"]
        assert str(desk.office.now_ms // 1000) == got.headers["webhook-timestamp"]
        assert "application/json" == got.headers["content-type"]
        assert signs(desk.secrets[webhook.serial], got)
        assert (DeliveryState.DELIVERED, 1, None) == (delivery.state, delivery.attempts, delivery.reason)

    @sqlite_only
    async def test_what_arrived_is_not_sent_again(self, desk: Desk, there: Endpoint) -> None:
        """Not now and not later."""
        await desk.webhook(there.url())
        await desk.project()
        for seconds in (0, 5, 60, 3600, 86_400):
            await desk.work(seconds)
        assert 1 == len(there.got)

    @sqlite_only
    async def test_many_arrive_in_a_few_batches(self, desk: Desk, there: Endpoint) -> None:
        """As many in a batch as one may have."""
        await desk.webhook(there.url())
        for number in range(sending.BATCH_SIZE + 3):
            await desk.project(f"Project {number}")
        await desk.work()
        assert sending.BATCH_SIZE == len(there.got)
        await desk.work()
        assert sending.BATCH_SIZE + 3 == len(set(there.ids()))

    @sqlite_only
    async def test_the_log_has_all_that_went_over_the_wire(self, desk: Desk, there: Endpoint) -> None:
        """The request, the answer, and how long it took."""
        there.says = lambda _: Says(201, {"x-said": "hello"}, b"thanks")
        webhook = await desk.webhook(there.url("/hook"))
        await desk.project()
        await desk.work()
        (got,) = there.got
        whole = await desk.whole(webhook, got.id)
        (attempt,) = whole.attempts
        assert got.body == whole.body
        assert (1, there.url("/hook"), 201, None) == (attempt.number, attempt.url, attempt.status, attempt.reason)
        assert ("hello", b"thanks") == (attempt.response_headers["x-said"], attempt.response_body)
        assert got.headers["webhook-signature"] == attempt.request_headers["webhook-signature"]
        assert attempt.took_ms >= 0

    @sqlite_only
    async def test_while_a_secret_is_replaced_both_sign(self, desk: Desk, there: Endpoint) -> None:
        """For a day, at each attempt anew; then the new one alone."""
        webhook, sealer = await desk.webhook(there.url()), desk.office.runtime.services.sealer
        old = desk.secrets[webhook.serial]
        _, new = await desk.office.write(
            lambda tx: webhooks.rotate_secret(tx, desk.owner, webhook.id, sealer, now_ms=desk.office.now_ms)
        )
        for name, seconds in (("at once", 0), ("just before", 86_399.999), ("a day later", 0.001)):
            desk.office.clock.advance(seconds=seconds)
            await desk.project(name)
            await desk.work()
        assert [(True, True), (True, True), (True, False)] == [(signs(new, got), signs(old, got)) for got in there.got]


class TestRetrying:
    @sqlite_only
    @pytest.mark.parametrize("status", [0, 302, 400, 404, 500])
    async def test_the_same_bytes_with_a_new_signature(self, desk: Desk, there: Endpoint, status: int) -> None:
        """After five seconds, not earlier; the timestamp is the attempt's."""
        said = [Says(status, {"location": "https://elsewhere.example"}), Says()]
        there.says = lambda _: said.pop(0)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        await desk.work(4.9)
        assert 1 == len(there.got)
        await desk.work(0.1)
        first, second = there.got
        assert (first.id, first.body) == (second.id, second.body)
        assert 5 == int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"])
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
        assert signs(desk.secrets[webhook.serial], second)
        (delivery,) = await desk.log(webhook)
        assert (DeliveryState.DELIVERED, 2) == (delivery.state, delivery.attempts)
        assert [status or None, 200] == [each.status for each in (await desk.whole(webhook, first.id)).attempts]

    async def test_the_whole_schedule(self, desk: Desk, there: Endpoint) -> None:
        """Seven attempts, never early; then it has failed, and says why."""
        there.says = lambda _: Says(500)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        for number, step in enumerate((5, 300, 1800, 7200, 18_000, 36_000), 1):
            await desk.work(step - 0.001)
            assert number == len(there.got)
            await desk.work(0.001)
            assert number + 1 == len(there.got)
        await desk.work(86_400)
        (delivery,) = await desk.log(webhook)
        assert (DeliveryState.FAILED, 7, "The endpoint answered 500.") == (
            delivery.state,
            delivery.attempts,
            delivery.reason,
        )
        assert 7 == len(there.got)

    @sqlite_only
    @pytest.mark.parametrize("status", [429, 503])
    async def test_retry_after_pauses_the_endpoint(self, desk: Desk, there: Endpoint, status: int) -> None:
        """The message waits for as long as was asked, and so do the endpoint's other messages, but nobody else's."""
        there.says = lambda got: Says(status, {"retry-after": "600"}) if got.path == "/busy" else Says()
        await desk.webhook(there.url("/busy"))
        await desk.project("One")
        await desk.work()
        await desk.webhook(there.url("/other"))
        await desk.project("Two")
        await desk.work(599)
        assert (1, 1) == (len(there.ids("/busy")), len(there.ids("/other")))
        there.says = lambda _: Says()
        await desk.work(1)
        await desk.work()
        assert 2 == len(set(there.ids("/busy")))

    async def test_an_endpoint_that_is_gone_is_disabled(self, desk: Desk, there: Endpoint) -> None:
        """At the first 410; what waits, waits, and what happens then isn't sent."""
        there.says = lambda _: Says(410)
        webhook = await desk.webhook(there.url())
        await desk.project("One")
        await desk.work()
        await desk.project("Two")
        await desk.work(86_400)
        seen = await desk.seen(webhook)
        assert (False, "It answered 410 Gone.") == (seen.enabled, seen.disabled_reason)
        assert (1, [DeliveryState.FAILED]) == (len(there.got), [each.state for each in await desk.log(webhook)])

    @sqlite_only
    async def test_five_days_of_failing_disable(self, desk: Desk, there: Endpoint) -> None:
        """The reason is kept, and enabling it again starts afresh, with what waited."""
        there.says = lambda _: Says(500)
        webhook = await desk.webhook(there.url())
        await desk.project("first")
        await desk.work()
        for day in range(1, 6):
            assert (await desk.seen(webhook)).enabled, day
            await desk.project(f"day {day}")
            await desk.work(86_400)
        seen = await desk.seen(webhook)
        assert (False, "It failed for 5 days.") == (seen.enabled, seen.disabled_reason)
        there.got.clear()
        there.says = lambda _: Says()
        await desk.work(600)
        assert [] == there.got
        await desk.change(webhook, enabled=True)
        await desk.work()
        assert None is (await desk.seen(webhook)).failing_since
        assert there.got

    @sqlite_only
    async def test_a_success_ends_the_failing(self, desk: Desk, there: Endpoint) -> None:
        """The five days are counted without one."""
        said = [Says(500), Says()]
        there.says = lambda _: said.pop(0)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        assert desk.office.now_ms == (await desk.seen(webhook)).failing_since
        await desk.work(5)
        assert None is (await desk.seen(webhook)).failing_since

    @sqlite_only
    async def test_the_breaker_tries_one_now_and_then(self, desk: Desk, there: Endpoint) -> None:
        """A dead endpoint with much that waits gets single messages, and all of it once it is back."""
        there.says = lambda _: Says(500)
        webhook = await desk.webhook(there.url())
        for number in range(40):
            await desk.project(f"Project {number}")
        await desk.work()
        assert len(there.got) <= MAX_PER_ENDPOINT, "as many as were on their way together"
        for _ in range(TRIPS_AT - 1):
            await desk.work()
        before = len(there.got)
        assert before <= MAX_PER_ENDPOINT + TRIPS_AT - 1
        await desk.work(1)
        assert before == len(there.got), "it is left in peace"
        await desk.work(600)
        assert before + 1 == len(there.got), "a single message"
        there.says = lambda _: Says()
        await desk.work(600)
        for _ in range(4):
            await desk.work(600)
        assert {DeliveryState.DELIVERED} == {each.state for each in await desk.log(webhook)}


class TestNothingMore:
    async def test_to_a_disabled_endpoint(self, desk: Desk, there: Endpoint) -> None:
        """Not even what waited; enabled again, it gets that."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.change(webhook, enabled=False)
        await desk.work(60)
        assert [] == there.got
        await desk.change(webhook, enabled=True)
        await desk.work()
        assert 1 == len(there.got)

    async def test_to_one_that_is_disabled_after_the_claim(self, desk: Desk, there: Endpoint) -> None:
        """It is asked right before each message is sent."""
        webhook = await desk.webhook(there.url())
        go_on = asyncio.Event()
        there.says = lambda _: Says(after=go_on)
        for number in range(12):
            await desk.project(f"Project {number}")
        await desk.worker.step()
        while len(there.got) < 8:
            await asyncio.sleep(0)
        await desk.change(webhook, enabled=False)
        go_on.set()
        await desk.worker.settle()
        assert 8 == len(there.got)

    async def test_to_where_an_endpoint_was_before(self, desk: Desk, there: Endpoint) -> None:
        """What hadn't been sent when its URL was changed goes to the new one, and all of it."""
        webhook = await desk.webhook(there.url("/old"))
        go_on = asyncio.Event()
        there.says = lambda _: Says(after=go_on)
        for number in range(12):
            await desk.project(f"Project {number}")
        await desk.worker.step()
        while len(there.got) < MAX_PER_ENDPOINT:
            await asyncio.sleep(0)
        await desk.change(webhook, url=there.url("/new"))
        go_on.set()
        await desk.worker.settle()
        await desk.work()
        assert (MAX_PER_ENDPOINT, 12 - MAX_PER_ENDPOINT) == (len(there.ids("/old")), len(there.ids("/new")))
        assert 12 == len(set(there.ids()))

    @pytest.mark.parametrize("status", [410, 500])
    async def test_on_what_the_old_url_answers_while_an_endpoint_moves(
        self, desk: Desk, there: Endpoint, status: int
    ) -> None:
        """The attempt is in the log; the endpoint isn't judged by it, and gets the message at once where it is now."""
        webhook = await desk.webhook(there.url("/old"))
        go_on = asyncio.Event()
        there.says = lambda got: Says(status, after=go_on) if got.path == "/old" else Says()
        await desk.project()
        await desk.worker.step()
        while not there.got:
            await asyncio.sleep(0)
        await desk.change(webhook, url=there.url("/new"))
        go_on.set()
        await desk.worker.settle()
        seen, (delivery,) = await desk.seen(webhook), await desk.log(webhook)
        assert (True, None) == (seen.enabled, seen.failing_since)
        assert (DeliveryState.WAITING, 1, desk.office.now_ms) == (delivery.state, delivery.attempts, delivery.next_at)
        await desk.work()
        assert [status, 200] == [each.status for each in (await desk.whole(webhook, delivery.id)).attempts]
        assert 1 == len(there.ids("/new"))

    async def test_to_one_that_is_removed_while_a_message_is_under_way(self, desk: Desk, there: Endpoint) -> None:
        """What comes back is dropped."""
        webhook = await desk.webhook(there.url())
        go_on = asyncio.Event()
        there.says = lambda _: Says(500, after=go_on)
        await desk.project()
        await desk.worker.step()
        while not there.got:
            await asyncio.sleep(0)
        await desk.office.write(lambda tx: webhooks.remove(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
        go_on.set()
        await desk.worker.settle()
        await desk.work(86_400)
        assert 1 == len(there.got)
        assert 0 == await desk.office.read(lambda tx: tx.value("SELECT COUNT(*) FROM attempts"))

    @sqlite_only
    @pytest.mark.parametrize("how", ["demoted", "removed", "deactivated"])
    async def test_on_the_word_of_somebody_who_lost_it(self, desk: Desk, there: Endpoint, how: str) -> None:
        """Who no longer sees everything vouches for nobody; another admin may enable it again."""
        admin = await desk.team.member(Role.ADMIN)
        webhook = await desk.webhook(there.url(), actor=desk.team.actor(admin, Role.ADMIN))
        now_ms = desk.office.now_ms
        verbs = {
            "demoted": lambda tx: members.change(
                tx, desk.owner, admin.serial, members.MemberPatch(role=Role.MEMBER), now_ms=now_ms
            ),
            "removed": lambda tx: members.remove(tx, desk.owner, admin.serial, now_ms=now_ms),
            "deactivated": lambda tx: members.deactivate(tx, desk.owner, admin.serial, now_ms=now_ms),
        }
        await desk.office.write(verbs[how])
        await desk.project()
        await desk.work()
        seen = await desk.seen(webhook)
        assert ([], False, sending.UNVOUCHED) == (there.got, seen.enabled, seen.disabled_reason)
        await desk.change(webhook, enabled=True)
        await desk.work()
        assert there.got


class TestLeases:
    async def test_what_a_dead_worker_left_goes_out_after_its_lease(self, desk: Desk, there: Endpoint) -> None:
        """Which is well within 30 seconds."""
        await desk.webhook(there.url())
        await desk.project()
        now_ms = desk.office.now_ms
        (left,) = await desk.office.write(
            lambda tx: leases.take(tx, "dead", until_ms=now_ms + sending.LEASE_MS, now_ms=now_ms, limit=9)
        )
        assert left.failures == 0
        await desk.work(sending.LEASE_MS / 1000 - 0.001)
        assert [] == there.got
        await desk.work(0.001)
        assert 1 == len(there.got)

    async def test_what_another_worker_holds_is_left_alone(self, desk: Desk, there: Endpoint) -> None:
        """Beside it, what nobody holds is sent; so it is where the other one is choosing at this moment."""
        for number in range(3):
            await desk.webhook(there.url(f"/{number}"))
        await desk.project()
        now_ms = desk.office.now_ms
        (held,) = await desk.office.write(
            lambda tx: leases.take(tx, "other", until_ms=now_ms + sending.LEASE_MS, now_ms=now_ms, limit=1)
        )
        await desk.work()
        assert {"/0", "/1", "/2"} - {held.url.removeprefix(there.url(""))} == {got.path for got in there.got}

    async def test_a_stopped_worker_gives_back_what_it_held(self, desk: Desk, there: Endpoint) -> None:
        """The next one needs not wait."""
        await desk.webhook(there.url())
        there.says = lambda _: Says(after=asyncio.Event())
        await desk.project()
        await desk.worker.step()
        while not there.got:
            await asyncio.sleep(0)
        await desk.worker.stop(0)
        there.says = lambda _: Says()
        other = await Desk.of(desk.office)
        await other.work()
        first, second = there.got
        assert (first.id, first.body) == (second.id, second.body)

    @sqlite_only
    async def test_a_worker_holds_on_to_what_takes_longer(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It renews its leases while it works, so that nobody else sends the same."""
        monkeypatch.setattr("maquette.worker.RENEW_S", 0.01)
        await desk.webhook(there.url())
        go_on = asyncio.Event()
        there.says = lambda _: Says(after=go_on)
        await desk.project()
        working = asyncio.create_task(desk.worker.run())
        other = await Desk.of(desk.office)
        while not there.got:
            await asyncio.sleep(0)
        for _ in range(3):
            desk.office.clock.advance(seconds=sending.LEASE_MS / 1000 - 1)
            await asyncio.sleep(0.1)
            await other.worker.step()
        go_on.set()
        await desk.worker.stop(5)
        await working
        assert 1 == len(there.got)


class TestWaking:
    async def test_what_is_committed_is_sent_at_once(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker in the same process is woken by the commit, not by its poll."""
        monkeypatch.setattr("maquette.worker.POLL_S", 3600.0)
        await desk.webhook(there.url())
        working = asyncio.create_task(desk.worker.run())
        for number in range(1, 4):
            await desk.project(f"Project {number}")
            while len(there.got) < number:
                await asyncio.sleep(0.001)
        await desk.worker.stop(5)
        await working

    async def test_what_another_process_committed_is_found(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By the poll, because nobody says so."""
        monkeypatch.setattr("maquette.worker.POLL_S", 0.01)
        await desk.webhook(there.url())
        monkeypatch.setattr(desk.worker, "_on_changes", lambda _: None)
        working = asyncio.create_task(desk.worker.run())
        await asyncio.sleep(0.05)
        desk.worker._woken.clear()
        await desk.project()
        while not there.got:
            await asyncio.sleep(0.001)
        await desk.worker.stop(5)
        await working


class TestManyWorkers:
    async def test_each_message_is_sent_once(self, own_settings: Settings, desk: Desk, there: Endpoint) -> None:
        """Three workers of three processes on one store, as far as the store can tell, with several endpoints."""
        webhooks = [await desk.webhook(there.url(f"/{number}")) for number in range(5)]
        async with (
            open_runtime(own_settings, desk.office.clock) as second,
            open_runtime(own_settings, desk.office.clock) as third,
        ):
            workers = [
                desk.worker,
                Worker(build_worker_dependencies(second.services)),
                Worker(build_worker_dependencies(third.services)),
            ]
            working = [asyncio.create_task(worker.run()) for worker in workers]
            for number in range(40):
                await desk.project(f"Project {number}")
            async with asyncio.timeout(30):
                while len(there.got) < 200:
                    await asyncio.sleep(0.01)
            for worker in workers:
                await worker.stop(5)
            await asyncio.gather(*working)
        sent = Counter((got.path, got.id) for got in there.got)
        assert (200, {1}) == (len(sent), set(sent.values()))
        for webhook in webhooks:
            assert {DeliveryState.DELIVERED} == {delivery.state for delivery in await desk.log(webhook)}


class TestFairness:
    async def test_a_flooded_dead_endpoint_delays_nobody(self, desk: Desk, there: Endpoint) -> None:
        """Another workspace's event arrives in the first step, however much waits for an endpoint that hangs."""
        never = asyncio.Event()
        there.says = lambda got: Says(after=never) if got.path == "/dead" else Says()
        dead = await desk.webhook(there.url("/dead"), "project.deleted")
        await desk.project()
        await desk.office.write(lambda tx: _flood(tx, dead.serial, 3_000, desk.office.now_ms - DAY_MS // 2))
        other = await Desk.of(desk.office)
        await other.webhook(there.url("/alive"))
        await other.project()
        await desk.worker.step()
        async with asyncio.timeout(10):
            while not there.ids("/alive"):
                await asyncio.sleep(0)
        assert len(there.ids("/dead")) <= 8
        never.set()
        await desk.worker.settle()

    @sqlite_only
    async def test_a_workspace_of_dead_endpoints_delays_no_other(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has a part of the batches, not all."""
        monkeypatch.setattr("maquette.worker.MAX_CONCURRENT", MAX_PER_WORKSPACE + 2)
        never = asyncio.Event()
        there.says = lambda got: Says(after=never) if got.path != "/alive" else Says()
        for number in range(20):
            await desk.webhook(there.url(f"/dead{number}"))
        await desk.project()
        other = await Desk.of(desk.office)
        await other.webhook(there.url("/alive"))
        desk.office.clock.advance(seconds=1)
        await other.project()
        claimed = [await desk.worker.step() for _ in range(6)]
        assert [CLAIM_BATCH] * 4 + [1, 0] == claimed
        async with asyncio.timeout(10):
            while not there.ids("/alive"):
                await asyncio.sleep(0)
        never.set()
        await desk.worker.settle()


async def _flood(tx: Transaction, webhook: int, count: int, at_ms: int) -> None:
    """So many copies of the first event wait for the endpoint."""
    await workspaces.lock(tx, await tx.value("SELECT workspace FROM webhooks WHERE serial = $1", webhook))
    await tx.run(
        "INSERT INTO events (id, workspace, type, subject_kind, subject, subject_id, data, address, request_id, at)"
        " SELECT 'evt_flood' || n.n, e.workspace, e.type, e.subject_kind, e.subject, e.subject_id, e.data, '', '',"
        " CAST($2 AS BIGINT) FROM (WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)"
        " SELECT n FROM n) n, (SELECT * FROM events WHERE type = 'project.created' ORDER BY serial LIMIT 1) e",
        count,
        at_ms,
    )
    await tx.run(
        "INSERT INTO deliveries (webhook, event, state, since_at, due_at, created_at)"
        " SELECT CAST($1 AS BIGINT), serial, 'waiting', at, at, at FROM events WHERE id LIKE 'evt_flood%'",
        webhook,
    )
    await tx.run("UPDATE webhooks SET ready_at = $2 WHERE serial = $1", webhook, at_ms)
