"""Where does a call come from, and what stood before its path? Read off the server's scope."""

from typing import Any

from litestar.types import HTTPScope


def base_of(scope: Any) -> str:
    """What the dispatch took off the front of the path."""
    base: str = scope.get("maquette.base", "")
    return base


def address_of(scope: HTTPScope) -> str:
    """The caller's address, where it is known."""
    client = scope.get("client")
    return client[0] if client else ""
