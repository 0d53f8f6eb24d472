"""Which addresses may a webhook never reach? Private and reserved ones, also as IPv4-mapped IPv6 addresses.

`ipaddress` alone isn't enough: its `is_global` is true of NAT64, 6to4 and multicast addresses. Hence a table of ours.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED_NETWORKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network, RFC 1122"),
    ("10.0.0.0/8", "private, RFC 1918"),
    ("100.64.0.0/10", "shared by a carrier's customers, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("169.254.0.0/16", "link-local, where clouds keep their credentials, RFC 3927"),
    ("172.16.0.0/12", "private, RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, RFC 6890"),
    ("192.168.0.0/16", "private, RFC 1918"),
    ("198.18.0.0/15", "benchmarking of network devices, RFC 2544"),
    ("224.0.0.0/4", "multicast, RFC 5771"),
    ("240.0.0.0/4", "reserved, and the broadcast address, RFC 1112 and RFC 919"),
    ("::/8", "unspecified, loopback, IPv4-compatible, -mapped and -translated, RFC 4291 and RFC 2765"),
    ("64:ff9b::/96", "NAT64: holds an IPv4 address, RFC 6052"),
    ("64:ff9b:1::/48", "local-use NAT64: holds an IPv4 address, RFC 8215"),
    ("100::/64", "discard-only, RFC 6666"),
    ("2001::/32", "Teredo: holds an IPv4 address, RFC 4380"),
    ("2002::/16", "6to4: holds an IPv4 address, RFC 3056"),
    ("5f00::/16", "segment routing inside a network, RFC 9602"),
    ("fc00::/7", "unique local, RFC 4193"),
    ("fe80::/10", "link-local, RFC 4291"),
    ("fec0::/10", "site-local, RFC 3879"),
    ("ff00::/8", "multicast, RFC 4291"),
)
"""The networks that are refused, each with its purpose and the RFC that reserves it."""

_REFUSED = tuple(ip_network(network) for network, _ in REFUSED_NETWORKS)


def is_refused(address: Address, allow: Sequence[Network]) -> bool:
    """Whether nothing may be sent there: it is private or reserved, and in no network that the operator allowed."""
    return not is_allowed(address, allow) and _is_among(unwrapped(address), _REFUSED)


def is_allowed(address: Address, allow: Sequence[Network]) -> bool:
    """Whether it is in a network that the operator allowed, which also permits plain HTTP and any port."""
    return _is_among(unwrapped(address), allow)


def unwrapped(address: Address) -> Address:
    """The IPv4 address in an IPv4-mapped one (RFC 4291, section 2.5.5.2), since the system connects to that one."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
