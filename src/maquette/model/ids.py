"""Public ids: a UUIDv7 beside every serial, `evt_` ids for events, and UUIDv4 for people, which tells nothing."""

import os
import re
import uuid
from functools import lru_cache

LARGEST_SERIAL = 2**63 - 1
"""The largest integer either engine stores."""

_DRAWS = 256
_SHAPE = b"000-0000-000000000000 "
"""The random part of an id: a digit in place of each zero, the first of the second group being the variant."""

_DIGITS = [place for place, mark in enumerate(_SHAPE) if mark == ord("0")]
_VARIANT_PLACE = _SHAPE.index(b"-") + 1
_VARIANT = bytes.maketrans(b"0123456789abcdef", b"89ab" * 4)
"""Turns a random digit into one that begins with the two bits of the variant."""

_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)  # else parent and child would use the same

_UUID_LENGTH = 36
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def new_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7): the time in milliseconds, then 74 random bits."""
    return _beginning(now_ms) + _random()


def new_person_id() -> str:
    """A UUIDv4: unlike a UUIDv7 it doesn't tell when the person was first added, perhaps in another workspace."""
    return str(uuid.uuid4())


def new_event_id(now_ms: int) -> str:
    """An event's id on every wire: `evt_` and 32 hex digits, in order of time."""
    return f"evt_{new_id(now_ms).replace('-', '')}"


@lru_cache(4)
def _beginning(now_ms: int) -> str:
    """The id up to and with the version, which ids of the same millisecond have in common."""
    time = f"{now_ms:012x}"
    return f"{time[:8]}-{time[8:]}-7"


def _random() -> str:
    """The rest of the id; each is used once."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            _drawn.extend(_draw())


def _draw() -> list[str]:
    """The random parts of `_DRAWS` ids, written together: the first digit of all, then the second of all …"""
    count = len(_DIGITS)
    digits = os.urandom(_DRAWS * count // 2).hex().encode()
    written = bytearray(_SHAPE * _DRAWS)
    for number, place in enumerate(_DIGITS):
        written[place :: len(_SHAPE)] = digits[number::count]
    variants = slice(_VARIANT_PLACE, None, len(_SHAPE))
    written[variants] = written[variants].translate(_VARIANT)
    return written.decode().split()


def reads_as_uuid(text: str) -> bool:
    """Whether the text has the shape of a UUID, hyphens included."""
    return len(text) == _UUID_LENGTH and _UUID.fullmatch(text) is not None
