"""Selects a call's dialect: by path prefix, else by host, else, at a bare `/v1`, by the form of the token."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from litestar.types import HTTPScope, Receive, Send

from maquette.wire.asgi import Application, BeginResult
from maquette.wire.dialect import Dialect
from maquette.wire.front import HEALTH

CACHED_PATHS, MAX_CACHED_LENGTH = 4_096, 128
"""How many resolved paths are cached, and up to which length in characters, since callers choose both."""

_ESCAPED_SLASH = re.compile(b"%2f", re.IGNORECASE)


class Dispatch:
    """Hands each call to its dialect's gate, or to `otherwise` if it is for no dialect."""

    def __init__(self, gates: Sequence[tuple[Dialect, Application]], otherwise: Application, *, default: str) -> None:
        self._gates = {dialect.name: gate for dialect, gate in gates}
        self._dialects = [dialect for dialect, _ in gates]
        self._otherwise = otherwise
        self._default = default
        self._cached_address = lru_cache(CACHED_PATHS)(self._address)

    def begin(self, scope: Any, receive: Receive, send: Send) -> BeginResult:
        """Begin one call in the application that it is for."""
        path, raw_path = scope["path"], scope["raw_path"]
        if len(raw_path) != len(path):
            path = _unescaped(raw_path, path)
        address = self._cached_address if len(path) <= MAX_CACHED_LENGTH else self._address
        name, base, scope["path"] = address(path)
        if name is None:
            return self._by_host_or_token(scope).begin(scope, receive, send)
        scope["maquette.base"] = base
        return self._gates[name].begin(scope, receive, send)

    def _address(self, path: str) -> tuple[str | None, str, str]:
        """The dialect named by the first segment (or None), that segment as the base path, and the path below it."""
        path = _without_empty_segments(path)
        first, _, rest = path[1:].partition("/")
        return (first, f"/{first}", f"/{rest}") if first in self._gates else (None, "", path)

    def _by_host_or_token(self, scope: HTTPScope) -> Application:
        """The application for a path that names no dialect."""
        path = scope["path"]
        if path == HEALTH:
            return self._otherwise
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        for dialect in self._dialects:
            if host.startswith(dialect.host):
                return self._gates[dialect.name]
        if path != "/v1" and not path.startswith("/v1/"):
            return self._otherwise
        return self._gates[self._by_token(path, headers)]

    def _by_token(self, path: str, headers: Mapping[bytes, bytes]) -> str:
        token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2].strip()
        own = (dialect.name for dialect in self._dialects if path in dialect.open_paths)
        spoken = (dialect.name for dialect in self._dialects if token and dialect.speaks(token))
        return next(own, None) or next(spoken, self._default)


def _unescaped(raw_path: bytes, path: str) -> str:
    """The path percent-decoded, except for `%2F`, which is data within a segment (RFC 3986, section 2.2)."""
    kept, slashes = _ESCAPED_SLASH.subn(b"%252F", raw_path)
    return unquote(kept.decode("latin-1")) if slashes else path


def _without_empty_segments(path: str) -> str:
    """The path without the repeated and trailing slashes that the framework ignores: one resource has one path."""
    if "//" not in path and not path.endswith("/"):
        return path
    return "/" + "/".join(part for part in path.split("/") if part)
