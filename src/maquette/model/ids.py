"""How are records named? A UUIDv7 beside every serial, and readable ids for events."""

import os
import re
from functools import lru_cache

LARGEST_SERIAL = 2**63 - 1
"""The largest integer either engine stores."""

_RANDOM_BYTES = 10
_DRAWS = 256
_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The two bits of the variant, before two random ones."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def new_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7): the time in milliseconds, then 74 random bits."""
    tail = _random()
    return f"{_beginning(now_ms)}{tail[1:4]}-{_VARIANT[tail[0]]}{tail[5:8]}-{tail[8:]}"


def new_event_id(now_ms: int) -> str:
    """An event's id on every wire: `evt_` and 32 hex digits, in order of time."""
    tail = _random()
    return f"evt_{now_ms:012x}7{tail[1:4]}{_VARIANT[tail[0]]}{tail[5:]}"


@lru_cache(4)
def _beginning(now_ms: int) -> str:
    """Up to the version; the ids of one millisecond have it in common."""
    time = f"{now_ms:012x}"
    return f"{time[:8]}-{time[8:]}-7"


def _random() -> str:
    """20 random hex digits, never given twice; the system is asked for those of many ids at once."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            digits = os.urandom(_DRAWS * _RANDOM_BYTES).hex()
            _drawn.extend([digits[at : at + 2 * _RANDOM_BYTES] for at in range(0, len(digits), 2 * _RANDOM_BYTES)])


def reads_as_uuid(text: str) -> bool:
    """Whether the text has the shape of a UUID, hyphens included."""
    return _UUID.fullmatch(text) is not None
