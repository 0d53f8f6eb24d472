"""How is a server drained without dropping a call?

Closing a connection while its client is sending loses that call, and a server can't know that a call is on its way.
So the client is told first, by `Connection: close` in a response (RFC 9112, section 9.6).
"""

import asyncio
import ctypes
import logging
import socket
import struct
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from litestar.types import Receive, Send

from maquette.server.connections import socket_of
from maquette.wire.asgi import Application, BeginResult, Continuation, as_asgi

IDLE_S = 0.25
"""For how long no call may have begun or ended for the server to count as idle."""

log = logging.getLogger("maquette")

_SO_ATTACH_FILTER = 26
_DROP_SYN = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # load the byte with TCP's flags
        (0x54, 0, 0, 0x12),  # keep SYN and ACK of it
        (0x15, 0, 1, 0x02),  # SYN alone opens a connection:
        (0x06, 0, 0, 0),  # drop the packet
        (0x06, 0, 0, 0xFFFFFFFF),  # else let it through
    )
)


class Draining:
    """Wraps an application: counts the calls in flight, and can have each HTTP/1 response close its connection."""

    def __init__(self, inner: Application) -> None:
        self.in_flight = 0
        self._inner = inner
        self._asgi = as_asgi(inner)
        self._is_draining = False
        self._last_active_at = 0.0

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """Begin a call. A whole response isn't counted as in flight: it is sent before anything else runs."""
        if self._is_draining:
            return partial(self, scope, receive, send)
        result = self._inner.begin(scope, receive, send)
        return result if isinstance(result, tuple) else partial(self._run_counted, scope, result)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The same call as ASGI, where sending even a whole response may have to wait, so that each one is counted."""
        if self._is_draining and _stays_open(scope):
            self._last_active_at = monotonic()
            send = _closing(send)
        await self._run_counted(scope, partial(self._asgi, scope, receive, send))

    async def _run_counted(self, scope: Any, continuation: Continuation) -> None:
        self.in_flight += 1
        try:
            await continuation()
        except Exception:
            log.exception("an answer broke off")
            raise
        finally:
            self.in_flight -= 1
            if self._is_draining and _stays_open(scope):
                self._last_active_at = monotonic()

    def start_draining(self) -> None:
        """From now on each HTTP/1 response says `Connection: close`. HTTP/2 has a way of its own."""
        self._is_draining = True
        self._last_active_at = monotonic()

    async def wait_until_idle(self, *, within_s: float) -> None:
        """Return when no HTTP/1 call has begun or ended for `IDLE_S` seconds, or after `within_s` seconds.

        Calls still in flight are safe: the server closes their connections after their responses.
        """
        end = monotonic() + within_s
        while monotonic() < end and monotonic() - self._last_active_at < IDLE_S:
            await asyncio.sleep(0.01)


def listeners(port: int) -> list[int]:
    """This process's descriptors that are listening on that port."""
    descriptors = [int(entry.name) for entry in Path("/dev/fd").iterdir()]
    return [descriptor for descriptor in descriptors if _listens(descriptor, port)]


def stop_accepting(port: int) -> None:
    """Open no new connection, while those in the listening socket's queue are still accepted. Linux only.

    Closing the listening socket would reset the queued connections. Instead, a socket filter drops the SYN that opens
    a connection; the client's system sends it again after a second, and is then refused.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_DROP_SYN)
    reference = struct.pack("HP", len(_DROP_SYN) // 8, ctypes.addressof(program))
    for descriptor in listeners(port):
        # Where the system forbids a filter, new connections are accepted until the server stops.
        with suppress(OSError), socket_of(descriptor) as listener:
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, reference)


def _listens(descriptor: int, port: int) -> bool:
    try:
        with socket_of(descriptor) as candidate:
            listening = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            return bool(listening) and candidate.getsockname()[1] == port
    except OSError:  # no socket, or closed meanwhile
        return False


def _stays_open(scope: Any) -> bool:
    """Whether the connection stays open unless a response says `Connection: close`, which HTTP/2 doesn't have."""
    return bool(scope["http_version"] != "2")


def _closing(send: Any) -> Any:
    """The same `send`, which adds `Connection: close` to the response."""

    async def send_closing(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_closing
