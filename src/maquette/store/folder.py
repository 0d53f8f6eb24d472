"""Objects as files of a folder: each appears under its name only once it is complete and on the disk."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from maquette.model.errors import Unavailable
from maquette.store.atomic_files import make_folder, sync_folder

T = TypeVar("T")

PARTIAL = ".partial"


class Folder:
    """One file for each object, one folder for each workspace; safe beside other processes on the same folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, content: bytes) -> None:
        """Write beside the final name, sync, rename, and sync the folder: a crash leaves all of it or a `.partial`."""
        await _in_thread(lambda: self._write(self._root / key, content))

    async def get(self, key: str) -> bytes | None:
        """The file's bytes."""
        return await _in_thread(lambda: _read(self._root / key))

    async def delete(self, keys: Sequence[str]) -> None:
        """Unlink the files."""
        await _in_thread(lambda: self._unlink(keys))

    async def every(self) -> AsyncIterator[Sequence[str]]:
        """The names below the folder, workspace by workspace."""
        for workspace in await _in_thread(lambda: _names(self._root)):
            files = await _in_thread(lambda: _names(self._root / workspace))  # noqa: B023  # awaited at once
            yield [f"{workspace}/{name}" for name in files]

    def _write(self, file: Path, content: bytes) -> None:
        self._make(file.parent)
        partial = file.with_name(file.name + PARTIAL)
        try:
            with open(partial, "xb", opener=_for_us_alone) as handle:  # a path has no opener
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            partial.rename(file)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        sync_folder(file.parent)

    def _unlink(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self._root / key).unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        """Create the folder and its missing parents, and sync the parent of each, without which it isn't durable."""
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        make_folder(folder)
        for each in missing:
            sync_folder(each.parent)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []


def _for_us_alone(file: str, flags: int) -> int:
    return os.open(file, flags, 0o600)
