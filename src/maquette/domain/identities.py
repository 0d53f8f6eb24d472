"""Who holds this credential now? Answered from memory until something that could change the answer is written."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from msgspec import Struct

from maquette.model.clock import Clock
from maquette.model.errors import Unauthenticated
from maquette.store import credentials
from maquette.store.credentials import Holder as Holder
from maquette.store.database import Change, Database, Transaction

K = TypeVar("K")

FOREVER = 2**63
MOST = 100_000
"""Identities kept in memory; past that, all are looked up anew."""


class Bearer(Struct, frozen=True):
    """Who sent a token, and the millisecond at which it ends."""

    holder: Holder
    ends_at: int = FOREVER


class _Kept(Struct, frozen=True):
    """A holder, as of that generation of their workspace."""

    holder: Holder
    generation: int


class Identities:
    """The live credentials, as this process knows them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_hash: dict[bytes, _Kept] = {}
        self._by_client: dict[str, _Kept] = {}
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
        """A number that differs when what was known of anybody's access to the workspace may be over."""
        self.changes()
        return self._everywhere + self._inside.get(workspace, 0)

    async def by_key_hash(self, secret_hash: bytes) -> Holder:
        """Who holds the API key with this hash. Raises `Unauthenticated`."""
        return await self._found(self._by_hash, secret_hash, credentials.by_hash)

    async def by_client_id(self, client_id: str) -> Holder:
        """Who holds the client pair with this clientId. Raises `Unauthenticated`."""
        return await self._found(self._by_client, client_id, credentials.by_client_id)

    async def by_client_id_anew(self, client_id: str) -> Holder:
        """The same, asked of the store each time: how long it takes doesn't tell whether there is such a pair."""
        found = await self._database.read(lambda tx: credentials.by_client_id(tx, client_id))
        if found is None:
            raise Unauthenticated
        return self._unexpired(found)

    async def _found(
        self,
        kept: dict[K, _Kept],
        name: K,
        look_up: Callable[[Transaction, K], Coroutine[Any, Any, Holder | None]],
    ) -> Holder:
        before = self.changes()
        known = kept.get(name)
        if known is not None and known.generation == self.generation(known.holder.credential.workspace):
            return self._unexpired(known.holder)
        found = await self._database.read(lambda tx: look_up(tx, name))
        if found is None:
            raise Unauthenticated
        if len(kept) >= MOST:
            kept.clear()
        if before == self.changes():  # else what was read may already be old
            kept[name] = _Kept(found, self.generation(found.credential.workspace))
        return self._unexpired(found)

    def _unexpired(self, holder: Holder) -> Holder:
        expires_at = holder.credential.expires_at
        if expires_at is not None and expires_at <= self._clock.now_ms():
            raise Unauthenticated
        return holder

    def _note(self, change: Change) -> None:
        if not change.access:
            return
        self._changes += 1
        if change.workspace is None:
            self._everywhere += 1
        else:
            self._inside[change.workspace] = self._inside.get(change.workspace, 0) + 1
