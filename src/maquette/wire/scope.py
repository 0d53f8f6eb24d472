"""The base path and the client's address in an ASGI scope."""

from typing import Any

from litestar.types import HTTPScope


def base_of(scope: Any) -> str:
    """The path prefix that `dispatch` removed, or an empty text."""
    base: str = scope.get("maquette.base", "")
    return base


def address_of(scope: HTTPScope) -> str:
    """The client's IP address, or an empty text if it is unknown."""
    client = scope.get("client")
    return client[0] if client else ""
