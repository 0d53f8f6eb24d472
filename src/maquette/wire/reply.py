"""A response as a value: status, headers, and the body or the parts that make it."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from litestar import Response
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Send
from msgspec import Struct

JSON = b"application/json"

Header = tuple[bytes, bytes]
Headers = list[Header]


class Reply(Struct):
    """A response, known in full before its first byte is sent unless it is streamed in parts."""

    status: int
    body: bytes = b""
    headers: Iterable[Header] = ()
    media_type: bytes = JSON
    parts: AsyncGenerator[bytes, None] | None = None
    """Replaces the body: its parts, produced while they are sent."""
    is_described: bool = False
    """Whether `headers` already include the content type and length."""

    async def send(self, send: Send, *, without_body: bool = False) -> None:
        """Send it, without the body for HEAD."""
        await send(self.start())
        if self.parts:
            async with aclosing(self.parts) as parts:
                await _send_parts(send, parts, without_body=without_body)
        await send(self.end(without_body=without_body))

    def start(self) -> HTTPResponseStartEvent:
        """The first ASGI message, with content type and length added to the headers."""
        headers = self.headers if self.is_described else (*self.headers, *self.description())
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    def end(self, *, without_body: bool = False) -> HTTPResponseBodyEvent:
        """The last ASGI message, with the body unless it was sent in parts."""
        return {"type": "http.response.body", "body": b"" if without_body else self.body, "more_body": False}

    def description(self) -> Headers:
        """The `Content-Type` and `Content-Length` headers, as far as they apply."""
        headers: Headers = []
        if self.body or self.parts:
            headers.append((b"content-type", self.media_type))
        if self.status not in (204, 304) and not self.parts:
            headers.append((b"content-length", b"%d" % len(self.body)))
        return headers

    def to_response(self) -> Response[bytes]:
        """The reply as a Litestar response."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        return Response(self.body, status_code=self.status, media_type=self.media_type.decode(), headers=headers)


async def _send_parts(send: Send, parts: AsyncGenerator[bytes, None], *, without_body: bool) -> None:
    if not without_body:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
