"""What if something of ours fails? Nothing is lost, and nothing is sent over and over."""

import asyncio
from typing import Any

import pytest

from maquette.app import build_worker_dependencies
from maquette.dialects import craftdesk
from maquette.domain import sending
from maquette.domain.senders import NotTried
from maquette.model.webhooks import DeliveryState, Message
from maquette.worker import Worker, WorkerDependencies
from tests.domain.doubles import Watched
from tests.endpoint import Endpoint, Says
from tests.worker.desk import Desk

sqlite_only = pytest.mark.parametrize("engine", ["sqlite"])
"""What fails here is mostly not the engine."""


def worker_of(desk: Desk, **other: Any) -> Worker:
    """A worker with other tools."""
    own = build_worker_dependencies(desk.office.runtime.services)
    given = {name: getattr(own, name) for name in ("database", "clock", "sealer", "sender", "renders")} | other
    return Worker(WorkerDependencies(**given))


@sqlite_only
class TestStore:
    async def test_an_outcome_that_can_t_be_marked_is_had_again(self, desk: Desk, there: Endpoint) -> None:
        """The message goes out once more, the same, when the lease has run out; not before."""
        webhook = await desk.webhook(there.url())
        await desk.project()
        store = Watched(desk.office.database)
        desk.worker = worker_of(desk, database=store)
        go_on = asyncio.Event()
        there.says = lambda _: Says(after=go_on)
        await desk.worker.step()
        while not there.got:
            await asyncio.sleep(0)
        store.is_failing = True
        go_on.set()
        await desk.worker.settle()
        store.is_failing = False
        await desk.work(sending.LEASE_MS / 1000 - 0.001)
        assert 1 == len(there.got)
        await desk.work(0.001)
        first, second = there.got
        assert (first.id, first.body) == (second.id, second.body)
        assert [DeliveryState.DELIVERED] == [delivery.state for delivery in await desk.log(webhook)]

    async def test_a_worker_outlives_it(self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
        """It looks again at its next poll."""
        monkeypatch.setattr("maquette.worker.POLL_S", 0.01)
        await desk.webhook(there.url())
        await desk.project()
        store = Watched(desk.office.database)
        store.is_failing = True
        worker = worker_of(desk, database=store)
        working = asyncio.create_task(worker.run())
        while store.writes < 3:
            await asyncio.sleep(0.001)
        store.is_failing = False
        while not there.got:
            await asyncio.sleep(0.001)
        await worker.stop(5)
        await working


@sqlite_only
class TestMistakes:
    async def test_a_message_that_can_t_be_written_harms_no_other(self, desk: Desk, there: Endpoint) -> None:
        """It has failed, and says so; it can be sent again when the mistake is mended."""

        def render(message: Message) -> bytes:
            if "unwritable" in message.data:
                raise ValueError("a mistake of ours")
            return craftdesk.DIALECT.event_body(message)

        webhook = await desk.webhook(there.url())
        await desk.project("unwritable")
        await desk.project("good")
        desk.worker = worker_of(desk, renders={"craftdesk": render})
        await desk.work()
        unwritable, good = await desk.log(webhook)
        assert [good.id] == there.ids()
        assert (DeliveryState.FAILED, 0) == (unwritable.state, unwritable.attempts)
        assert "couldn't be written" in (unwritable.reason or "")

    async def test_a_sender_that_breaks_has_failed(self, desk: Desk, there: Endpoint) -> None:
        """It counts as an attempt, so the next one keeps to the schedule."""

        class Broken:
            def __init__(self) -> None:
                self.calls = 0

            async def post(self, *_: object, **__: object) -> None:
                self.calls += 1
                raise RuntimeError("a mistake of ours")

        webhook, sender = await desk.webhook(there.url()), Broken()
        await desk.project()
        desk.worker = worker_of(desk, sender=sender)
        for seconds in (0, 4.9, 0.1):
            await desk.work(seconds)
        (delivery,) = await desk.log(webhook)
        assert (2, 2, DeliveryState.WAITING) == (sender.calls, delivery.attempts, delivery.state)
        assert "couldn't be sent" in (delivery.reason or "")

    async def test_what_wasn_t_even_tried_is_no_attempt(self, desk: Desk, there: Endpoint) -> None:
        """The message waits as it did, and the endpoint isn't blamed: it goes out in the next batch."""

        class Busy:
            async def post(self, *_: object, **__: object) -> None:
                raise NotTried("too much to do")

        webhook, own = await desk.webhook(there.url()), desk.worker
        await desk.project()
        desk.worker = worker_of(desk, sender=Busy())
        await desk.work()
        (delivery,) = await desk.log(webhook)
        assert (0, DeliveryState.WAITING, None) == (delivery.attempts, delivery.state, delivery.reason)
        assert None is (await desk.seen(webhook)).failing_since
        desk.worker = own
        await desk.work()
        assert [delivery.id] == there.ids()

    async def test_a_mark_that_breaks_isn_t_tried_without_end(
        self, desk: Desk, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The endpoint stays leased for a while, so that it isn't flooded with the same message."""

        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("a mistake of ours")

        await desk.webhook(there.url())
        await desk.project()
        with monkeypatch.context() as patch:
            patch.setattr(sending, "mark", broken)
            for _ in range(5):
                await desk.work(1)
        assert 1 == len(there.got)
        await desk.work(sending.LEASE_MS / 1000)
        await desk.work(sending.LEASE_MS / 1000)
        assert 2 == len(there.got)


class TestAnswers:
    async def test_an_answer_of_anything_can_be_counted(self, desk: Desk, there: Endpoint) -> None:
        """A time that no calendar holds is none: the outcome is marked, and the schedule kept."""
        there.says = lambda _: Says(503, {"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"})
        webhook = await desk.webhook(there.url())
        await desk.project()
        for _ in range(3):
            await desk.work(1)
        assert 1 == len(there.got)
        assert [1] == [delivery.attempts for delivery in await desk.log(webhook)]

    async def test_an_answer_of_anything_can_be_kept(self, desk: Desk, there: Endpoint) -> None:
        """No text, no NUL and no header of a receiver keeps its outcome from being marked."""
        said = b"\x00\xff" * 40_000
        there.says = lambda _: Says(500, {"x-odd": "caf\u00e9 \ufffd"}, said)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        (attempt,) = (await desk.whole(webhook, there.got[0].id)).attempts
        assert said[: sending.MAX_LOGGED_BODY_BYTES] == attempt.response_body

    async def test_of_a_success_little_is_kept(self, desk: Desk, there: Endpoint) -> None:
        """However often it is had again, it fills no disk; its first headers are whole."""
        headers = {"x-first": "here", "x-long": "x" * sending.MAX_LOGGED_SUCCESS_HEADER_BYTES}
        there.says = lambda _: Says(200, headers, b"y" * sending.MAX_LOGGED_BODY_BYTES)
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        (attempt,) = (await desk.whole(webhook, there.got[0].id)).attempts
        assert ({"x-first": "here"}, b"y" * sending.MAX_LOGGED_SUCCESS_BYTES) == (
            attempt.response_headers,
            attempt.response_body,
        )


@sqlite_only
class TestClock:
    async def test_one_that_goes_back_stops_nothing_new(self, desk: Desk, there: Endpoint) -> None:
        """What happens then is told at once; what waited before is never early."""
        await desk.webhook(there.url(), "project.created")
        await desk.project("before")
        await desk.work(-3600)
        assert [] == there.got
        await desk.project("after")
        await desk.work()
        assert ["after"] == [got.message["data"]["name"] for got in there.got]
        await desk.work(3600)
        assert ["after", "before"] == [got.message["data"]["name"] for got in there.got]
