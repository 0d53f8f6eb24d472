"""Is this the URL of a receiver, and which host does it name? Parsed once, strictly; nothing is looked up.

Hosts are interpreted as a resolver would: `https://0x7f.1/` names 127.0.0.1, and so does `https://１２７。1/`.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from yarl import URL

from maquette.outbound.addresses import Address

MAX_LENGTH = 2_048
MAX_HOST_LENGTH = 253
PORTS = {"https": 443, "http": 80}

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<path>[^?]*)(?P<query>\?.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5})?)?")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
UNLESS_ALLOWED = ", unless the server's operator opens the network it is in (--webhook-allow)"
"""Ends the message of a refusal that does not apply to allowed networks."""

_NUMERAL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\ud800-\udfff\\]")
_SAFE_IN_TARGET = "/?:@!$&'()*+,;=%[]"


class BadUrl(ValueError):
    """A URL that nothing may be sent to. Its message follows the name of the field: `must start with https://`."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a URL names. `host` is an ASCII name, or an address in canonical form; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None

    @property
    def authority(self) -> str:
        """The value of the `Host` header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def require_public_form(self) -> None:
        """Raise `BadUrl` where it isn't HTTPS on port 443, which only receivers in allowed networks need not be."""
        if self.scheme != "https":
            raise BadUrl("must start with https://" + UNLESS_ALLOWED)
        if self.port != PORTS["https"]:
            raise BadUrl("must use port 443" + UNLESS_ALLOWED)


def read(text: str) -> Receiver:
    """The receiver that a URL names. Raises `BadUrl`."""
    if len(text) > MAX_LENGTH:
        raise BadUrl(f"must have at most {MAX_LENGTH:,} characters")
    if _FORBIDDEN.search(text):
        raise BadUrl("must not hold blanks, backslashes or control characters")
    if "#" in text:
        raise BadUrl("must not hold a fragment (#…)")
    parts = _URL.fullmatch(text)
    if parts is None:
        raise BadUrl("must start with https://")
    scheme = parts["scheme"].lower()
    host, port = _host_and_port(parts["authority"])
    address = _address(host)
    return Receiver(
        scheme=scheme,
        host=host if address is None else str(address),
        port=PORTS[scheme] if port is None else port,
        target=quote((parts["path"] or "/") + (parts["query"] or ""), safe=_SAFE_IN_TARGET),
        address=address,
    )


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise BadUrl("must not hold a user or a password")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise BadUrl("must name a host, and a port at most beside it")
    port = None if parts["port"] is None else int(parts["port"])
    if port is not None and not 0 < port < 65_536:
        raise BadUrl("must name a port from 1 to 65535")
    return _host(parts["host"]), port


def _host(text: str) -> str:
    """The host in lower-case ASCII: IDNA (UTS 46) maps full-width digits to ASCII, and `。` to a dot."""
    if text.startswith("["):
        return text
    try:
        host = (URL(f"https://{text}/").raw_host or "").lower()
    except ValueError as error:
        raise BadUrl("must name a host that can be looked up") from error
    bare = host.removesuffix(".")
    if len(bare) > MAX_HOST_LENGTH or not _NAME.fullmatch(bare):
        raise BadUrl("must name a host that can be looked up")
    return host


def _address(host: str) -> Address | None:
    """The address that the host is, None for a name. Raises `BadUrl` for what is neither."""
    if host.startswith("["):
        return _ipv6(host[1:-1])
    parts = host.removesuffix(".").split(".")
    return _ipv4(parts) if _NUMERAL.fullmatch(parts[-1]) else None


def _ipv6(text: str) -> IPv6Address:
    if "%" in text:
        raise BadUrl("must not name an IPv6 zone")
    try:
        return IPv6Address(text)
    except ValueError as error:
        raise BadUrl("must name an IPv6 address between its brackets") from error


def _ipv4(parts: list[str]) -> IPv4Address:
    """As `inet_aton` parses it: up to four numbers, the last fills the bytes left; `0x` is hexadecimal, `0` octal."""
    try:
        *leading, last = [_number(part) for part in parts]
        if len(leading) > 3 or any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
            raise ValueError(parts)
    except ValueError as error:
        raise BadUrl("must name an IPv4 address where its host is a number") from error
    return IPv4Address(sum(number << (24 - 8 * place) for place, number in enumerate(leading)) + last)


def _number(text: str) -> int:
    if not _NUMERAL.fullmatch(text):
        raise ValueError(text)
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)
