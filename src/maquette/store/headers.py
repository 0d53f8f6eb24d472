"""How are headers kept? As one JSON object."""

from collections.abc import Mapping

import msgspec


def stored(headers: Mapping[str, str]) -> str:
    """The headers as text for a column; characters that can't be stored are replaced."""
    return msgspec.json.encode({readable(name): readable(value) for name, value in headers.items()}).decode()


def read(column: str) -> dict[str, str]:
    """The headers of that column."""
    return msgspec.json.decode(column, type=dict[str, str])


def readable(text: str) -> str:
    """The text with lone surrogates and NUL, which can't be stored, replaced."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
