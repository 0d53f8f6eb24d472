"""How does a call get from Granian's thread to the event loop? In a batch, with all others that have arrived by then.

A call that can be answered without awaiting anything gets no task (decision 29). Granian's own scheduler wakes the loop
for each call, creates a coroutine for it in its thread, and a task in the loop.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

from granian import _granian
from granian.server.embed import Server

from maquette.wire.asgi import Application, Continuation

native: Any = _granian  # its stubs are incomplete

log = logging.getLogger("maquette")


class Granian:
    """Granian's embedded server in our event loop; it reads and writes HTTP in threads of its own."""

    def __init__(self, application: Application, **options: Any) -> None:
        self._server = Server(application, **options)

    async def serve(self) -> None:
        """Accept connections and answer calls, until stopped and every call received is answered."""
        await self._server.serve(_work)  # type: ignore[arg-type]  # Granian awaits it, unlike its annotation

    def stop(self) -> None:
        """Stop listening; close idle connections at once, and the others after their response."""
        self._server.stop()  # type: ignore[no-untyped-call]


class Handover(native.CallbackScheduler):  # type: ignore[misc]
    """The scheduler that Granian's thread gives each call to: its `scope`, and a `proto` to receive and send by."""

    def __new__(cls, loop: asyncio.AbstractEventLoop, application: Application) -> "Handover":
        """The last three arguments are for Granian's own kind of task, which isn't used."""
        handover: Handover = super().__new__(cls, loop, application, None, None, None)
        return handover

    def __init__(self, loop: asyncio.AbstractEventLoop, application: Application) -> None:
        self._begin = application.begin
        self._call_soon = loop.call_soon
        self._call_soon_threadsafe = loop.call_soon_threadsafe
        self._create_task = loop.create_task
        self._waiting: deque[Any] = deque()
        self._is_wakeup_scheduled = False
        self._schedule_fn = self.take

    def take(self, call: Any) -> None:
        """Queue a call, in Granian's thread. The first of those that wait wakes the loop."""
        self._waiting.append(call)
        if not self._is_wakeup_scheduled:
            self._is_wakeup_scheduled = True
            self._call_soon_threadsafe(self._collect)

    def _collect(self) -> None:
        """Have the queued calls answered in the loop's next iteration.

        The store is polled for other processes' writes at most once an iteration: a call must not be answered by a poll
        from before it arrived.
        """
        self._is_wakeup_scheduled = False  # first: a call that arrives from now on has to wake the loop again
        waiting = self._waiting
        self._call_soon(self._answer, [waiting.popleft() for _ in range(len(waiting))])

    def _answer(self, calls: Sequence[Any]) -> None:
        for call in calls:
            try:
                channel = call.proto
                send = channel.send
                result = self._begin(call.scope, channel.receive, send)
                if isinstance(result, tuple):  # the whole response, a pair of messages; else a continuation
                    start, end = result
                    send(start)  # Granian sends it at once, and returns an awaitable that is done already
                    send(end)
                else:
                    call.taskref(self._create_task(_finish(call, result)))
            except BaseException as error:  # whatever it is: the others must still be answered
                log.exception("a call couldn't be begun, or its answer not be sent")
                call.err(error)


async def _finish(call: Any, continuation: Continuation) -> None:
    """Run the rest of a call and tell Granian how it ended; where nothing was sent, Granian answers a bare 500."""
    try:
        await continuation()
    except BaseException as error:
        call.err(error)
    else:
        call.done()


async def _work(worker_id: int, stop: Any, application: Application, socket: Any, *settings: Any) -> None:
    """Granian's `Server._spawn_asgi_worker`, with `Handover` for its scheduler."""
    worker = _native_worker(worker_id, socket, settings)
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set_result, None))
    worker.serve_async(Handover(loop, application), loop, stop)
    await stopped


def _native_worker(worker_id: int, socket: Any, settings: Sequence[Any]) -> Any:
    """Granian's worker. The settings are private to Granian: another number of them fails here, at the start."""
    (
        runtime_threads,
        runtime_blocking_threads,
        blocking_threads,
        blocking_threads_idle_timeout,
        backpressure,
        _task_impl,
        http_mode,
        http1_settings,
        http2_settings,
        websockets,
        static_path,
        _log_access_format,
        tls_settings,
        _scope_options,
    ) = settings
    return native.ASGIWorker(
        worker_id,
        socket,
        None,
        runtime_threads,
        runtime_blocking_threads,
        blocking_threads,
        blocking_threads_idle_timeout,
        backpressure,
        http_mode,
        http1_settings,
        http2_settings,
        websockets,
        static_path,
        *tls_settings,
        (None, None),
    )
