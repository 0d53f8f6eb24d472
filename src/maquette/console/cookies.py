"""The cookie that holds a session's token: for this host only, out of reach of scripts and of other sites' forms."""

from collections.abc import Iterable

from maquette.domain.sessions import LASTS_MS
from maquette.wire.reply import Header

_SECURE, _PLAIN = "__Host-maquette", "maquette"
"""With the prefix, a browser takes the cookie over HTTPS only, and for exactly this host (RFC 6265bis, 4.1.3.2)."""


def session_token(raw_headers: Iterable[Header], scheme: str) -> str | None:
    """The session's token in a request's headers."""
    name = _name(scheme)
    for header, value in raw_headers:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, token = pair.strip().partition("=")
                if key == name and token:
                    return token
    return None


def keep(token: str, scheme: str) -> Header:
    """The header that makes a browser keep the token."""
    return _header(token, LASTS_MS // 1000, scheme)


def forget(scheme: str) -> Header:
    """The header that makes a browser forget it."""
    return _header("", 0, scheme)


def _header(value: str, max_age_s: int, scheme: str) -> Header:
    secure = "; Secure" if scheme == "https" else ""
    text = f"{_name(scheme)}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
    return b"set-cookie", text.encode("latin-1")


def _name(scheme: str) -> str:
    return _SECURE if scheme == "https" else _PLAIN
