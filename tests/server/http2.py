"""A client of HTTP/2 (RFC 9113) that has many calls under way on one connection, and sees all that becomes of them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)

HOST = "127.0.0.1"
WHOLE_WINDOW = 2**20


@dataclass
class Answer:
    """What came back on one stream."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_reset: bool = False
    is_whole: bool = False


class _Protocol(H2Connection):
    """One that isn't closed by the server's announcement that it will be: h2 takes the first GOAWAY for the end."""

    def _receive_goaway_frame(self, frame: Any) -> tuple[list[Any], list[Event]]:
        event = ConnectionTerminated()
        event.last_stream_id = frame.last_stream_id
        return [], [event]


class Connection:
    """One connection; `last_stream` is the last that the server says it has taken, once it says that it's leaving."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.last_stream: int | None = None
        self.answers: dict[int, Answer] = {}
        self._reader, self._writer = reader, writer
        self._http = _Protocol(H2Configuration(client_side=True))
        self._changed = asyncio.Condition()
        self._http.initiate_connection()
        self._http.increment_flow_control_window(WHOLE_WINDOW)
        self._flush()

    async def call(self, method: str, path: str, key: str, body: bytes = b"", **headers: str) -> Answer:
        """The answer, once it has ended, or the connection has."""
        stream = self.begin(method, path, key, ends=not body, **headers)
        if body:
            await self.send(stream, body)
        return await self.answer(stream)

    def begin(self, method: str, path: str, key: str, *, ends: bool, **headers: str) -> int:
        """Open a stream with a call's headers; with or without a body to follow."""
        stream = self._http.get_next_available_stream_id()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {":method": method, ":path": path, ":scheme": "https", ":authority": HOST}
        self._http.send_headers(stream, [*named.items(), ("authorization", f"Bearer {key}"), *given.items()], ends)
        self.answers[stream] = Answer()
        self._flush()
        return stream

    async def send(self, stream: int, body: bytes, *, ends: bool = True) -> None:
        """Send a body, as fast as the server takes it; what it doesn't want any more, it isn't sent."""
        while body and not self.answers[stream].is_whole:
            room = min(self._http.local_flow_control_window(stream), self._http.max_outbound_frame_size)
            if room:
                part, body = body[:room], body[room:]
                self._http.send_data(stream, part, end_stream=ends and not body)
                self._flush()
                await self._writer.drain()
            else:
                async with self._changed:
                    await self._changed.wait()

    def reset(self, stream: int) -> None:
        """Give a call up."""
        self._http.reset_stream(stream, 8)  # CANCEL
        self._flush()

    async def answer(self, stream: int) -> Answer:
        """The answer on that stream."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.answers[stream].is_whole or self._reader.at_eof())
        return self.answers[stream]

    async def read(self) -> None:
        """Take what the server sends, until it closes the connection."""
        while data := await self._reader.read(65_536):
            for event in self._http.receive_data(data):
                self._take(event)
            self._flush()
            async with self._changed:
                self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()

    def _take(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self.last_stream = event.last_stream_id
        elif isinstance(event, ResponseReceived):
            headers = {bytes(name).decode(): bytes(value).decode() for name, value in event.headers or ()}
            answer = self.answers[event.stream_id]
            answer.status, answer.headers = int(headers.pop(":status")), headers
        elif isinstance(event, DataReceived):
            self.answers[event.stream_id].body += event.data or b""
            self._http.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
        elif isinstance(event, StreamReset):
            self.answers[event.stream_id or 0].is_reset = True
            self.answers[event.stream_id or 0].is_whole = True
        elif isinstance(event, StreamEnded):
            self.answers[event.stream_id].is_whole = True

    def _flush(self) -> None:
        self._writer.write(self._http.data_to_send())


@asynccontextmanager
async def connected(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Connection]:
    """A connection by TLS, whose handshake agrees on HTTP/2, or one that knows beforehand (RFC 9113, section 3.3)."""
    if tls is not None:
        tls.set_alpn_protocols(["h2", "http/1.1"])
    reader, writer = await asyncio.open_connection(HOST, port, ssl=tls)
    if tls is not None:
        assert "h2" == writer.get_extra_info("ssl_object").selected_alpn_protocol()
    connection = Connection(reader, writer)
    reading = asyncio.create_task(connection.read())
    try:
        yield connection
    finally:
        writer.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
