"""Who is calling? Those who have called before are known by their header, until anybody's access changes."""

import hashlib

from msgspec import Struct

from maquette.domain.admission import AdmissionRequest
from maquette.domain.identities import FOREVER, Authentication, Principal
from maquette.domain.services import Services
from maquette.model.actor import Actor, Role, Scope
from maquette.model.errors import Unauthenticated
from maquette.wire.dialect import Dialect

CachePartition = tuple[int, int, int, str]

MAX_CALLERS = 100_000
"""How many callers are kept in memory; beyond that, all are forgotten and looked up again."""

MAX_PER_CREDENTIAL = 16
"""Of one credential: whoever signs their own tokens can make any number, and shall push nobody else out."""


class Caller(Struct, frozen=True):
    """A caller who was identified, with all that their calls have in common."""

    principal: Principal
    ends_at: int
    """When their credential or token ends, in milliseconds."""
    admission_request: AdmissionRequest
    generation: int
    """That of `Identities` when they were looked up: once it has moved on, they are looked up again."""
    cache_partition: CachePartition
    """Who shares cached responses with them: the workspace; a member has their own, and so has a key with grants."""
    scope: Scope

    def actor(self, address: str, request_id: str) -> Actor:
        """The caller as the actor of one call, from that address."""
        credential = self.principal.credential
        return Actor(
            workspace=credential.workspace,
            user=credential.user,
            role=self.principal.role,
            scope=self.scope,
            grants=credential.grants,
            credential=credential.serial,
            address=address,
            request_id=request_id,
            user_id=credential.user_id,
        )


class Callers:
    """The callers of one dialect, as this process knows them."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self._dialect = dialect
        self._services = services
        self._identities = services.identities
        self._clock = services.clock
        self._known: dict[bytes, Caller] = {}
        self._tokens: dict[int, list[bytes]] = {}
        """By credential, the oldest first."""

    def known(self, authorization: bytes, now_ms: int) -> Caller | None:
        """Who sends this header now, as far as memory can tell."""
        caller = self._known.get(_digest(authorization))
        if caller is None or caller.ends_at <= now_ms:
            return None
        return caller if caller.generation == self._identities.generation(caller.admission_request.workspace) else None

    async def identify(self, authorization: bytes) -> Caller:
        """Who sends this header. Raises `Unauthenticated`."""
        kind, _, token = authorization.decode("latin-1").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token.isascii() or not token:
            raise Unauthenticated
        before = self._identities.changes()
        authentication = await self._dialect.identify(self._services, token)
        caller = self._caller(authentication)
        if caller.ends_at <= self._clock.now_ms():
            raise Unauthenticated
        is_plain = authorization == f"{kind} {token}".encode()  # one token could be spelled in any number of ways
        if is_plain and before == self._identities.changes():  # else it may already be over
            self._remember(_digest(authorization), caller)
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        """In place of its credential's oldest token, where there are many of it."""
        if len(self._known) >= MAX_CALLERS:
            self._known.clear()
            self._tokens.clear()
        tokens = self._tokens.setdefault(caller.principal.credential.serial, [])
        if digest not in tokens:
            tokens.append(digest)
        if len(tokens) > MAX_PER_CREDENTIAL:
            self._known.pop(tokens.pop(0), None)
        self._known[digest] = caller

    def _caller(self, authentication: Authentication) -> Caller:
        principal, credential = authentication.principal, authentication.principal.credential
        return Caller(
            principal=principal,
            ends_at=min(authentication.ends_at, FOREVER if credential.expires_at is None else credential.expires_at),
            admission_request=AdmissionRequest(
                workspace=credential.workspace,
                credential=credential.serial,
                dialect=self._dialect.name,
                plan=principal.plan,
                burst=self._dialect.burst(principal.plan),
            ),
            generation=self._identities.generation(credential.workspace),
            cache_partition=(
                credential.workspace,
                credential.user if principal.role is Role.MEMBER else 0,
                credential.serial if credential.grants is not None else 0,
                self._dialect.name,
            ),
            scope=Scope(credential.scope),
        )


def _digest(authorization: bytes) -> bytes:
    """What a header is remembered by."""
    return hashlib.blake2b(authorization).digest()
