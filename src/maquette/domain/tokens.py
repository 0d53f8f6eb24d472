"""One-time and session tokens: 256 random bits, of which the store keeps only the SHA-256."""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """A new token, in URL-safe Base64."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> bytes:
    """What the store finds it by."""
    return hashlib.sha256(token.encode()).digest()
