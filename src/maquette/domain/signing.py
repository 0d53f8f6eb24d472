"""How does an endpoint know that a message is authentic? It is signed according to Standard Webhooks, by its library.

Source: https://www.standardwebhooks.com (`webhook-id`, `webhook-timestamp`, `webhook-signature`).
"""

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from maquette.domain.seal import Sealer
from maquette.model.errors import Invalid
from maquette.store.webhooks import Secrets

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64
_NEW_BYTES = 32


def new_secret() -> str:
    """A new secret: the prefix, and 256 random bits in Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_NEW_BYTES)).decode()


def checked(secret: str) -> str:
    """The secret that a caller has chosen, if it is well-formed. Raises `Invalid`."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise Invalid({"secret": [f"must be {PREFIX} and {MIN_BYTES} to {MAX_BYTES} bytes in Base64"]})
    return secret


def opened(kept: Secrets, sealer: Sealer, *, now_ms: int) -> list[str]:
    """The secrets to sign with now: the present one, then the previous one until its overlap ends."""
    found = [sealer.open(kept.sealed)]
    if kept.old_sealed is not None and kept.old_until is not None and now_ms < kept.old_until:
        found.append(sealer.open(kept.old_sealed))
    return found


def headers(id: str, body: bytes, signed_with: Sequence[str], *, now_ms: int) -> dict[str, str]:
    """The headers for the body at this time: one signature for each secret, in their order."""
    at = datetime.fromtimestamp(now_ms // 1000, UTC)
    signatures = [Webhook(secret).sign(id, at, body.decode()) for secret in signed_with]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(now_ms // 1000),
        "webhook-signature": " ".join(signatures),
    }
