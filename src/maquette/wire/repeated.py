"""Repeated headers: those that hold lists are combined (RFC 9110, section 5.3), those that must be unique refused."""

from collections.abc import Iterable, Mapping

from maquette.model.errors import Invalid

_LIST_HEADERS = frozenset((b"accept", b"if-match", b"if-none-match", b"x-forwarded-for", b"x-forwarded-proto"))
_SINGLE_HEADERS = {
    b"authorization": "authorization",
    b"content-type": "content_type",
    b"origin": "origin",
    b"host": "host",
}
"""Headers that must be unique, each with its name in the refusal."""


def combined(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The headers by name. Of any other repeated header, the last value counts. Raises `Invalid`."""
    by_name: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in by_name and name in _SINGLE_HEADERS:
            raise Invalid({_SINGLE_HEADERS[name]: ["must be sent once"]})
        if name in by_name and name in _LIST_HEADERS:
            by_name[name] += b", " + value
        else:
            by_name[name] = value
    return by_name
