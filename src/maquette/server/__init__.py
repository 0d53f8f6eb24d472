"""Which HTTP server runs the application? One process, one event loop, no call dropped when it is stopped."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from maquette.server.address import CannotServe, cannot_listen, ip_of
from maquette.server.connections import close_silent, max_connections
from maquette.server.draining import Draining, listeners, stop_accepting
from maquette.settings import Settings
from maquette.wire.asgi import Application

BACKLOG = 2048
GARBAGE_THRESHOLDS = (20_000, 50, 100)
START_S = 10
PING_MS = 20_000
"""How often a client of HTTP/2 is asked whether it is still there; one that doesn't say so in 20 s is left."""

CLOSE_GRACE_S = 2
"""How long the application may take to close after a hurried stop, in seconds."""

log = logging.getLogger("maquette")


class HttpServer(Protocol):
    """An HTTP server inside our event loop."""

    async def serve(self) -> None:
        """Listen and answer, until stopped and all that came in is answered."""
        ...

    def stop(self) -> None:
        """Listen no more, close the connections that are idle, and the others after their answer."""
        ...


async def run(application: Application, settings: Settings, on_ready: Callable[[], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT, then answer all that has come in, within `drain_s` seconds.

    A second signal stops without waiting for answers; a third ends the process without closing the application.
    """
    _tune_garbage_collection()
    calls = Draining(application)
    server = {"granian": _granian, "uvicorn": _uvicorn}[settings.server](calls, settings)
    stop, hurry = _handle_signals()
    serving = asyncio.create_task(server.serve())
    await _wait_until_listening(settings, serving)
    await on_ready()
    watching = asyncio.create_task(close_silent(settings.port, is_encrypted=settings.tls_cert is not None))
    await _wait_for_first(asyncio.wait([serving]), stop.wait())
    watching.cancel()
    await _wait_for_first(_drain(calls, server, serving, settings), hurry.wait())
    if calls.in_flight:
        log.warning("left with calls under way: %d", calls.in_flight)
        signal.alarm(CLOSE_GRACE_S)
    await _finish(serving)
    if not stop.is_set():
        raise CannotServe("The server ended by itself.")


def _tune_garbage_collection() -> None:
    """A call makes few cycles and many short-lived objects: collecting after each 700 costs 15 % of a create."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def _drain(calls: Draining, server: HttpServer, serving: "asyncio.Task[None]", settings: Settings) -> None:
    """No new connections; each answer is its connection's last; then close those that say nothing."""
    loop = asyncio.get_running_loop()
    end = loop.time() + settings.drain_s
    log.info("stopping: waiting for %d calls", calls.in_flight)
    stop_accepting(settings.port)
    calls.start_draining()
    await calls.wait_until_idle(within_s=settings.drain_s / 2)
    server.stop()
    await asyncio.wait([serving], timeout=max(0, end - loop.time()))


def _granian(application: Application, settings: Settings) -> HttpServer:
    from granian.constants import Interfaces, SSLProtocols
    from granian.http import HTTP2Settings

    from maquette.server.handover import Granian

    return Granian(
        application,
        address=ip_of(settings.host),
        port=settings.port,
        interface=Interfaces.ASGINL,
        backlog=BACKLOG,
        backpressure=max_connections(),
        http2_settings=HTTP2Settings(keep_alive_interval=PING_MS),
        websockets=False,
        log_enabled=False,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _uvicorn(application: Draining, settings: Settings) -> HttpServer:
    import uvicorn

    max_connections()  # it counts none itself, and needs as many descriptors

    class Server(uvicorn.Server):
        def stop(self) -> None:
            self.should_exit = True

        def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # they are ours
            return nullcontext()

    config = uvicorn.Config(
        application,
        host=ip_of(settings.host),
        port=settings.port,
        backlog=BACKLOG,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    return Server(config)


def _handle_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """What the first SIGTERM or SIGINT sets, and what the second one does."""
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard() -> None:
        if not stop.is_set():
            stop.set()
            return
        hurry.set()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, heard)
    return stop, hurry


async def _wait_until_listening(settings: Settings, serving: "asyncio.Task[None]") -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + START_S
    while not listeners(settings.port):
        if serving.done() or loop.time() > end:
            await _finish(serving)
            raise cannot_listen(settings, "the server didn't start")
        await asyncio.sleep(0.005)


async def _wait_for_first(*ends: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first of them, and give up the others."""
    tasks = [asyncio.ensure_future(end) for end in ends]
    ended, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    for task in ended:
        task.result()


async def _finish(serving: "asyncio.Task[None]") -> None:
    """Give it up if it hasn't ended by itself; what broke it is raised."""
    if not serving.done():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it is cut off in mid-sentence
        serving.cancel()
        await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()
