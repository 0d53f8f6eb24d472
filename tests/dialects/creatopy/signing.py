"""How does a client sign its own token? By hand, so that a test can get any part of it wrong."""

import base64
import hashlib
import hmac
import json
from typing import Any

DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def part(value: Any) -> str:
    """One part of a token: the bytes, or compact JSON, in Base64 without padding, URL-safe."""
    content = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unpart(text: str) -> Any:
    """The JSON in one part of a token."""
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signed(claims: Any, secret: str | bytes, *, header: Any = None, digest: str = "HS256") -> str:
    """A token of these claims; the header says HS256 unless another one is given, whatever the digest is."""
    content = f"{part({'alg': 'HS256', 'typ': 'JWT'} if header is None else header)}.{part(claims)}"
    key = secret.encode() if isinstance(secret, str) else secret
    return f"{content}.{part(hmac.digest(key, content.encode(), DIGESTS[digest]))}"
