"""Who holds this credential now? Answered from memory until something that could change the answer is written."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from maquette.model.clock import Clock
from maquette.model.errors import Unauthenticated
from maquette.store import credentials
from maquette.store.credentials import Holder as Holder
from maquette.store.database import Change, Database, Transaction

K = TypeVar("K")
V = TypeVar("V")

MOST = 100_000
"""Identities kept in memory; past that, all are looked up anew."""


class Identities:
    """The live credentials, as this process knows them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_hash: dict[bytes, Holder] = {}
        self._by_client: dict[str, Holder] = {}
        self._by_token: dict[bytes, tuple[Holder, int]] = {}
        self._epoch = database.epoch()
        self._forgotten = 0
        database.listen(self._forget_on)

    def known(self, secret_hash: bytes) -> Holder | None:
        """Who holds the API key with this hash, as far as memory can tell. Raises `Unauthenticated`."""
        self._follow()
        found = self._by_hash.get(secret_hash)
        return None if found is None else self._unexpired(found)

    async def by_key_hash(self, secret_hash: bytes) -> Holder:
        """Who holds the API key with this hash. Raises `Unauthenticated`."""
        known = self.known(secret_hash)
        if known is not None:
            return known
        return self._unexpired(await self._looked_up(self._by_hash, secret_hash, credentials.by_hash))

    async def by_client_id(self, client_id: str) -> Holder:
        """Who holds the client pair with this clientId. Raises `Unauthenticated`."""
        self._follow()
        found = self._by_client.get(client_id)
        if found is None:
            found = await self._looked_up(self._by_client, client_id, credentials.by_client_id)
        return self._unexpired(found)

    async def by_client_id_anew(self, client_id: str) -> Holder:
        """The same, asked of the store each time: how long it takes doesn't tell whether there is such a pair."""
        found = await self._database.read(lambda tx: credentials.by_client_id(tx, client_id))
        if found is None:
            raise Unauthenticated
        return self._unexpired(found)

    async def by_token(self, token: str, verify: Callable[[], Awaitable[tuple[Holder, int]]]) -> Holder:
        """Who holds a signed token that `verify` accepts until some millisecond; it's asked once for each token."""
        self._follow()
        digest = hashlib.sha256(token.encode()).digest()
        holder, ends_at = self._by_token.get(digest) or await self._verified(digest, verify)
        if ends_at <= self._clock.now_ms():
            raise Unauthenticated
        return self._unexpired(holder)

    async def _verified(self, digest: bytes, verify: Callable[[], Awaitable[tuple[Holder, int]]]) -> tuple[Holder, int]:
        forgotten = self._forgotten
        found = await verify()
        self._keep(self._by_token, digest, found, forgotten)
        return found

    async def _looked_up(
        self,
        kept: dict[K, Holder],
        name: K,
        look_up: Callable[[Transaction, K], Awaitable[Holder | None]],
    ) -> Holder:
        forgotten = self._forgotten
        found = await self._database.read(lambda tx: look_up(tx, name))
        if found is None:
            raise Unauthenticated
        self._keep(kept, name, found, forgotten)
        return found

    def _keep(self, kept: dict[K, V], name: K, found: V, forgotten: int) -> None:
        if len(kept) >= MOST:
            kept.clear()
        if forgotten == self._forgotten:  # else what was read may already be old
            kept[name] = found

    def _unexpired(self, holder: Holder) -> Holder:
        expires_at = holder.credential.expires_at
        if expires_at is not None and expires_at <= self._clock.now_ms():
            raise Unauthenticated
        return holder

    def _follow(self) -> None:
        epoch = self._database.epoch()
        if epoch != self._epoch:
            self._epoch = epoch
            self._forget()

    def _forget_on(self, change: Change) -> None:
        if change.access:
            self._forget()

    def _forget(self) -> None:
        self._forgotten += 1
        self._by_hash.clear()
        self._by_client.clear()
        self._by_token.clear()
