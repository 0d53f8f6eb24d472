"""How does a call come from the HTTP server's thread to the event loop? Together with all that have come by then.

What can be answered at once is, with no task made for it (decision 29). Granian's own way wakes the loop for each call,
makes a coroutine in its thread, and a task of it in the loop.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

from granian import _granian
from granian.server.embed import Server

from maquette.wire.asgi import Application, Continuation

native: Any = _granian  # its stubs tell of less than there is

log = logging.getLogger("maquette")


class Granian:
    """The HTTP server inside our event loop: it listens, and reads and writes HTTP in threads of its own."""

    def __init__(self, application: Application, **options: Any) -> None:
        self._server = Server(application, **options)

    async def serve(self) -> None:
        """Listen and answer, until stopped and all that came in is answered."""
        await self._server.serve(_work)  # type: ignore[arg-type]  # it's awaited

    def stop(self) -> None:
        """Listen no more, close the connections that are idle, and the others after their answer."""
        self._server.stop()  # type: ignore[no-untyped-call]


class Handover(native.CallbackScheduler):  # type: ignore[misc]
    """What Granian gives each call to: its `scope`, and its `proto` to receive and send by."""

    def __new__(cls, loop: asyncio.AbstractEventLoop, application: Application) -> "Handover":
        """What Granian's own tasks would need isn't needed."""
        made: Handover = super().__new__(cls, loop, application, None, None, None)
        return made

    def __init__(self, loop: asyncio.AbstractEventLoop, application: Application) -> None:
        self._begin = application.begin
        self._call_soon = loop.call_soon
        self._call_soon_threadsafe = loop.call_soon_threadsafe
        self._create_task = loop.create_task
        self._waiting: deque[Any] = deque()
        self._is_awake = False
        self._schedule_fn = self.take

    def take(self, call: Any) -> None:
        """Take a call over, in the server's thread; the loop is woken by the first of those that wait."""
        self._waiting.append(call)
        if not self._is_awake:
            self._is_awake = True
            self._call_soon_threadsafe(self._collect)

    def _collect(self) -> None:
        """Answer those that wait in the loop's next turn, so that what it looks up then was asked for before."""
        self._is_awake = False  # before they are taken: whoever comes now wakes it again
        waiting = self._waiting
        self._call_soon(self._answer, [waiting.popleft() for _ in range(len(waiting))])

    def _answer(self, calls: Sequence[Any]) -> None:
        for call in calls:
            try:
                channel = call.proto
                send = channel.send
                result = self._begin(call.scope, channel.receive, send)
                if isinstance(result, tuple):
                    start, end = result
                    send(start)  # Granian does it at once, and gives back something to wait for that is over
                    send(end)
                else:
                    call.taskref(self._create_task(_finish(call, result)))
            except BaseException as error:  # whatever it is, the others are not to go without an answer
                log.exception("a call couldn't be begun, or its answer not be sent")
                call.err(error)


async def _finish(call: Any, continuation: Continuation) -> None:
    """Say how it ended; a call that nothing was sent for is answered with a bare 500."""
    try:
        await continuation()
    except BaseException as error:
        call.err(error)
    else:
        call.done()


async def _work(worker_id: int, stop: Any, application: Application, socket: Any, *settings: Any) -> None:
    """What Granian does in `Server._spawn_asgi_worker`, with our own hand-over."""
    threads, http, encryption = settings[:5], settings[6:11], settings[12]
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set_result, None))
    worker = native.ASGIWorker(worker_id, socket, None, *threads, *http, *encryption, (None, None))
    worker.serve_async(Handover(loop, application), loop, stop)
    await stopped
