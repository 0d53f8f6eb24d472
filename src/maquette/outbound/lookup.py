"""Which addresses does a receiver have now, and may they be connected to? One refused address refuses them all."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import Protocol

from maquette.outbound.addresses import Address, Network, is_allowed, is_refused, unwrapped
from maquette.outbound.urls import UNLESS_ALLOWED, BadUrl, Receiver

MAX_LOOKUPS, MAX_LOOKUPS_PER_WORKSPACE = 64, 16
"""Concurrent DNS lookups, in all and per workspace (a worker's own limits): slow name servers take no more threads."""

MAX_VETTINGS, MAX_VETTINGS_PER_WORKSPACE = 16, 4
"""The same while URLs are vetted for webhooks, in threads of its own, so that deliveries don't wait for that."""

WAIT_S = 1.0
"""How long to wait for a free thread."""


class NameUnknown(Exception):
    """The name has no address now, or was not resolved in time."""


class ResolverBusy(Exception):
    """All lookup threads are in use, which says nothing about the name."""


class RefusedAddress(BadUrl):
    """A receiver with a private or reserved address that the operator hasn't allowed."""


class Resolver(Protocol):
    """Resolves host names."""

    async def resolve(self, name: str, workspace: int) -> Sequence[Address]:
        """All addresses of an ASCII name, looked up for that workspace. Raises `NameUnknown`, `ResolverBusy`."""
        ...


async def vetted(
    receiver: Receiver, resolver: Resolver, allow: Sequence[Network], *, workspace: int = 0
) -> tuple[Address, ...]:
    """The addresses to connect to, all permitted. Raises `BadUrl`, `RefusedAddress`, `NameUnknown`, `ResolverBusy`."""
    if not allow:
        receiver.require_public_form()
    found = [receiver.address] if receiver.address is not None else await resolver.resolve(receiver.host, workspace)
    addresses = tuple(dict.fromkeys(unwrapped(address) for address in found))
    if not addresses:
        raise NameUnknown(receiver.host)
    if any(is_refused(address, allow) for address in addresses):
        raise RefusedAddress("must not lead to a private or reserved address" + UNLESS_ALLOWED)
    if not all(is_allowed(address, allow) for address in addresses):
        receiver.require_public_form()
    return addresses


LookupResult = Sequence[Address] | None
"""None where the name has no address."""


class SystemResolver:
    """Runs `getaddrinfo`, each lookup in a daemon thread: a dead name server must not delay the process's end.

    Concurrent lookups of one name for one workspace share a thread, so an endpoint occupies one at most. A thread
    counts as occupied until its lookup returns, even if every caller has given up meanwhile.
    """

    def __init__(self, max_lookups: int = MAX_LOOKUPS, max_per_workspace: int = MAX_LOOKUPS_PER_WORKSPACE) -> None:
        self._max_lookups, self._max_per_workspace = max_lookups, max_per_workspace
        self._in_flight: dict[tuple[int, str], asyncio.Future[LookupResult]] = {}
        self._freed = asyncio.Event()

    async def resolve(self, name: str, workspace: int = 0) -> Sequence[Address]:
        """All addresses of a name, in the system's order. Raises `NameUnknown`, `ResolverBusy`."""
        key = workspace, name
        await self._wait_for_thread(key)
        answer = self._in_flight.get(key) or self._start_lookup(key)
        addresses = await asyncio.shield(answer)
        if addresses is None:
            raise NameUnknown(name)
        return addresses

    async def _wait_for_thread(self, key: tuple[int, str]) -> None:
        """Wait for a free thread, or for the same lookup to be in flight already. Raises `ResolverBusy`."""
        try:
            async with asyncio.timeout(WAIT_S):
                while key not in self._in_flight and not self._has_free_thread(key[0]):
                    await self._freed.wait()
        except TimeoutError as error:
            raise ResolverBusy(key[1]) from error

    def _has_free_thread(self, workspace: int) -> bool:
        own = sum(each == workspace for each, _ in self._in_flight)
        return len(self._in_flight) < self._max_lookups and own < self._max_per_workspace

    def _start_lookup(self, key: tuple[int, str]) -> asyncio.Future[LookupResult]:
        """Look the name up in a new thread. Raises `ResolverBusy`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[LookupResult] = loop.create_future()

        def end(result: LookupResult) -> None:
            del self._in_flight[key]
            answer.set_result(result)
            self._freed.set()
            self._freed = asyncio.Event()

        def look_up() -> None:
            result = _addresses(key[1])
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(end, result)

        try:
            Thread(target=look_up, name="lookup", daemon=True).start()
        except RuntimeError as error:  # the system refuses another thread
            raise ResolverBusy(key[1]) from error
        self._in_flight[key] = answer
        return answer


def _addresses(name: str) -> LookupResult:
    try:
        infos = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        return [ip_address(sockaddr[0]) for _, _, _, _, sockaddr in infos]
    except (OSError, ValueError):  # ValueError: a name that can't be encoded
        return None
