"""How is a server emptied without dropping a call?

A connection that is closed while its client is sending loses that call, and nobody can see it coming. So no
connection is closed before its client was told: an answer says `Connection: close` (RFC 9112, section 9.6).
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

log = logging.getLogger("maquette")

_SO_ATTACH_FILTER = 26
_DROP_SYN = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # load the byte with TCP's flags,
        (0x54, 0, 0, 0x12),  # of them SYN and ACK;
        (0x15, 0, 1, 0x02),  # is it SYN alone?
        (0x06, 0, 0, 0),  # then it never came;
        (0x06, 0, 0, 0xFFFFFFFF),  # all else did
    )
)


class Draining:
    """An application that counts the calls in flight, and can make each answer its connection's last."""

    def __init__(self, inner: Application) -> None:
        self.in_flight = 0
        self._inner = inner
        self._asgi = as_asgi(inner)
        self._is_draining = False
        self._last_active_at = 0.0

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """Begin a call. One with its whole answer at hand is not in flight: it's sent before anything else is done."""
        if self._is_draining:
            return partial(self, scope, receive, send)
        result = self._inner.begin(scope, receive, send)
        return result if isinstance(result, tuple) else partial(self._run_counted, scope, result)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The same as an ASGI application, where an answer at hand may have to wait, too, until it's sent."""
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
        """From now on each answer says that it's the last one; HTTP/2 has words of its own for that."""
        self._is_draining = True
        self._last_active_at = monotonic()

    async def wait_until_idle(self, *, within_s: float) -> None:
        """Return when no call has come or gone for a moment, or the time is over.

        Those in flight are in no danger: their connections are closed after their answers.
        """
        end = monotonic() + within_s
        while monotonic() < end and monotonic() - self._last_active_at < IDLE_S:
            await asyncio.sleep(0.01)


def listeners(port: int) -> list[int]:
    """This process's descriptors that are listening on that port."""
    descriptors = [int(entry.name) for entry in Path("/dev/fd").iterdir()]
    return [descriptor for descriptor in descriptors if _listens(descriptor, port)]


def stop_accepting(port: int) -> None:
    """Let no new connection begin, while those that have begun still come in.

    Closing a listening socket resets the connections that wait in its queue. Linux lets a socket overlook the
    packet that opens a connection; its client asks again in a second, and is then refused.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_DROP_SYN)
    reference = struct.pack("HP", len(_DROP_SYN) // 8, ctypes.addressof(program))
    for descriptor in listeners(port):
        # Where the system forbids it, new connections are accepted until the end.
        with suppress(OSError), socket_of(descriptor) as listener:
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, reference)


def _listens(descriptor: int, port: int) -> bool:
    try:
        with socket_of(descriptor) as found:
            listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            return bool(listening) and found.getsockname()[1] == port
    except OSError:  # no socket, or closed meanwhile
        return False


def _stays_open(scope: Any) -> bool:
    """Whether the connection would stay open after the answer; HTTP/2 closes its own way."""
    return bool(scope["http_version"] != "2")


def _closing(send: Any) -> Any:
    async def last(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return last
