"""How does a connection go to the vetted addresses and nowhere else? They are encoded in the host name itself.

aiohttp is given a URL with the host `5db8d822.pinned.invalid`, and its resolver only decodes such names. It keeps
connections by that name, so one is reused only while the receiver has the very same addresses (decision 16).
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from maquette.outbound.addresses import Address

MAX_ADDRESSES = 6
"""How many of a receiver's addresses are tried."""

SUFFIX = ".pinned.invalid"  # .invalid is never resolved, RFC 6761


def pinned(addresses: Sequence[Address]) -> str:
    """The host name that encodes these addresses."""
    return ".".join(address.packed.hex() for address in addresses[:MAX_ADDRESSES]) + SUFFIX


def unpinned(host: str) -> list[Address]:
    """The addresses that such a name encodes. Raises `OSError` for every other name."""
    if not host.endswith(SUFFIX):
        raise OSError(f"{host} was not vetted")
    return [ip_address(bytes.fromhex(label)) for label in host.removesuffix(SUFFIX).split(".")]


class PinnedResolver(AbstractResolver):
    """Decodes addresses from names, without a lookup."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  both are given
    ) -> list[ResolveResult]:
        """The addresses that the name encodes. Raises `OSError`."""
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
