"""Who called how often? Counted in memory by day, credential and dialect, and written in batches with the last use."""

import asyncio

from maquette.model.clock import DAY_MS
from maquette.model.errors import Uncertain
from maquette.store import credentials, usage
from maquette.store.database import Database, Transaction
from maquette.store.usage import Spender

BATCH_SIZE = 500
"""How many counts are written in one transaction, at most, so that it doesn't block other writers for long."""


class CallCounter:
    """The counts of this process that are still to be written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[Spender, int] = {}
        self._used_at: dict[int, int] = {}
        self._flush_lock = asyncio.Lock()

    def count(self, workspace: int, credential: int, dialect: str, now_ms: int) -> None:
        """Count one admitted call."""
        spender = (workspace, now_ms - now_ms % DAY_MS, credential, dialect)
        self._counts[spender] = self._counts.get(spender, 0) + 1
        self._used_at[credential] = now_ms

    def uncount(self, workspace: int, credential: int, dialect: str, counted_at: int) -> None:
        """Take back a call that was counted at that moment."""
        spender = (workspace, counted_at - counted_at % DAY_MS, credential, dialect)
        self._counts[spender] = self._counts.get(spender, 0) - 1

    async def flush(self) -> None:
        """Write all counts. Those that were certainly not written stay for the next flush. Raises `Unavailable`.

        It runs to its end even if the caller is cancelled, so that it is known which counts were written.
        """
        await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        async with self._flush_lock:
            counts, self._counts = self._counts, {}
            used_at, self._used_at = self._used_at, {}
            spenders = sorted(counts)
            try:
                for start in range(0, len(spenders), BATCH_SIZE):
                    some = {spender: counts.pop(spender) for spender in spenders[start : start + BATCH_SIZE]}
                    await self._write_some(some, used_at)
            except BaseException:
                self._keep(counts)
                self._used_at = used_at | self._used_at
                raise

    async def _write_some(self, counts: dict[Spender, int], used_at: dict[int, int]) -> None:
        try:
            await self._write(counts, used_at)
        except BaseException as error:
            if not isinstance(error, Uncertain):  # else they may have been written: rather lost than counted twice
                self._keep(counts)
            raise

    def _keep(self, counts: dict[Spender, int]) -> None:
        for spender, count in counts.items():
            self._counts[spender] = self._counts.get(spender, 0) + count

    async def _write(self, counts: dict[Spender, int], used_at: dict[int, int]) -> None:
        credentials_used = sorted({credential for _, _, credential, _ in counts})

        async def body(tx: Transaction) -> None:
            await usage.add(tx, counts)
            await credentials.mark_used(tx, {used: used_at[used] for used in credentials_used if used in used_at})

        await self._database.write(body)
