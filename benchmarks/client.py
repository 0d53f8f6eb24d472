"""What does one plain call answer? For seeding, and for the samples that are compared around each round."""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    asked: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire, as the load driver counts them."""
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        return len(f"HTTP/1.1 {self.status} {self.reason}\r\n") + fields + len("\r\n") + len(self.body)

    def expect(self, status: int) -> "Answer":
        if self.status != status:
            raise RuntimeError(f"{self.asked}: {self.status}, not {status}: {self.body[:300]!r}")
        return self

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


class Client:
    """One kept-alive connection to one contender; not to be shared between threads."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def send(self, request: Request) -> Answer:
        asked = f"{self.name}: {request.method} {request.path}"
        self._connection.request(request.method, request.path, request.body or None, request.headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return Answer(asked, answer.status, answer.reason, tuple(answer.getheaders()), body)

    def get(self, path: str, headers: dict[str, str]) -> Answer:
        return self.send(Request("GET", path, headers))

    def post(self, path: str, content: object, headers: dict[str, str]) -> Answer:
        body = json.dumps(content).encode()
        return self.send(Request("POST", path, headers | {"Content-Type": "application/json"}, body))

    def close(self) -> None:
        self._connection.close()
