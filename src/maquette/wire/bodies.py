"""How much may a caller send? A body is cut off at the limit, but read on for a while, so that the answer arrives."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from litestar.types import Receive

from maquette.domain.pictures import UPLOAD_BYTES
from maquette.model.errors import Invalid, Overloaded, TooLarge
from maquette.wire.body_budget import SMALL_BYTES

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
    max_bytes: int = MAX_BODY_BYTES,
    length: int | None = None,
    reserve: Callable[[int], None] | None = None,
) -> bytes:
    """The body's bytes. Raises `TooLarge` once more has come, or is due, than is allowed, `Invalid` for one cut off.

    Where the `length` is known before, nobody waits for word that these were all. Beyond what is small, `reserve` is
    told how many bytes more there are now; the `Overloaded` that it may raise goes on once the client was heard out.
    """
    pieces: list[bytes] = []
    size, reserved, is_whole = 0, 0, length == 0
    if length is not None and length > max_bytes:
        await _drain(receive, size)
        raise TooLarge(max_bytes)
    while not is_whole:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid({"body": ["was cut off"]})
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        is_whole = size == length or not message.get("more_body", False)
        if size > max_bytes:
            if not is_whole:
                await _drain(receive, size)
            raise TooLarge(max_bytes)
        if size > SMALL_BYTES and reserve:
            weight = size + PIECE_COST * len(pieces)
            try:
                reserve(weight - reserved)
            except Overloaded:
                if not is_whole:
                    await _drain(receive, size)
                raise
            reserved = weight
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def content_length(headers: Mapping[bytes, bytes]) -> int | None:
    """How many bytes the body has, where its sender says so before it comes (RFC 9112, section 6.3)."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and len(length) <= MAX_LENGTH_DIGITS and b"transfer-encoding" not in headers:
        return int(length)
    return None


async def _drain(receive: Receive, size: int) -> None:
    """A client that is still sending would not read the answer; one that has stopped is waiting for it."""
    with suppress(TimeoutError, Invalid):
        async with asyncio.timeout(DRAIN_S):
            more = True
            while more and size < DRAINED_BYTES:
                message: Any = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
