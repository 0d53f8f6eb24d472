"""Entity tags as hashes of the bytes sent, and conditional requests (RFC 9110, sections 8.8.3 and 13.1)."""

import hashlib

from maquette.model.errors import Stale


def etag(body: bytes) -> str:
    """A strong validator for exactly these bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def is_fresh(if_none_match: str, current: str) -> bool:
    """Whether `If-None-Match` names the current tag, by weak comparison."""
    return if_none_match.strip() == "*" or current in _opaque(if_none_match)


def require_match(if_match: str | None, body: bytes) -> None:
    """Raise `Stale` unless `If-Match` is absent, `*`, or names the tag of these bytes."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag(body) not in [tag.strip() for tag in if_match.split(",")]:
        raise Stale


def _opaque(tags: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in tags.split(",")]
