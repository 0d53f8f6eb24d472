"""Reads request bodies up to a limit. The rest of a refused one is drained, within bounds, so the response arrives."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from litestar.types import Receive

from maquette.domain.pictures import UPLOAD_BYTES
from maquette.model.errors import Invalid, Overloaded, Refusal, TooLarge
from maquette.wire.body_budget import UNBUDGETED_BYTES
from maquette.wire.body_timeout import BodyTimeout

MAX_BODY_BYTES = 1024 * 1024
MAX_FORM_BYTES = UPLOAD_BYTES + 64 * 1024
"""The limit of a multipart form: the largest file, its other fields and the encoding's overhead."""

MAX_LENGTH_DIGITS = 18
"""A longer `Content-Length` is ignored: some servers pass on any number of leading zeros."""

PIECE_OVERHEAD = 64
"""The approximate memory, in bytes, that each piece costs beyond its content; a client may send one-byte pieces."""

MAX_DRAINED_BYTES = 32 * MAX_BODY_BYTES
DRAIN_S = 5.0
"""How much of a refused body is still read, counted from its beginning, and for how long."""


async def read_whole(
    receive: Receive,
    timeout: BodyTimeout,
    max_bytes: int = MAX_BODY_BYTES,
    length: int | None = None,
    reserve: Callable[[int], None] | None = None,
) -> bytes:
    """The body. Raises `TooLarge` if more than `max_bytes` came or are due, `Invalid` if it was cut off or timed out.

    With a known `length`, reading ends at its last byte, without awaiting the message that ends the body. Above
    `UNBUDGETED_BYTES`, `reserve` is called at each piece with the memory held so far; it may raise `Overloaded`.
    Before `TooLarge` or `Overloaded` is raised, the rest of the body is drained.
    """
    pieces: list[bytes] = []
    size, is_whole, checked_above = 0, length == 0, min(max_bytes, UNBUDGETED_BYTES)
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
    """The refusal for a body that has grown to this size, or None if it may go on."""
    if size > max_bytes:
        return TooLarge(max_bytes)
    try:
        if reserve:
            reserve(size + PIECE_OVERHEAD * pieces)
    except Overloaded as overloaded:
        return overloaded
    return None


def content_length(headers: Mapping[bytes, bytes]) -> int | None:
    """The body's length if its sender declared it in advance (RFC 9112, section 6.3)."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and len(length) <= MAX_LENGTH_DIGITS and b"transfer-encoding" not in headers:
        return int(length)
    return None


async def _drain(receive: Receive, size: int) -> None:
    """Read and drop the rest of the body, within bounds: a client that is still sending would not read the response."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            more = True
            while more and size < MAX_DRAINED_BYTES:
                message: Any = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
