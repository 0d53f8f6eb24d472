"""How did an attempt end? With the receiver's response, with the reason why there is none, or without being sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ReasonKind = Literal["refused_address", "bad_url", "name", "connect", "tls", "timeout", "protocol", "reset"]


@dataclass(frozen=True, slots=True)
class ReceiverResponse:
    """A receiver's response, whatever its status. Header names are in lower case; `body` may be truncated."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int


class NotDelivered(Exception):
    """There was no usable response. `took_ms` is how long the attempt took, in milliseconds."""

    def __init__(self, reason_kind: ReasonKind, sentence: str, took_ms: int) -> None:
        super().__init__(sentence)
        self.reason_kind = reason_kind
        self.sentence = sentence
        self.took_ms = took_ms


class NotTried(Exception):
    """Nothing was sent, for a temporary reason on our side: it doesn't count as the receiver's failure."""
