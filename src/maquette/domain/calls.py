"""Who called how often? Counted in memory, written in batches: by day, credential and dialect, and last use."""

import asyncio

from maquette.model.clock import DAY_MS
from maquette.store import credentials, usage
from maquette.store.database import Database, Transaction
from maquette.store.usage import Spender


class Calls:
    """The counts of this process that are not in the store yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[Spender, int] = {}
        self._used_at: dict[int, int] = {}
        self._flushing = asyncio.Lock()

    def count(self, workspace: int, credential: int, dialect: str, now_ms: int) -> None:
        """Note one admitted call."""
        spender = (workspace, now_ms - now_ms % DAY_MS, credential, dialect)
        self._counts[spender] = self._counts.get(spender, 0) + 1
        self._used_at[credential] = now_ms

    def uncount(self, workspace: int, credential: int, dialect: str, counted_at: int) -> None:
        """Take back a call that was counted at that moment."""
        spender = (workspace, counted_at - counted_at % DAY_MS, credential, dialect)
        self._counts[spender] = self._counts.get(spender, 0) - 1

    async def flush(self) -> None:
        """Write all that is counted; on failure it stays for the next time. Raises `Unavailable`.

        It goes on where its caller is cancelled, since a write that nobody waits for any more still counts.
        """
        await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        async with self._flushing:
            counts, self._counts = self._counts, {}
            used_at, self._used_at = self._used_at, {}

            async def body(tx: Transaction) -> None:
                await usage.add(tx, {spender: counts[spender] for spender in sorted(counts)})
                await credentials.mark_used(tx, dict(sorted(used_at.items())))

            if not counts:
                return
            try:
                await self._database.write(body)
            except BaseException:
                for spender, count in counts.items():
                    self._counts[spender] = self._counts.get(spender, 0) + count
                self._used_at = used_at | self._used_at
                raise
