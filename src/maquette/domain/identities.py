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


class Identities:
    """The live credentials, as this process knows them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_hash: dict[bytes, Holder] = {}
        self._by_client: dict[str, Holder] = {}
        self._epoch = database.epoch()
        self._generation = 0
        database.listen(self._forget_on)

    def generation(self) -> int:
        """A number that differs when what was known of anybody's access may be over."""
        epoch = self._database.epoch()
        if epoch != self._epoch:
            self._epoch = epoch
            self._forget()
        return self._generation

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
        kept: dict[K, Holder],
        name: K,
        look_up: Callable[[Transaction, K], Coroutine[Any, Any, Holder | None]],
    ) -> Holder:
        generation = self.generation()
        found = kept.get(name)
        if found is None:
            found = await self._database.read(lambda tx: look_up(tx, name))
            if found is None:
                raise Unauthenticated
            if len(kept) >= MOST:
                kept.clear()
            if generation == self._generation:  # else what was read may already be old
                kept[name] = found
        return self._unexpired(found)

    def _unexpired(self, holder: Holder) -> Holder:
        expires_at = holder.credential.expires_at
        if expires_at is not None and expires_at <= self._clock.now_ms():
            raise Unauthenticated
        return holder

    def _forget_on(self, change: Change) -> None:
        if change.access:
            self._forget()

    def _forget(self) -> None:
        self._generation += 1
        self._by_hash.clear()
        self._by_client.clear()
