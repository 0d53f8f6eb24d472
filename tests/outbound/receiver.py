"""A real receiver on a real socket, which does whatever its script says, byte by byte."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from socket import SO_LINGER, SOL_SOCKET

from maquette.outbound.addresses import Address
from maquette.outbound.lookup import NameUnknown

LOOPBACK = (ip_network("127.0.0.1"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Connection:
    """One connection to the receiver."""

    receiver: "Listening"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """The next request, read whole and kept."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        text = head + await self.reader.readexactly(length)
        self.receiver.requests.append(text)
        return text

    async def say(self, text: bytes) -> None:
        """Send these bytes, counted."""
        self.writer.write(text)
        await self.writer.drain()
        self.receiver.sent += len(text)

    def reset(self) -> None:
        """End with a RST instead of a FIN."""
        self.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Connection], Awaitable[None]]


@dataclass
class Listening:
    """What has come in."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    sent: int = 0

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self.port}/hook"


@dataclass
class Names:
    """A resolver whose names live where the test says: the answers are given in turn, the last one from then on."""

    answers: dict[str, list[Sequence[str]]]

    async def resolve(self, name: str, _: int = 0) -> Sequence[Address]:
        """The next answer."""
        answers = self.answers.get(name)
        if not answers:
            raise NameUnknown(name)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(address) for address in found]


def saying(*answers: bytes) -> Script:
    """Answers each request on a connection with the next of these; the last one from then on."""

    async def script(connection: Connection) -> None:
        remaining = list(answers)
        while await connection.request():
            await connection.say(remaining.pop(0) if len(remaining) > 1 else remaining[0])

    return script


def once(answer: bytes) -> Script:
    """Answers one request, and closes."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.say(answer)

    return script


def endless(start: bytes, piece: bytes, pause_s: float = 0) -> Script:
    """Answers with the start, and then with the piece, over and over."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.say(start)
        while True:
            await connection.say(piece)
            await asyncio.sleep(pause_s)

    return script


@asynccontextmanager
async def listening(
    script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Listening]:
    """A receiver on a port of its own, with every connection ended at the end."""
    receiver = Listening()
    open_: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_.add(task)
        receiver.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(Connection(receiver, reader, writer))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, host, port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)
        await server.wait_closed()
