"""A whole answer as a value: status, headers, bytes."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from litestar import Response
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Send
from msgspec import Struct

JSON = b"application/json"

Header = tuple[bytes, bytes]
Headers = list[Header]


class Reply(Struct):
    """An answer that is known in full before its first byte is sent, but for one in parts."""

    status: int
    body: bytes = b""
    headers: Iterable[Header] = ()
    media_type: bytes = JSON
    parts: AsyncGenerator[bytes, None] | None = None
    """In place of a body: its parts, made while they are sent."""
    is_described: bool = False
    """Whether the headers tell the content's type and length already."""

    async def send(self, send: Send, *, without_body: bool = False) -> None:
        """Send it, to a HEAD without its body; content type and length are added."""
        await send(self.start())
        if self.parts:
            async with aclosing(self.parts) as parts:
                await _send_parts(send, parts, without_body=without_body)
        await send(self.end(without_body=without_body))

    def start(self) -> HTTPResponseStartEvent:
        """The message that begins it."""
        headers = self.headers if self.is_described else (*self.headers, *self.description())
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    def end(self, *, without_body: bool = False) -> HTTPResponseBodyEvent:
        """The message that ends it, with the body of one that is whole."""
        return {"type": "http.response.body", "body": b"" if without_body else self.body, "more_body": False}

    def description(self) -> Headers:
        """The content's type and length, where they can be told."""
        headers: Headers = []
        if self.body or self.parts:
            headers.append((b"content-type", self.media_type))
        if self.status not in (204, 304) and not self.parts:
            headers.append((b"content-length", b"%d" % len(self.body)))
        return headers

    def to_response(self) -> Response[bytes]:
        """The same for a place that wants Litestar's kind of answer."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        return Response(self.body, status_code=self.status, media_type=self.media_type.decode(), headers=headers)


async def _send_parts(send: Send, parts: AsyncGenerator[bytes, None], *, without_body: bool) -> None:
    if not without_body:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
