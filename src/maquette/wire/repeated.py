"""What do headers say that came more than once? Lists are one list (RFC 9110, section 5.3), others are refused."""

from collections.abc import Iterable, Mapping

from maquette.model.errors import Invalid

_LISTS = frozenset((b"accept", b"if-match", b"if-none-match", b"x-forwarded-for", b"x-forwarded-proto"))
_ONCE = {b"authorization": "authorization", b"content-type": "content_type", b"origin": "origin", b"host": "host"}


def joined(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The headers by their names; of one that matters to nobody the last. Raises `Invalid`."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in found or name not in _LISTS:
            if name in found and name in _ONCE:
                raise Invalid({_ONCE[name]: ["must be sent once"]})
            found[name] = value
        else:
            found[name] += b", " + value
    return found
