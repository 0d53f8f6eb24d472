"""`/v1/auth/token`: exchanges a client pair for a token. Its response is not wrapped in `response`."""

import secrets
from typing import Annotated

import msgspec
from litestar import post
from msgspec import Meta

from maquette.dialects.creatopy.auth import issue
from maquette.domain.identities import Principal
from maquette.domain.login_throttle import network_of
from maquette.domain.services import Services
from maquette.model.errors import TooManyFailures, Unauthenticated
from maquette.wire.call import Answer, Call, encode

PATH = "/v1/auth/token"

MAX_LENGTH = 255
"""Of a clientId or clientSecret. Bounded because failed attempts are kept in memory by client id."""

Half = Annotated[str, Meta(max_length=MAX_LENGTH)]


class TokenIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A client pair."""

    client_id: Half
    client_secret: Half


class TokenOut(msgspec.Struct):
    """A token for the `Authorization` header."""

    token: Annotated[str, Meta(description="Three parts with dots between them.", examples=["eyJhbGciOiJIUzI1NiJ9.…"])]


@post(
    PATH,
    body=TokenIn,
    status_code=200,
    refuses=(Unauthenticated, TooManyFailures),
    sends=("Cache-Control",),
    tags=["Tokens"],
    summary="Create a token",
    response_description="The token",
)
async def create_token(request: Call) -> Answer[TokenOut]:
    """Exchange a client pair for a token; it costs nothing of the quota.

    After 20 wrong pairs in a minute, the address and the client id have to wait, even with a right pair.
    """
    pair, services = await request.body_as(TokenIn), request.services
    sources = (network_of(request.address), f"client {pair.client_id}")
    services.login_throttle.require_allowed(*sources)
    principal = await _find_principal(services, pair.client_id)
    if not _is_right(services, principal, pair.client_secret):
        services.login_throttle.record_failure(*sources)
        raise Unauthenticated
    token = issue(pair.client_id, pair.client_secret, now_ms=request.now_ms, ttl_s=services.token_ttl_s)
    return Answer(encode(TokenOut(token)), headers={"cache-control": "no-store"})


async def _find_principal(services: Services, client_id: str) -> Principal | None:
    try:
        return await services.identities.by_client_id(client_id)
    except Unauthenticated:
        return None


def _is_right(services: Services, principal: Principal | None, secret: str) -> bool:
    """Whether the secret is right. Takes the same time whether the client id exists or not."""
    sealed = principal.secret_sealed if principal and principal.secret_sealed else services.sealer.decoy
    same = secrets.compare_digest(services.sealer.open(sealed).encode(), secret.encode())
    return same and principal is not None
