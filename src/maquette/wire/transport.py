"""How a call arrived: HTTPS or loopback, the client behind trusted proxies, and the web origin (CORS)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from litestar.types import HTTPScope

from maquette.model.errors import ForeignOrigin, InsecureTransport
from maquette.wire.reply import Headers

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

ALLOWED_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Requested-With"
EXPOSED_HEADERS = (
    b"ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After,"
    b" X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)


@dataclass(frozen=True, slots=True)
class Transport:
    """What the operator trusts: proxies whose `X-Forwarded-*` headers count, and web origins that may call."""

    trusted_proxies: tuple[Network, ...] = ()
    allowed_origins: frozenset[str] = frozenset()

    def resolve_client(self, scope: HTTPScope, headers: Mapping[bytes, bytes]) -> None:
        """Set the scope's `client` and `scheme` to the client's own.

        Raises `InsecureTransport` for plain HTTP, except over loopback without a trusted proxy in between.
        """
        client = scope.get("client")
        peer, loopback = _peer(client[0]) if client else (None, True)
        scheme = scope["scheme"]
        if self.trusted_proxies and peer and self._trusts(peer) and b"x-forwarded-proto" in headers:
            scheme = headers[b"x-forwarded-proto"].decode("latin-1").rpartition(",")[2].strip().lower()
            loopback = False
            scope["client"] = (self._forwarded_client(headers, peer), 0)
        scope["scheme"] = scheme
        if scheme != "https" and not loopback:
            raise InsecureTransport

    def origin_headers(self, headers: Mapping[bytes, bytes]) -> Headers:
        """The CORS headers for the response; none for the same origin. Raises `ForeignOrigin`."""
        origin = headers.get(b"origin")
        if origin is None:
            return []
        text = origin.decode("latin-1")
        if text in self.allowed_origins or "*" in self.allowed_origins:
            return [
                (b"access-control-allow-origin", origin),
                (b"access-control-expose-headers", EXPOSED_HEADERS),
                (b"vary", b"Origin"),
            ]
        host = headers.get(b"host", b"").decode("latin-1")
        if host and text.partition("://")[2] == host:
            return []
        raise ForeignOrigin

    def _trusts(self, peer: Address) -> bool:
        return any(peer in network for network in self.trusted_proxies)

    def _forwarded_client(self, headers: Mapping[bytes, bytes], peer: Address) -> str:
        """The last address in `X-Forwarded-For` that isn't a trusted proxy."""
        hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
            address = _address(hop)
            if address is None:
                break
            if not self._trusts(address):
                return str(address)
        return str(peer)


def preflight_headers() -> Iterable[tuple[bytes, bytes]]:
    """The CORS headers that answer a preflight."""
    return (
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", b"600"),
    )


@lru_cache(1024)
def _peer(text: str) -> tuple[Address | None, bool]:
    """The peer's address, and whether it is local. A peer without an IP address is a Unix socket: local."""
    address = _address(text)
    return address, address is None or address.is_loopback


@lru_cache(1024)
def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
