"""How is the application served? By Granian or uvicorn, in this process's event loop; a stop drops no call."""

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
"""How often an HTTP/2 client is pinged. The connection of one that doesn't answer within 20 s is closed."""

CLOSE_GRACE_S = 2
"""How long closing the application may take where calls were left unanswered, in whole seconds; SIGALRM follows."""

log = logging.getLogger("maquette")


class HttpServer(Protocol):
    """An HTTP server inside our event loop."""

    async def serve(self) -> None:
        """Accept connections and answer calls, until stopped and every call received is answered."""
        ...

    def stop(self) -> None:
        """Stop listening; close idle connections at once, and the others after their response."""
        ...


async def run(application: Application, settings: Settings, on_ready: Callable[[], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT, then answer every call received, within `drain_s` seconds.

    A second signal stops without waiting for answers; a third ends the process without closing the application.
    `on_ready` is called once the port is listened on. Raises `CannotServe`.
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
    """Collect less often than by default (after 700 new objects), and never what the start has made.

    A call makes few cycles and many short-lived objects: the default costs 15 % of a create.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def _drain(calls: Draining, server: HttpServer, serving: "asyncio.Task[None]", settings: Settings) -> None:
    """Accept no more connections, have each response close its own, then stop the server, all within `drain_s`."""
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

    max_connections()  # for the raised limit of open files alone: no limit of connections is given to uvicorn

    class Server(uvicorn.Server):
        def stop(self) -> None:
            self.should_exit = True

        def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # we handle them
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
    """Two events: the first SIGTERM or SIGINT sets the one, the second sets the other and restores the default."""
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if not stop.is_set():
            stop.set()
            return
        hurry.set()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, on_signal)
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
    """Wait until one of them ends, and cancel the others. Raises what that one raised."""
    tasks = [asyncio.ensure_future(end) for end in ends]
    ended, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    for task in ended:
        task.result()


async def _finish(serving: "asyncio.Task[None]") -> None:
    """Cancel the server if it is still running. Raises what it raised, where it ended by itself."""
    if not serving.done():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # else every call cut off is logged
        serving.cancel()
        await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()
