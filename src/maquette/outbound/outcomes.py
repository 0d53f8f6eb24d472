"""What came of a message: what the receiver answered, why there was no answer, or that it wasn't even sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ReasonKind = Literal["refused_address", "bad_url", "name", "connect", "tls", "timeout", "protocol", "reset"]


@dataclass(frozen=True, slots=True)
class ReceiverResponse:
    """What a receiver said, whatever its status. Header names are in lower case; `body` may be cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int


class NotDelivered(Exception):
    """No answer came. `took_ms` is how long that took, in milliseconds."""

    def __init__(self, reason_kind: ReasonKind, sentence: str, took_ms: int) -> None:
        super().__init__(sentence)
        self.reason_kind = reason_kind
        self.sentence = sentence
        self.took_ms = took_ms


class NotTried(Exception):
    """Nothing was sent, for a reason that is ours and passes: it isn't the receiver's failure."""
