"""How are headers kept? As one JSON object."""

from collections.abc import Mapping

import msgspec


def stored(headers: Mapping[str, str]) -> str:
    """The headers as text for a column."""
    return msgspec.json.encode(dict(headers)).decode()


def read(column: str) -> dict[str, str]:
    """The headers of that column."""
    return msgspec.json.decode(column, type=dict[str, str])
