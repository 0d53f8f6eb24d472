"""Whose credential is this, and when does a cached answer to that become invalid?"""

from collections.abc import Sequence

from msgspec import Struct

from maquette.model.clock import Clock
from maquette.model.errors import Unauthenticated
from maquette.store import credentials
from maquette.store.credentials import Principal as Principal
from maquette.store.database import Change, Database

FOREVER = 2**63


class Authentication(Struct, frozen=True):
    """Whose token it is, and when it expires, in milliseconds."""

    principal: Principal
    ends_at: int = FOREVER


class Identities:
    """Looks up live credentials. It caches none, but counts the changes that invalidate its callers' caches."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._epoch = database.epoch()
        self._changes = 0
        self._global_changes = 0
        self._workspace_changes: dict[int, int] = {}
        database.listen(self._note)

    def changes(self) -> int:
        """How often anybody's access may have changed, in any workspace and by any process."""
        epoch = self._database.epoch()
        if epoch != self._epoch:
            self._epoch = epoch
            self._changes += 1
            self._global_changes += 1
        return self._changes

    def generation(self, workspace: int) -> int:
        """A number that changes when anybody's access to the workspace may have changed."""
        self.changes()
        return self._global_changes + self._workspace_changes.get(workspace, 0)

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
                self._global_changes += 1
            else:
                self._workspace_changes[change.workspace] = self._workspace_changes.get(change.workspace, 0) + 1
