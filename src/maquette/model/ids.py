"""How are records named? A UUIDv7 beside every serial, and readable ids for events."""

import os
import re

LARGEST_SERIAL = 2**63 - 1
"""The largest integer either engine stores."""

_RANDOM_BYTES = 10
_DRAWS = 256
_drawn: list[int] = []
os.register_at_fork(after_in_child=_drawn.clear)

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def new_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7): the time in milliseconds, then 74 random bits."""
    tail = _random()
    rand_a, rand_b = tail >> 68, tail & ((1 << 62) - 1)
    digits = f"{(now_ms << 80) | (7 << 76) | (rand_a << 64) | (2 << 62) | rand_b:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_event_id(now_ms: int) -> str:
    """An event's id on every wire: `evt_` and 32 hex digits, in order of time."""
    return "evt_" + new_id(now_ms).replace("-", "")


def _random() -> int:
    """80 random bits, never given twice; the system is asked for those of many ids at once."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            bits = os.urandom(_DRAWS * _RANDOM_BYTES)
            _drawn.extend(int.from_bytes(bits[at : at + _RANDOM_BYTES]) for at in range(0, len(bits), _RANDOM_BYTES))


def reads_as_uuid(text: str) -> bool:
    """Whether the text has the shape of a UUID, hyphens included."""
    return _UUID.fullmatch(text) is not None
