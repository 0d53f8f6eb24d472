"""A webhook's endpoint on a real socket: it keeps what it gets, and answers what it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.outbound.receiver import Connection, Listening, listening


@dataclass(frozen=True)
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's."""
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        """The body, understood."""
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Says:
    """An answer; `status` 0 cuts the connection, and it is given once `after` is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: asyncio.Event | None = None

    def bytes(self) -> bytes:
        """As it goes over the wire."""
        headers = {**self.headers, "content-length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass
class Endpoint:
    """What it got so far, and what it says to whom; 200 to all until told otherwise."""

    listening: Listening
    says: Callable[[Got], Says] = lambda _: Says()
    got: list[Got] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self.listening.port}{path}"

    def ids(self, path: str | None = None) -> list[str]:
        """The messages that came, in their order; those to a path, or all."""
        return [got.id for got in self.got if path in (None, got.path)]


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    """An endpoint on a port of its own; it answers on any path."""

    async def script(connection: Connection) -> None:
        while True:
            got = _read(await connection.request())
            found.got.append(got)
            said = found.says(got)
            if said.after is not None:
                await said.after.wait()
            if said.status == 0:
                connection.reset()
                return
            await connection.say(said.bytes())

    async with listening(script) as receiver:
        found = Endpoint(receiver)
        yield found


def _read(text: bytes) -> Got:
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Got(first.split(" ")[1], headers, body)
