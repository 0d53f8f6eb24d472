"""How are headers kept? As one JSON object."""

from collections.abc import Mapping

import msgspec


def stored(headers: Mapping[str, str]) -> str:
    """The headers as text for a column; what is no text in them is replaced."""
    return msgspec.json.encode({readable(name): readable(value) for name, value in headers.items()}).decode()


def read(column: str) -> dict[str, str]:
    """The headers of that column."""
    return msgspec.json.decode(column, type=dict[str, str])


def readable(text: str) -> str:
    """The text without what can't be stored: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
