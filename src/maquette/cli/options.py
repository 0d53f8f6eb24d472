"""Which values do options take? The types that several commands share, and checks that click doesn't have."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import rich_click as click

Network = IPv4Network | IPv6Network

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
"""The format of a log line; a server in a terminal has that of `RichHandler`."""

POSTGRES_SCHEMES = ("postgresql://", "postgres://")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\sA-Z]+")


class Number(click.IntRange):
    """A whole number within a range."""

    name = "number"


class NetworkType(click.ParamType[Network]):
    """A network, or one address."""

    name = "cidr"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Network:
        """Parse `10.0.0.0/8`, `::1` and the like."""
        try:
            return ip_network(value, strict=False)
        except ValueError:
            self.fail(f"{value!r} is not a network such as 10.0.0.0/8", param, ctx)


class Checked(click.ParamType[str | None]):
    """Text that a function checks; an empty one counts as not given. The function raises `ValueError` with the message.

    The message must not repeat the text, which may hold a password.
    """

    name = "text"

    def __init__(self, check: Callable[[str], object]) -> None:
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | None:
        """The text as it was given, None where it is empty."""
        try:
            if value:
                self._check(value)
            return value or None
        except ValueError as error:
            self.fail(str(error), param, ctx)


def require_postgres(url: str) -> None:
    """Require a URL of PostgreSQL. Raises `ValueError`."""
    if not url.startswith(POSTGRES_SCHEMES):
        raise ValueError("must begin with postgresql://, as in postgresql://user:password@host:5432/name")


def require_web_url(url: str) -> None:
    """Require an http(s) URL without user, query or fragment. Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _has_host(url) or "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("must be where a browser finds this server, such as https://maquette.example.com")


def require_origin(origin: str) -> None:
    """Require an origin as browsers send it (RFC 6454, section 6.2), or `*` for all. Raises `ValueError`."""
    if origin != "*" and not (_ORIGIN.fullmatch(origin) and _has_host(origin)):
        raise ValueError("must be an origin as browsers send it, such as https://app.example.com, or * for all")


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:  # a port that is no number
        return False


DATABASE_URL = Checked(require_postgres)
