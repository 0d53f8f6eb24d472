"""Who takes a message to an endpoint? What the domain asks of the way out; `outbound` is the real one."""

from collections.abc import Mapping
from typing import Protocol

from maquette.outbound.outcomes import NotDelivered as NotDelivered
from maquette.outbound.outcomes import NotTried as NotTried
from maquette.outbound.outcomes import ReceiverResponse
from maquette.outbound.urls import BadUrl as BadUrl


class Sender(Protocol):
    """Posts to endpoints, each in its time, and to nobody inside; no workspace keeps the others waiting."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, workspace: int) -> ReceiverResponse:
        """The endpoint's answer, whatever its status. Raises `NotDelivered`, `NotTried`."""
        ...

    async def vet(self, url: str, *, workspace: int) -> None:
        """Pass where the URL may be an endpoint's. Raises `BadUrl`, a `ValueError` with a sentence."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
