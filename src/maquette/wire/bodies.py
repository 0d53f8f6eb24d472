"""How much may a caller send? A body is cut off at the limit, but read on for a while, so that the answer arrives."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from litestar.types import Receive

from maquette.domain.pictures import UPLOAD_BYTES
from maquette.model.errors import Invalid, TooLarge

MOST_BYTES = 1024 * 1024
MOST_FORM_BYTES = UPLOAD_BYTES + 64 * 1024
"""Of a form with a file: the largest file, and what stands around it."""

DRAINED_BYTES = 32 * MOST_BYTES
DRAIN_S = 5.0


@dataclass(slots=True)
class Allowance:
    """How many bytes this call's body may have; a route that takes a file asks for more before it reads."""

    most: int = MOST_BYTES


def bounded(receive: Receive, allowance: Allowance | None = None) -> Receive:
    """The same channel; raises `TooLarge` once more has come than is allowed, `Invalid` for a body cut off."""
    allowed = allowance or Allowance()
    size, is_whole = 0, False

    async def counting() -> Any:
        nonlocal size, is_whole
        message = await receive()
        if message["type"] == "http.disconnect" and not is_whole:
            raise Invalid({"body": ["was cut off"]})
        size, is_whole = size + _length(message), not message.get("more_body", False)
        if size > allowed.most:
            await _drain(receive, message, size)
            raise TooLarge(allowed.most)
        return message

    return counting


async def _drain(receive: Receive, message: Any, size: int) -> None:
    """A client that is still sending would not read the answer; one that has stopped is waiting for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while message.get("more_body") and size < DRAINED_BYTES:
                message = await receive()
                size += _length(message)


def _length(message: Any) -> int:
    return len(message.get("body", b""))
