"""When are the bytes of files stored and removed? Before a row refers to them, and after none does any more.

An interruption can thus leave an object without a row, which `sweep` removes, but never a row without its object.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.pictures import Picture
from maquette.model.clock import Clock
from maquette.model.errors import FileMissing, NotFound, Refusal, Unavailable
from maquette.store import assets
from maquette.store.assets import ObjectKeys as ObjectKeys
from maquette.store.database import Change, Database
from maquette.store.objects import ObjectStore, made_at, new_key

ORPHANED_AFTER_MS = 3_600_000
"""How old an object without a row must be to be removed: no upload takes that long."""

WARN_EVERY_MS = 60_000
FILE_MISSING = (
    "a file's record is there and its bytes are not: %s (was the database restored without its objects, or do servers"
    " that share it keep files in different folders?)"
)

log = logging.getLogger("maquette.files")


class Files:
    """Stores, reads and removes files; removals run in the background."""

    def __init__(self, database: Database, objects: ObjectStore, clock: Clock, sandbox: PictureSandbox) -> None:
        self.sandbox = sandbox
        self._database = database
        self._objects = objects
        self._clock = clock
        self._removals: set[asyncio.Task[None]] = set()
        self._warned_at: dict[str, int] = {}
        database.listen(self._follow)

    async def save(self, workspace: int, picture: Picture) -> ObjectKeys:
        """Store the picture and its thumbnail, before their row is written. Raises `Unavailable`."""
        now_ms = self._clock.now_ms()
        keys = ObjectKeys(new_key(workspace, now_ms), new_key(workspace, now_ms))
        await self._objects.put(keys.content, picture.content)
        await self._objects.put(keys.thumbnail, picture.thumbnail)
        return keys

    async def read(self, key: str) -> bytes:
        """The bytes of that key. Raises `NotFound` for a file removed meanwhile, `FileMissing`, `Unavailable`."""
        content = await self._objects.get(key)
        if content is None:
            raise await self._missing(key)
        return content

    async def discard(self, keys: ObjectKeys) -> None:
        """Remove what `save` stored, unless a row refers to it by now; where that fails, `sweep` will."""
        with suppress(Unavailable):
            await self._remove_unused((keys.content, keys.thumbnail))

    async def sweep(self) -> int:
        """Remove the objects that no row refers to and that are at least an hour old; returns how many."""
        before, swept = self._clock.now_ms() - ORPHANED_AFTER_MS, 0
        async for keys in self._objects.every():
            old = [key for key in keys if (at := made_at(key)) is not None and at <= before]
            swept += await self._remove_unused(old) if old else 0
        return swept

    async def close(self) -> None:
        """Wait for the removals under way, and close the sandbox."""
        await self.idle()
        self.sandbox.close()

    async def idle(self) -> None:
        """Return when no removal is under way."""
        while self._removals:
            await asyncio.wait(self._removals)

    async def _missing(self, key: str) -> Refusal:
        """The refusal for a missing object. If a row refers to it, warn, at most once a minute for each key."""
        if not await self._database.read(lambda tx: assets.used_keys(tx, [key])):
            return NotFound("asset")
        now_ms = self._clock.now_ms()
        if now_ms >= self._warned_at.get(key, 0) + WARN_EVERY_MS:
            self._warned_at = {known: at for known, at in self._warned_at.items() if now_ms < at + WARN_EVERY_MS} | {
                key: now_ms
            }
            log.warning(FILE_MISSING, key)
        return FileMissing(key)

    def _follow(self, changes: Sequence[Change]) -> None:
        dropped = [key for change in changes if change.dropped for key in change.dropped]
        if dropped:
            removal = asyncio.get_running_loop().create_task(self._remove(dropped))
            self._removals.add(removal)
            removal.add_done_callback(self._removals.discard)

    async def _remove_unused(self, keys: Sequence[str]) -> int:
        used = await self._database.read(lambda tx: assets.used_keys(tx, keys))
        unused = [key for key in keys if key not in used]
        await self._remove(unused)
        return len(unused)

    async def _remove(self, keys: Sequence[str]) -> None:
        try:
            await self._objects.delete(keys)
        except Unavailable as error:
            log.warning("%d objects stay until the next sweep: %s", len(keys), error)
