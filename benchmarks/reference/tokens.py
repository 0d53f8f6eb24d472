"""How does the reference read and sign a Creatopy JWT? HS256 alone, and a day's validity."""

import base64
import hmac
import json
import time
from collections.abc import Mapping

HEADER = {"alg": "HS256", "typ": "JWT"}
DAY_SECONDS = 86_400


def sign(client_id: str, secret: str) -> str:
    issued = int(time.time())
    claims = {"clientId": client_id, "iat": issued, "exp": issued + DAY_SECONDS}
    signed = f"{_pack(HEADER)}.{_pack(claims)}"
    return f"{signed}.{_signature(signed, secret)}"


def client_named(token: str) -> str | None:
    """The client id that the token claims; nothing is proven until `is_signed` says so."""
    try:
        header, claims, _signature = token.split(".")
        if _unpack(header).get("alg") != "HS256":
            return None
        expiry, client_id = _unpack(claims).get("exp"), _unpack(claims).get("clientId")
    except ValueError:
        return None
    expired = isinstance(expiry, int) and expiry < time.time()
    return client_id if isinstance(client_id, str) and not expired else None


def is_signed(token: str, secret: str) -> bool:
    signed, _, signature = token.rpartition(".")
    return hmac.compare_digest(signature.encode(), _signature(signed, secret).encode())


def _signature(signed: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _pack(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _unpack(part: str) -> dict[str, object]:
    opened = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(opened, dict):
        raise ValueError("not an object")
    return opened
