"""How does a file come to be there whole or not at all, after a power loss too? Written apart, then given its name."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(target: Path, give: Callable[[Path, Path], None] = os.replace) -> Iterator[Path]:
    """A path beside the target to write to; at the end, what is there is given the target's name. Raises `OSError`."""
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        give(partial, target)
        _sync(target.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it that are missing, for this user alone. Raises `OSError`."""
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def make_file(file: Path) -> None:
    """Make the file, empty, for this user alone, where it is missing. Raises `OSError`."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def write_once(target: Path, content: bytes) -> None:
    """Make a file that this user alone may read, unless somebody was faster. Raises `OSError`."""
    with atomic_write(target, _unless_there) as partial:
        _write(partial, content)


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _unless_there(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)
    except OSError:  # it's there, or this file system has no links
        if not target.exists():
            partial.rename(target)


def _sync(folder: Path) -> None:
    """Put the folder's list of names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
