"""How much may a caller send? A body is cut off at the limit, but read on for a while, so that the answer arrives."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar.types import Receive

from maquette.domain.pictures import UPLOAD_BYTES
from maquette.model.errors import Invalid, TooLarge

MOST_BYTES = 1024 * 1024
MOST_FORM_BYTES = UPLOAD_BYTES + 64 * 1024
"""Of a form with a file: the largest file, and what stands around it."""

DRAINED_BYTES = 32 * MOST_BYTES
DRAIN_S = 5.0


async def read_whole(receive: Receive, most: int = MOST_BYTES) -> bytes:
    """The body's bytes. Raises `TooLarge` once more has come than is allowed, `Invalid` for a body cut off."""
    pieces: list[bytes] = []
    size, is_whole = 0, False
    while not is_whole:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid({"body": ["was cut off"]})
        piece, is_whole = message.get("body", b""), not message.get("more_body", False)
        pieces.append(piece)
        size += len(piece)
        if size > most:
            if not is_whole:
                await _drain(receive, size)
            raise TooLarge(most)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _drain(receive: Receive, size: int) -> None:
    """A client that is still sending would not read the answer; one that has stopped is waiting for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            more = True
            while more and size < DRAINED_BYTES:
                message: Any = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
