"""When is the HTTP client brought in? With the first webhook: it is a sixth of all that a server would import.

It comes in a thread, so that calls are answered meanwhile.
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
    """Sends as `http.Sender` does, which it makes when it's first asked to. Closed on the loop that it's used on."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self._class = Lazy(_sender_class)
        self._made: Sender | None = None
        self._is_closed = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, workspace: int = 0) -> ReceiverResponse:
        """Send the body once, and return what is answered within the time. Raises `NotDelivered`, `NotTried`."""
        return await (await self._sender()).post(url, headers, body, workspace=workspace)

    async def vet(self, url: str, *, workspace: int = 0) -> None:
        """Raise `BadUrl` where nothing could be sent there; a name without an address now may have one later."""
        await (await self._sender()).vet(url, workspace=workspace)

    async def close(self) -> None:
        """Close every connection; whoever asks for another one later is refused with `Unavailable`."""
        self._is_closed = True
        if self._made is not None:
            await self._made.close()

    async def _sender(self) -> "Sender":
        make = await self._class.get()
        if self._is_closed:
            raise Unavailable("nothing is sent any more")
        if self._made is None:
            self._made = make(self._allow)
        return self._made


def _sender_class() -> "type[Sender]":
    """The class, with all that takes long to get ready."""
    from maquette.outbound import http

    http.system_tls()
    return http.Sender
