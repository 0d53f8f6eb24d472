"""JSON Web Tokens, issued by us or signed by the client: HS256 with the clientSecret, and no other algorithm.

The vendor's sample token has an extra header parameter and no `typ`, so both are tolerated (RFC 7515, RFC 7519).
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec

from maquette.domain.bursts import BurstRule
from maquette.domain.identities import FOREVER, Authentication
from maquette.domain.services import Services
from maquette.model.errors import Unauthenticated
from maquette.model.records import Plan
from maquette.model.text import is_storable

BURST = BurstRule(100, 10)
"""100 calls of a team in 10 seconds, in place of the plan's burst limit."""

CLOCK_SKEW_MS = 300_000
MAX_SECONDS = 1e11
"""A larger time in a claim must be in milliseconds."""

_ALGORITHM = "HS256"
_JWS = jwt.PyJWS()


async def identify(services: Services, token: str) -> Authentication:
    """The principal whose client secret signed the token, and when the token expires. Raises `Unauthenticated`."""
    claims = _claims(token)
    principal = await services.identities.by_client_id(_client_id(claims))
    assert principal.secret_sealed
    try:
        _JWS.decode(token, services.sealer.open(principal.secret_sealed), algorithms=[_ALGORITHM])
    except jwt.PyJWTError as error:
        raise Unauthenticated from error
    for part in claims:
        issued_at = _moment_ms(part, "iat")
        if issued_at is not None and issued_at > services.clock.now_ms() + CLOCK_SKEW_MS:
            raise Unauthenticated
    return Authentication(principal, min(_end_ms(part) for part in claims))


def speaks(token: str) -> bool:
    """Whether the token looks like a JWT: three parts with dots between them."""
    return token.count(".") == 2


def burst(plan: Plan) -> BurstRule | None:
    """The same limit for every team, but none on a plan without a burst limit."""
    return None if plan.burst is None else BURST


def issue(client_id: str, secret: str, *, now_ms: int, ttl_s: int) -> str:
    """A signed token that expires after `ttl_s` seconds."""
    now_s = now_ms // 1000
    claims = {"clientId": client_id, "iat": now_s, "exp": now_s + ttl_s}
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def _end_ms(claims: Mapping[str, Any]) -> int:
    """When these claims expire, in milliseconds. An `exp` out of range is clamped: it still means expired, or never."""
    moment = _moment_ms(claims, "exp")
    return FOREVER if moment is None else int(min(max(moment, 0), FOREVER))


def _claims(token: str) -> list[Mapping[str, Any]]:
    """The claims, not verified yet: the top level, and the object under `payload` if there is one."""
    try:
        part = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, binascii.Error, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise Unauthenticated from error
    if not isinstance(claims, dict):
        raise Unauthenticated
    inner = claims.get("payload")
    return [claims, inner] if isinstance(inner, dict) else [claims]


def _client_id(claims: list[Mapping[str, Any]]) -> str:
    client_ids = {part["clientId"] for part in claims if isinstance(part.get("clientId"), str)}
    named = [part for part in claims if "clientId" in part]
    if len(client_ids) != 1 or any(not isinstance(part["clientId"], str) for part in named):
        raise Unauthenticated
    client_id = str(client_ids.pop())
    if not is_storable(client_id):
        raise Unauthenticated
    return client_id


def _moment_ms(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated
    return value if value > MAX_SECONDS else value * 1000
