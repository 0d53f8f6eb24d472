"""Who holds this credential now, and how long may the answer be relied on?"""

from collections.abc import Sequence

from msgspec import Struct

from maquette.model.clock import Clock
from maquette.model.errors import Unauthenticated
from maquette.store import credentials
from maquette.store.credentials import Principal as Principal
from maquette.store.database import Change, Database

FOREVER = 2**63


class Authentication(Struct, frozen=True):
    """Who sent a token, and the millisecond at which it ends."""

    principal: Principal
    ends_at: int = FOREVER


class Identities:
    """Looks up live credentials. It keeps none, and counts the changes after which others must look theirs up again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._epoch = database.epoch()
        self._changes = 0
        self._everywhere = 0
        self._inside: dict[int, int] = {}
        database.listen(self._note)

    def changes(self) -> int:
        """How often somebody's access may have changed, wherever that was."""
        epoch = self._database.epoch()
        if epoch != self._epoch:
            self._epoch = epoch
            self._changes += 1
            self._everywhere += 1
        return self._changes

    def generation(self, workspace: int) -> int:
        """A number that changes when anybody's access to the workspace may have changed."""
        self.changes()
        return self._everywhere + self._inside.get(workspace, 0)

    async def by_key_hash(self, secret_hash: bytes) -> Principal:
        """Who holds the API key with this hash. Raises `Unauthenticated`."""
        return self._live(await self._database.read(lambda tx: credentials.by_hash(tx, secret_hash)))

    async def by_client_id(self, client_id: str) -> Principal:
        """Who holds the client pair with this clientId. Raises `Unauthenticated`."""
        return self._live(await self._database.read(lambda tx: credentials.by_client_id(tx, client_id)))

    def _live(self, principal: Principal | None) -> Principal:
        if principal is None:
            raise Unauthenticated
        expires_at = principal.credential.expires_at
        if expires_at is not None and expires_at <= self._clock.now_ms():
            raise Unauthenticated
        return principal

    def _note(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if not change.access:
                continue
            self._changes += 1
            if change.workspace is None:
                self._everywhere += 1
            else:
                self._inside[change.workspace] = self._inside.get(change.workspace, 0) + 1
