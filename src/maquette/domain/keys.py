"""What does an API key look like, and how is it hashed? Pure functions; `identities` looks up whose it is."""

import hashlib
import re
import secrets
import string
import zlib

KEY_PREFIX = "mq_live_"
KEY_PATTERN = r"mq_live_[0-9A-Za-z]{36}"
"""The format of an API key, for secret scanners too: 30 random characters and 6 of checksum."""

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_KEY = re.compile(KEY_PATTERN)


def new_key() -> str:
    """A fresh key: the prefix, 178 random bits, and the checksum of both."""
    body = KEY_PREFIX + random_text(_RANDOM_LENGTH)
    return body + _checksum(body)


def is_key(token: str) -> bool:
    """Whether the text is a well-formed key with the right checksum; a typo is noticed without asking the store."""
    if not _KEY.fullmatch(token):
        return False
    return secrets.compare_digest(_checksum(token[:-_CHECKSUM_LENGTH]), token[-_CHECKSUM_LENGTH:])


def key_hash(key: str) -> bytes:
    """The hash by which the store finds a key; 178 random bits need no salt and no key stretching."""
    return hashlib.sha256(key.encode()).digest()


def random_text(length: int) -> str:
    """A cryptographically random text of that many base-62 characters."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits
