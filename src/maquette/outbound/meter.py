"""How much is listened to? An attempt takes in so many bytes, whatever they are; then nothing more is read.

The HTTP client bounds a head and a body, but not interim answers (`100 Continue`, over and over) until there is no
memory left; and what comes on an idle connection it would take for the answer to the next request.
"""

import asyncio

from aiohttp import ClientRequest, ClientTimeout, TCPConnector
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

MAX_RECEIVED_BYTES = 256 * 1024
"""Bytes to an attempt: its answer's head, interim ones, and what is kept of the body, with all that frames them."""


class MeteredConnector(TCPConnector):
    """Connections that are read no further than `MAX_RECEIVED_BYTES` for each request."""

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        """A connection from those that are kept, or a new one, its meter at nought."""
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None:
            meter = _meter(connection.transport)
            meter.start()
            connection.add_callback(meter.stop)
        return connection


class Meter(asyncio.Protocol):
    """Stands between a transport and its protocol, and counts."""

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self._received = 0
        self._idle = False

    def start(self) -> None:
        """Count from nought, for the next request."""
        if not self._transport.is_reading():  # the client may have seen to it already
            self._transport.resume_reading()
        self._received = 0
        self._idle = False

    def stop(self) -> None:
        """The request is over; nothing more is expected."""
        self._idle = True

    def data_received(self, data: bytes) -> None:
        """Hand on, but for what nobody asked for; when it is enough, the deadline sees to the rest."""
        if self._idle:
            self._transport.abort()
            return
        self._received += len(data)
        self._protocol.data_received(data)
        if self._received >= MAX_RECEIVED_BYTES and not self._transport.is_closing():
            self._transport.pause_reading()

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand on."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._protocol.resume_writing()


def _meter(transport: asyncio.Transport) -> Meter:
    """The transport's; one that is new gets it here."""
    protocol = transport.get_protocol()
    if isinstance(protocol, Meter):
        return protocol
    assert isinstance(protocol, asyncio.Protocol)
    meter = Meter(transport, protocol)
    transport.set_protocol(meter)
    return meter
