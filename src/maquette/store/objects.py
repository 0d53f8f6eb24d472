"""The interface of the object store, for bytes that are too big for rows: a folder, or a bucket that speaks S3.

An object is written once, under a key of its own, and never changed. It counts only if a row refers to its key.
"""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from maquette.model.ids import new_id

_KEY = re.compile(r"[0-9]+/([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(\.partial)?")


class WrongObjectStore(Exception):
    """The object store's address is wrong; the message says how to mend it."""


class ObjectStore(Protocol):
    """What both kinds of object store promise."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep the bytes under a new key: all of them, durably, or nothing. Raises `Unavailable`."""
        ...

    async def get(self, key: str) -> bytes | None:
        """The bytes of that key; None where there is no such object. Raises `Unavailable`."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete those of these objects that exist. Raises `Unavailable`."""
        ...

    def every(self) -> AsyncIterator[Sequence[str]]:
        """All keys, in batches, with those of interrupted writes. Raises `Unavailable`."""
        ...


def new_key(workspace: int, now_ms: int) -> str:
    """A new key, which contains the time."""
    return f"{workspace}/{new_id(now_ms)}"


def made_at(key: str) -> int | None:
    """When the key was made, in milliseconds; None for one that isn't ours."""
    found = _KEY.fullmatch(key)
    return int(found[1] + found[2], 16) if found else None


def open_object_store(*, url: str | None, folder: Path, owner: str) -> ObjectStore:
    """The bucket when a URL is given, else the folder; in both, the part that belongs to this owner alone.

    An owner may delete objects in its part that it doesn't know. Raises `WrongObjectStore`.
    """
    if url:
        from maquette.store.bucket import Bucket

        return Bucket.at(url, owner)
    from maquette.store.folder import Folder

    return Folder(folder / owner)
