"""One call to an ASGI application, message by message, with nothing of an HTTP client between."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

Message = dict[str, Any]


@dataclass
class Answer:
    """What the application sent."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __getitem__(self, name: str) -> str:
        """A header that is there once."""
        (value,) = [value for each, value in self.headers if each == name]
        return value

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self.headers)

    async def send(self, message: Message) -> None:
        """The channel that the application answers on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            self.body += message["body"]


def scope_of(
    method: str = "GET",
    path: str = "/",
    *,
    query: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
    client: tuple[str, int] | None = ("127.0.0.1", 50_000),
    scheme: str = "http",
) -> Any:
    """An HTTP call as a server hands it over."""
    return {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": client,
        "scheme": scheme,
        "extensions": {},
    }


async def ask(app: Any, method: str = "GET", path: str = "/", *, body: Iterable[bytes] = (), **options: Any) -> Answer:
    """The application's answer; the body comes in the given pieces."""
    answer = Answer()
    await app(scope_of(method, path, **options), coming(body), answer.send)
    return answer


def coming(pieces: Iterable[bytes]) -> Any:
    """A channel on which these pieces come, and then nothing more."""

    async def messages() -> AsyncIterator[Message]:
        for piece in pieces:
            yield {"type": "http.request", "body": piece, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    return messages().__anext__
