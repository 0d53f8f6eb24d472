"""Identifies callers, cached by their `Authorization` header until access to their workspace may have changed."""

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
"""How many callers are cached. At the limit, the whole cache is cleared."""

MAX_PER_CREDENTIAL = 16
"""Per credential: whoever signs their own tokens can make any number of them, and must not evict other callers."""


class Caller(Struct, frozen=True):
    """An identified caller, with everything that is the same for all their calls."""

    principal: Principal
    ends_at: int
    """When their credential or token expires, whichever is first, in milliseconds."""
    admission_request: AdmissionRequest
    generation: int
    """`Identities.generation` of the workspace when they were looked up; once it has changed, this entry is stale."""
    cache_partition: CachePartition
    """Callers with an equal partition share cached responses.

    It is the workspace and the dialect, and also the user for a member, and the credential for a key with grants.
    """
    scope: Scope

    def actor(self, address: str, request_id: str) -> Actor:
        """The caller as the actor of one call."""
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
    """Identifies the callers of one dialect, with a cache in this process."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self._dialect = dialect
        self._services = services
        self._identities = services.identities
        self._clock = services.clock
        self._known: dict[bytes, Caller] = {}
        self._tokens: dict[int, list[bytes]] = {}
        """The keys of `_known` by credential, the oldest first."""

    def known(self, authorization: bytes, now_ms: int) -> Caller | None:
        """The cached caller for this header, unless the entry is expired or stale."""
        caller = self._known.get(_digest(authorization))
        if caller is None or caller.ends_at <= now_ms:
            return None
        return caller if caller.generation == self._identities.generation(caller.admission_request.workspace) else None

    async def identify(self, authorization: bytes) -> Caller:
        """Look up the caller for this header, and cache them. Raises `Unauthenticated`."""
        kind, _, token = authorization.decode("latin-1").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token.isascii() or not token:
            raise Unauthenticated
        changes_before = self._identities.changes()
        authentication = await self._dialect.identify(self._services, token)
        caller = self._caller(authentication)
        if caller.ends_at <= self._clock.now_ms():
            raise Unauthenticated
        # Extra blanks would allow any number of spellings of one token, each with an entry of its own.
        is_canonical = authorization == f"{kind} {token}".encode()
        if is_canonical and changes_before == self._identities.changes():  # else the look-up may be stale already
            self._remember(_digest(authorization), caller)
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        """Cache the caller, evicting the oldest token of the same credential if it has too many."""
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
    """The cache key for a header: its hash, so that no token stays in memory."""
    return hashlib.blake2b(authorization).digest()
