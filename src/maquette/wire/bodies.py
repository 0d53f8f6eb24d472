"""How much may a caller send? A body is cut off at the limit, but read on for a while, so that the answer arrives."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from litestar.types import Receive

from maquette.domain.pictures import UPLOAD_BYTES
from maquette.model.errors import Invalid, Overloaded, Refusal, TooLarge
from maquette.wire.body_budget import SMALL_BYTES
from maquette.wire.body_timeout import BodyTimeout

MAX_BODY_BYTES = 1024 * 1024
MAX_FORM_BYTES = UPLOAD_BYTES + 64 * 1024
"""The limit of a form: the largest file, and what stands around it."""

MAX_LENGTH_DIGITS = 18
"""A length in more digits is not believed: some servers pass on any number of zeros before it."""

PIECE_COST = 64
"""What a piece weighs beside its bytes, about: one may be as short as its sender likes."""

DRAINED_BYTES = 32 * MAX_BODY_BYTES
DRAIN_S = 5.0


async def read_whole(
    receive: Receive,
    timeout: BodyTimeout,
    max_bytes: int = MAX_BODY_BYTES,
    length: int | None = None,
    reserve: Callable[[int], None] | None = None,
) -> bytes:
    """The body's bytes. Raises `TooLarge` once more has come, or is due, than is allowed.

    Raises `Invalid` for a body that was cut off, or took too long. Where the `length` is known before, nobody waits for
    word that these were all. Beyond what is small, `reserve` is told what all of it weighs by now; it may raise
    `Overloaded`. A client that is still sending is heard out before it is refused.
    """
    pieces: list[bytes] = []
    size, is_whole, checked_above = 0, length == 0, min(max_bytes, SMALL_BYTES)
    refusal: Refusal | None = TooLarge(max_bytes) if length is not None and length > max_bytes else None
    reading = timeout.begin()
    try:
        while not is_whole and refusal is None:
            message: Any = await receive()
            reading.piece_since = None
            if message["type"] == "http.disconnect":
                raise Invalid({"body": ["was cut off"]})
            piece = message.get("body", b"")
            pieces.append(piece)
            size += len(piece)
            is_whole = size == length or not message.get("more_body", False)
            if size > checked_above:
                refusal = _refusal(size, len(pieces), max_bytes, reserve)
    except asyncio.CancelledError:
        reading.raise_if_timed_out()
        raise
    finally:
        timeout.end(reading)
    if refusal is not None:
        if not is_whole:
            await _drain(receive, size)
        raise refusal
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _refusal(size: int, pieces: int, max_bytes: int, reserve: Callable[[int], None] | None) -> Refusal | None:
    """Why no more is taken of a body that has become so large."""
    if size > max_bytes:
        return TooLarge(max_bytes)
    try:
        if reserve:
            reserve(size + PIECE_COST * pieces)
    except Overloaded as overloaded:
        return overloaded
    return None


def content_length(headers: Mapping[bytes, bytes]) -> int | None:
    """How many bytes the body has, where its sender says so before it comes (RFC 9112, section 6.3)."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and len(length) <= MAX_LENGTH_DIGITS and b"transfer-encoding" not in headers:
        return int(length)
    return None


async def _drain(receive: Receive, size: int) -> None:
    """A client that is still sending would not read the answer; one that has stopped is waiting for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            more = True
            while more and size < DRAINED_BYTES:
                message: Any = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
