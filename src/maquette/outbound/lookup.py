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

MAX_LOOKUPS, MAX_LOOKUPS_PER_WORKSPACE = 64, 16
"""Names at the same time, and of those for one workspace, as a worker has batches: slow ones take no more threads."""

MAX_VETTINGS, MAX_VETTINGS_PER_WORKSPACE = 16, 4
"""The same while URLs are vetted, which has threads of its own: what waits to be sent doesn't wait for that."""

WAIT_S = 1.0
"""How long to wait for one to be free."""


class NameUnknown(Exception):
    """A name without an address, for now."""


class ResolverBusy(Exception):
    """Nobody is free to look a name up, for now: it says nothing of the name."""


class RefusedAddress(BadUrl):
    """A receiver that lives inside."""


class Resolver(Protocol):
    """Who knows where names live."""

    async def resolve(self, name: str, workspace: int) -> Sequence[Address]:
        """All addresses of an ASCII name, which the workspace wants to know. Raises `NameUnknown`, `ResolverBusy`."""
        ...


async def vetted(
    receiver: Receiver, resolver: Resolver, allow: Sequence[Network], *, workspace: int = 0
) -> tuple[Address, ...]:
    """The addresses to connect to, each allowed. Raises `BadUrl`, `RefusedAddress`, `NameUnknown`, `ResolverBusy`."""
    if not allow:
        receiver.require_public_form()
    found = [receiver.address] if receiver.address is not None else await resolver.resolve(receiver.host, workspace)
    addresses = tuple(dict.fromkeys(unwrapped(address) for address in found))
    if not addresses:
        raise NameUnknown(receiver.host)
    if any(is_refused(address, allow) for address in addresses):
        raise RefusedAddress("must not lead to a private or reserved address" + UNLESS)
    if not all(is_allowed(address, allow) for address in addresses):
        receiver.require_public_form()
    return addresses


Found = Sequence[Address] | None


class SystemResolver:
    """Asks the system, in a thread that nobody waits for when the process ends: a dead name server takes long.

    Whoever asks for a name that is being looked up for the same workspace waits for that answer, so that an endpoint
    has one thread at most. A thread is taken until its name is answered, also where everybody has given up.
    """

    def __init__(self, max_lookups: int = MAX_LOOKUPS, max_per_workspace: int = MAX_LOOKUPS_PER_WORKSPACE) -> None:
        self._max_lookups, self._max_per_workspace = max_lookups, max_per_workspace
        self._in_flight: dict[tuple[int, str], asyncio.Future[Found]] = {}
        self._freed = asyncio.Event()

    async def resolve(self, name: str, workspace: int = 0) -> Sequence[Address]:
        """All addresses of a name, in the system's order. Raises `NameUnknown`, `ResolverBusy`."""
        key = workspace, name
        await self._wait_for_thread(key)
        answer = self._in_flight.get(key) or self._start_lookup(key)
        found = await asyncio.shield(answer)
        if found is None:
            raise NameUnknown(name)
        return found

    async def _wait_for_thread(self, key: tuple[int, str]) -> None:
        """Wait until there is a thread for it, or somebody has asked for it too. Raises `ResolverBusy`."""
        try:
            async with asyncio.timeout(WAIT_S):
                while key not in self._in_flight and not self._has_free_thread(key[0]):
                    await self._freed.wait()
        except TimeoutError as error:
            raise ResolverBusy(key[1]) from error

    def _has_free_thread(self, workspace: int) -> bool:
        own = sum(each == workspace for each, _ in self._in_flight)
        return len(self._in_flight) < self._max_lookups and own < self._max_per_workspace

    def _start_lookup(self, key: tuple[int, str]) -> asyncio.Future[Found]:
        """Look it up in a thread. Raises `ResolverBusy`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()

        def end(found: Found) -> None:
            del self._in_flight[key]
            answer.set_result(found)
            self._freed.set()
            self._freed = asyncio.Event()

        def look_up() -> None:
            found = _addresses(key[1])
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(end, found)

        try:
            Thread(target=look_up, name="lookup", daemon=True).start()
        except RuntimeError as error:  # the system has no thread left
            raise ResolverBusy(key[1]) from error
        self._in_flight[key] = answer
        return answer


def _addresses(name: str) -> Found:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        return [ip_address(sockaddr[0]) for _, _, _, _, sockaddr in found]
    except (OSError, ValueError):  # ValueError: a name that can't be encoded
        return None
