"""How does a connection go to the vetted addresses and nowhere else? They are written into the host's name itself.

The HTTP client is asked for `5db8d822.pinned.invalid`, and its resolver does no more than read such names. The client
keeps connections by that name, so one is used again only while the receiver lives at the very same addresses.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from maquette.outbound.addresses import Address

MAX_ADDRESSES = 6
"""Of a receiver's addresses, so many are tried."""

SUFFIX = ".pinned.invalid"  # .invalid is no name anywhere, RFC 6761


def pinned(addresses: Sequence[Address]) -> str:
    """A host name that says these addresses."""
    return ".".join(address.packed.hex() for address in addresses[:MAX_ADDRESSES]) + SUFFIX


def unpinned(host: str) -> list[Address]:
    """What such a name says. Raises `OSError` for every other name."""
    if not host.endswith(SUFFIX):
        raise OSError(f"{host} was not vetted")
    return [ip_address(bytes.fromhex(label)) for label in host.removesuffix(SUFFIX).split(".")]


class PinnedResolver(AbstractResolver):
    """Reads addresses out of names, and asks nobody."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  of either
    ) -> list[ResolveResult]:
        """The addresses that the name says. Raises `OSError`."""
        return [_result(host, address, port) for address in unpinned(host)]

    async def close(self) -> None:
        """There is nothing to close."""


def _result(host: str, address: Address, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
