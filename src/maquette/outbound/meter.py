"""How much is read from a receiver? At most `MAX_RECEIVED_BYTES` for each request, whatever they are.

The limits of `http` bound a response's head and body, but not interim responses: `100 Continue`, sent again and again,
would exhaust the memory. And aiohttp would take bytes that arrive on an idle connection for the next response.
"""

import asyncio

from aiohttp import ClientRequest, ClientTimeout, TCPConnector
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

MAX_RECEIVED_BYTES = 256 * 1024
"""Per request, after TLS: interim responses, the response's head, and what is read of its body, framing included."""


class MeteredConnector(TCPConnector):
    """Makes and keeps connections that stop reading after `MAX_RECEIVED_BYTES` for each request."""

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        """A kept connection or a new one, its meter reset."""
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None:
            meter = _meter(connection.transport)
            meter.start()
            connection.add_callback(meter.stop)
        return connection


class Meter(asyncio.Protocol):
    """Sits between a transport and aiohttp's protocol, and counts the bytes received."""

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self._received = 0
        self._is_idle = False

    def start(self) -> None:
        """Reset the count for the next request, and read on."""
        if not self._transport.is_reading():  # aiohttp may have resumed it already
            self._transport.resume_reading()
        self._received = 0
        self._is_idle = False

    def stop(self) -> None:
        """The request is over: from now on, any byte aborts the connection."""
        self._is_idle = True

    def data_received(self, data: bytes) -> None:
        """Forward; abort where no request is under way; past the limit, read no more: the deadline ends the attempt."""
        if self._is_idle:
            self._transport.abort()
            return
        self._received += len(data)
        self._protocol.data_received(data)
        if self._received >= MAX_RECEIVED_BYTES and not self._transport.is_closing():
            self._transport.pause_reading()

    def eof_received(self) -> bool | None:
        """Forward."""
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forward."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Forward."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Forward."""
        self._protocol.resume_writing()


def _meter(transport: asyncio.Transport) -> Meter:
    """The meter of the transport; a new transport is given one."""
    protocol = transport.get_protocol()
    if isinstance(protocol, Meter):
        return protocol
    assert isinstance(protocol, asyncio.Protocol)
    meter = Meter(transport, protocol)
    transport.set_protocol(meter)
    return meter
