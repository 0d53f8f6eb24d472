"""Who takes a message to an endpoint? What the domain asks of the way out; `outbound` is the real one."""

from collections.abc import Mapping
from typing import Protocol


class Answer(Protocol):
    """What an endpoint said: `body` is cut at 64 KiB."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def body(self) -> bytes:
        """The beginning of the body."""
        ...

    @property
    def took_ms(self) -> int:
        """How long it took, in milliseconds."""
        ...


class Sender(Protocol):
    """Posts to endpoints, each within its deadline, and to nobody inside."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The endpoint's answer, whatever its status. Raises `NotDelivered`."""
        ...

    async def vet(self, url: str) -> None:
        """Pass where the URL may be an endpoint's. Raises `BadUrl`, a `ValueError` with a sentence."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class NotDelivered(Exception):
    """No answer; `sentence` says why."""

    def __init__(self, kind: str, sentence: str, took_ms: int) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.took_ms = took_ms
