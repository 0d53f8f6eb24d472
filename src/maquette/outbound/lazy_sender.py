"""When is the HTTP client imported? With the first webhook: it is a sixth of all that a server would import.

A thread imports it, so that the event loop goes on answering calls.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from maquette.model.errors import Unavailable
from maquette.model.lazy import Lazy
from maquette.outbound.addresses import Network
from maquette.outbound.outcomes import ReceiverResponse

if TYPE_CHECKING:
    from maquette.outbound.http import Sender


class LazySender:
    """An `http.Sender` that is created on first use. Must be closed on the event loop that it is used on."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self._class = Lazy(_sender_class)
        self._sender: Sender | None = None
        self._is_closed = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, workspace: int = 0) -> ReceiverResponse:
        """Make one attempt and return the response, whatever its status. Raises `NotDelivered`, `NotTried`."""
        return await (await self._get()).post(url, headers, body, workspace=workspace)

    async def vet(self, url: str, *, workspace: int = 0) -> None:
        """Raise `BadUrl` for a URL that nothing may be sent to; a name that can't be resolved now passes."""
        await (await self._get()).vet(url, workspace=workspace)

    async def close(self) -> None:
        """Close every connection. Later calls raise `Unavailable`."""
        self._is_closed = True
        if self._sender is not None:
            await self._sender.close()

    async def _get(self) -> "Sender":
        sender_class = await self._class.get()
        if self._is_closed:
            raise Unavailable("nothing is sent any more")
        if self._sender is None:
            self._sender = sender_class(self._allow)
        return self._sender


def _sender_class() -> "type[Sender]":
    """Import the class, and load the system's certificates with it: both are slow."""
    from maquette.outbound import http

    http.system_tls()
    return http.Sender
