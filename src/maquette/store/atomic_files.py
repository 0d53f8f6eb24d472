"""Writes a file whole or not at all, even across a power loss: beside its target, then renamed to it."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(target: Path, publish: Callable[[Path, Path], None] = os.replace) -> Iterator[Path]:
    """A path beside the target, for the block to write and sync; it then gets the target's name. Raises `OSError`."""
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        publish(partial, target)
        sync_folder(target.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents, for this user only. Raises `OSError`."""
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def make_file(file: Path) -> None:
    """Create the file, empty and for this user only, unless it exists. Raises `OSError`."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def write_once(target: Path, content: bytes) -> None:
    """Create a file that only this user may read, unless it exists. Raises `OSError`."""
    with atomic_write(target, _unless_exists) as partial:
        _write(partial, content)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _unless_exists(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)
    except OSError:  # it exists, or this file system has no links
        if not target.exists():
            partial.rename(target)
