"""The session's cookie, for this host only, out of reach of scripts and of other sites' forms; and the notice's."""

from collections.abc import Iterable

from maquette.domain.sessions import LASTS_MS
from maquette.wire.reply import Header

_NOTICE, NOTICE_S = "maquette_notice", 60

_SECURE, _PLAIN = "__Host-maquette", "maquette"
"""With the prefix, a browser takes the cookie over HTTPS only, and for exactly this host (RFC 6265bis, 4.1.3.2)."""


def session_token(raw_headers: Iterable[Header], scheme: str) -> str | None:
    """The session's token in a request's headers; None also where two are sent, of which one may be somebody else's."""
    tokens = _values(raw_headers, _name(scheme))
    return tokens[0] if len(tokens) == 1 else None


def notice(raw_headers: Iterable[Header]) -> str:
    """The name of what is to be said on the next page."""
    return next(iter(_values(raw_headers, _NOTICE)), "")


def keep_notice(name: str) -> Header:
    """The header by which the next page says so, once."""
    return b"set-cookie", f"{_NOTICE}={name}; Path=/; Max-Age={NOTICE_S}; HttpOnly; SameSite=Lax".encode()


def clear_notice() -> Header:
    """The header that makes a browser forget it."""
    return b"set-cookie", f"{_NOTICE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax".encode()


def set_cookie(token: str, scheme: str) -> Header:
    """The header that makes a browser keep the token."""
    return _header(token, LASTS_MS // 1000, scheme)


def clear_cookie(scheme: str) -> Header:
    """The header that makes a browser forget it."""
    return _header("", 0, scheme)


def _values(raw_headers: Iterable[Header], name: str) -> list[str]:
    """The cookie's values. Only blanks around a name are ignored: browsers check prefixes of exact names."""
    pairs = (pair for header, value in raw_headers if header == b"cookie" for pair in value.split(b";"))
    named = (pair.strip(b" \t").partition(b"=") for pair in pairs)
    return [value.decode("latin-1") for key, _, value in named if key == name.encode() and value]


def _header(value: str, max_age_s: int, scheme: str) -> Header:
    secure = "; Secure" if scheme == "https" else ""
    text = f"{_name(scheme)}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
    return b"set-cookie", text.encode("latin-1")


def _name(scheme: str) -> str:
    return _SECURE if scheme == "https" else _PLAIN
