"""How do calls come from the HTTP server's thread to the event loop?"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest

from maquette.server.handover import Handover, _work
from maquette.wire.asgi import BeginResult, WholeResponse

ANSWER = cast(WholeResponse, ({"type": "http.response.start"}, {"type": "http.response.body"}))


@dataclass
class Channel:
    """What a call is received and answered by."""

    sent: list[Any] = field(default_factory=list)
    is_broken: bool = False

    def receive(self) -> None:
        """Nobody asks here for a body."""

    def send(self, message: Any) -> None:
        """As Granian's does: at once."""
        if self.is_broken:
            raise ValueError("a header that can't be sent")
        self.sent.append(message)


@dataclass
class Arrived:
    """A call as Granian hands it over, and what became of it."""

    scope: str
    proto: Channel = field(default_factory=Channel)
    tasks: list[Any] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def taskref(self, task: Any) -> None:
        """The task that goes on with it, for the server to hold."""
        self.tasks.append(task)

    def done(self) -> None:
        """It ended well."""
        self.ends.append("done")

    def err(self, error: BaseException) -> None:
        """It didn't."""
        self.ends.append(repr(error))


@dataclass
class Application:
    """Begins each call as the test says, and notes which and in which turn."""

    way: Callable[[str, Any], BeginResult] = lambda _scope, _send: ANSWER
    begun: list[str] = field(default_factory=list)

    def begin(self, scope: Any, receive: Any, send: Any) -> BeginResult:
        """Note it, and go the test's way."""
        self.begun.append(scope)
        return self.way(scope, send)


async def turns() -> None:
    """Let the loop go round until nothing is left to do."""
    for _ in range(10):
        await asyncio.sleep(0)


def over(application: Application) -> Handover:
    """The hand-over to this test's loop."""
    return Handover(asyncio.get_running_loop(), application)


def server(handover: Handover, calls: Iterable[Arrived]) -> threading.Thread:
    """A thread of the server's from which they come."""

    def hand_over() -> None:
        for call in calls:
            handover.take(call)

    thread = threading.Thread(target=hand_over)
    thread.start()
    return thread


async def taken_elsewhere(handover: Handover, *calls: Arrived) -> None:
    """They have come, and the loop had time for them."""
    server(handover, calls).join()
    await turns()


async def waited(event: asyncio.Event) -> None:
    """Go on when it happens."""
    await event.wait()


class TestAnsweredAtOnce:
    async def test_it_is_sent_without_a_task(self) -> None:
        """The whole answer, in the loop's own thread."""
        threads, call = [], Arrived("a")

        def way(*_: Any) -> BeginResult:
            threads.append(threading.current_thread())
            return ANSWER

        await taken_elsewhere(over(Application(way)), call)
        assert (list(ANSWER), [], []) == (call.proto.sent, call.tasks, call.ends)
        assert [threading.current_thread()] == threads

    async def test_those_that_came_together_wake_the_loop_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And are begun in the order in which they came."""
        loop, woken = asyncio.get_running_loop(), []
        wake = loop.call_soon_threadsafe

        def counted(*given: Any, **named: Any) -> asyncio.Handle:
            woken.append(1)
            return wake(*given, **named)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        application = Application()
        handover = over(application)
        calls = [Arrived(str(number)) for number in range(5)]
        await taken_elsewhere(handover, *calls)
        assert (1, list("01234")) == (len(woken), application.begun)
        await taken_elsewhere(handover, Arrived("later"))
        assert (2, "later") == (len(woken), application.begun[-1])

    async def test_none_is_forgotten_that_comes_at_any_moment(self) -> None:
        """While others are collected, or answered, or nobody is there."""
        application = Application()
        handover = over(application)
        calls = [Arrived(str(number)) for number in range(20_000)]
        thread = server(handover, calls)
        while thread.is_alive():
            await asyncio.sleep(0)
        await turns()
        assert [call.scope for call in calls] == application.begun

    async def test_one_that_comes_while_others_are_collected_wakes_the_loop_again(self) -> None:
        """In the moment at which it's too late for these."""
        application = Application()
        handover = over(application)

        class Waiting(deque[Arrived]):
            def popleft(self) -> Arrived:
                collected = super().popleft()
                if collected.scope == "in time":
                    handover.take(Arrived("late"))
                return collected

        handover._waiting = Waiting()
        handover.take(Arrived("in time"))
        await turns()
        assert ["in time", "late"] == application.begun

    async def test_what_was_looked_up_before_it_came_is_not_its_answer(self) -> None:
        """The store is looked at once a turn, so that whoever comes after the look has to be in the next one."""
        loop, application = asyncio.get_running_loop(), Application()
        handover = over(application)

        def look() -> None:
            loop.call_soon(application.begun.append, "the look is over")
            handover.take(Arrived("came after it"))

        loop.call_soon(look)
        handover.take(Arrived("came before it"))
        await turns()
        assert ["the look is over", "came before it", "came after it"] == application.begun


class TestAnsweredLater:
    async def test_it_has_a_task_that_can_be_given_up(self) -> None:
        """Granian is told of it, and of its end."""
        call, going_on = Arrived("a"), asyncio.Event()
        await taken_elsewhere(over(Application(lambda *_: partial(waited, going_on))), call)
        (task,) = call.tasks
        assert ([], False) == (call.ends, task.done())
        going_on.set()
        await turns()
        assert (["done"], True) == (call.ends, task.done())

    async def test_one_that_was_given_up_has_failed(self) -> None:
        """As at the end of the loop, before it had begun or later."""
        call = Arrived("a")
        await taken_elsewhere(over(Application(lambda *_: partial(waited, asyncio.Event()))), call)
        call.tasks[0].cancel()
        await turns()
        assert ["CancelledError()"] == call.ends

    async def test_before_its_first_step_nothing_is_there_to_be_left(self) -> None:
        """No coroutine that nobody would ever have waited for."""
        call, gone_on = Arrived("a"), []

        def continuation() -> Coroutine[Any, Any, None]:
            gone_on.append(call)
            return waited(asyncio.Event())

        over(Application(lambda *_: continuation)).take(call)
        while not call.tasks:
            await asyncio.sleep(0)
        call.tasks[0].cancel()
        await turns()
        assert (True, []) == (call.tasks[0].cancelled(), gone_on)

    async def test_one_that_breaks_off_has_failed(self) -> None:
        """The server ends its connection."""

        async def broken() -> None:
            raise RuntimeError("half way")

        call = Arrived("a")
        await taken_elsewhere(over(Application(lambda *_: broken)), call)
        assert ["RuntimeError('half way')"] == call.ends


class TestMistakes:
    @pytest.mark.parametrize("where", ["begin", "send"])
    @pytest.mark.parametrize("mistake", [RuntimeError("a mistake of ours"), BaseException("of whatever kind")])
    async def test_one_harms_no_other_call(self, where: str, mistake: BaseException) -> None:
        """Those that came with it are answered."""

        def way(scope: str, _: Any) -> BeginResult:
            if (scope, where) == ("b", "begin"):
                raise mistake
            return ANSWER

        calls = [Arrived(scope, Channel(is_broken=(scope, where) == ("b", "send"))) for scope in "abc"]
        await taken_elsewhere(over(Application(way)), *calls)
        assert [2, 0, 2] == [len(call.proto.sent) for call in calls]
        assert [0, 1, 0] == [len(call.ends) for call in calls]

    @pytest.mark.parametrize("number", [13, 15])
    async def test_settings_that_granian_never_had_are_refused(self, number: int) -> None:
        """At the start, rather than handed on in the wrong places."""
        with pytest.raises(ValueError, match="to unpack"):
            await _work(1, None, Application(), None, *range(number))
