"""Where does a receiver live just now, and may it be reached there? Looked up once; one bad address refuses all."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import Protocol

from maquette.outbound.addresses import Address, Network, is_allowed, is_refused, unwrapped
from maquette.outbound.urls import UNLESS, BadUrl, Receiver

MOST_LOOKUPS = 64
"""At the same time; others wait, so that names which answer slowly don't take a thread each."""


class NameUnknown(Exception):
    """A name without an address, for now."""


class RefusedAddress(BadUrl):
    """A receiver that lives inside."""


class Resolver(Protocol):
    """Who knows where names live."""

    async def resolve(self, name: str) -> Sequence[Address]:
        """All addresses of an ASCII name. Raises `NameUnknown`."""
        ...


async def vetted(receiver: Receiver, resolver: Resolver, allow: Sequence[Network]) -> tuple[Address, ...]:
    """The addresses to connect to, of which each may be. Raises `BadUrl`, `RefusedAddress`, `NameUnknown`."""
    if not allow:
        receiver.require_public_form()
    found = [receiver.address] if receiver.address is not None else await resolver.resolve(receiver.host)
    addresses = tuple(dict.fromkeys(unwrapped(address) for address in found))
    if not addresses:
        raise NameUnknown(receiver.host)
    if any(is_refused(address, allow) for address in addresses):
        raise RefusedAddress("must not lead to a private or reserved address" + UNLESS)
    if not all(is_allowed(address, allow) for address in addresses):
        receiver.require_public_form()
    return addresses


class SystemResolver:
    """Asks the system, in a thread that nobody waits for when the process ends: a dead name server takes long."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_LOOKUPS)

    async def resolve(self, name: str) -> Sequence[Address]:
        """All addresses of a name, in the system's order. Raises `NameUnknown`."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[Address] | None] = loop.create_future()

        def take(found: Sequence[Address] | None) -> None:
            self._free.release()  # only now: a caller that gave up has left its thread behind
            if not answer.done():
                answer.set_result(found)

        def look_up() -> None:
            found = _addresses(name)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(take, found)

        try:
            Thread(target=look_up, name="lookup", daemon=True).start()
        except RuntimeError as error:  # the system has no thread left
            self._free.release()
            raise NameUnknown(name) from error
        found = await answer
        if found is None:
            raise NameUnknown(name)
        return found


def _addresses(name: str) -> Sequence[Address] | None:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        return [ip_address(sockaddr[0]) for _, _, _, _, sockaddr in found]
    except (OSError, ValueError):  # ValueError: a name that can't be encoded
        return None
