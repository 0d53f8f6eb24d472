"""What sends a message to an endpoint? The interface that the domain needs; `outbound` implements it."""

from collections.abc import Mapping
from typing import Protocol

from maquette.outbound.outcomes import NotDelivered as NotDelivered
from maquette.outbound.outcomes import NotTried as NotTried
from maquette.outbound.outcomes import ReceiverResponse
from maquette.outbound.urls import BadUrl as BadUrl


class Sender(Protocol):
    """Posts to endpoints, within a time limit, and never to internal addresses; no workspace can starve the others."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, workspace: int) -> ReceiverResponse:
        """The endpoint's response, whatever its status. Raises `NotDelivered`, `NotTried`."""
        ...

    async def vet(self, url: str, *, workspace: int) -> None:
        """Pass where the URL may be an endpoint. Raises `BadUrl`, a `ValueError` whose message is a sentence."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
