"""A disk that fails on demand, and that forgets on a power loss whatever was not synced: an apsw VFS over the real one.

A plan says of every opening, write, truncation, sync and deletion whether it fails, and how.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import apsw

BASE = apsw.vfs_names()[0]
SECTOR = 512
CHANGES = "write truncate sync delete"

Failure = type[apsw.FullError | apsw.IOError]
Plan = Callable[[str], Failure | None]
"""Which failure the next operation of a kind (open, write, truncate, sync, delete) has, if any."""


@dataclass
class _Image:
    """What a file surely holds after a power loss, and the writes that it may or may not hold."""

    durable: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, data in self.pending:
            _write(self.durable, offset, data)
        self.pending.clear()

    def after_power_loss(self, chance: random.Random, survival: float) -> bytearray:
        content = bytearray(self.durable)
        for offset, data in self.pending:
            for start, piece in _sectors(offset, data):
                if chance.random() < survival:
                    _write(content, start, piece)
        return content


class Disk(apsw.VFS):
    """The machine's disk, but for its faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.plan: Plan | None = None
        self.operations = 0
        self.failures = 0
        self._images: dict[str, _Image] = {}
        super().__init__(name, BASE)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._count("delete")
        self._images.pop(filename, None)
        super().xDelete(filename, syncdir)

    def fail_at(self, number: int, failure: Failure, *, kinds: str = CHANGES, lasting: bool) -> None:
        """Let the operation of that number, counted among those kinds, fail, and all later ones too if it lasts."""
        self.operations = self.failures = 0

        def plan(kind: str) -> Failure | None:
            if kind not in kinds:
                return None
            self.operations += 1
            return failure if self.operations == number or (lasting and self.operations > number) else None

        self.plan = plan

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.plan = None

    def restart_after_power_loss(self, folder: Path, into: Path, chance: random.Random, survival: float) -> None:
        """Write to a folder what is found in another after the restart; of unsynced sectors that share survives."""
        for path, image in self._images.items():
            if Path(path).parent == folder:
                (into / Path(path).name).write_bytes(image.after_power_loss(chance, survival))

    def opened(self, path: str) -> None:
        """Begin to follow a file. Raises the planned failure."""
        self._count("open")
        if path not in self._images:
            file = Path(path)
            self._images[path] = _Image(bytearray(file.read_bytes() if file.exists() else b""))

    def perform(self, kind: str, path: str, offset: int = 0, data: bytes | None = None) -> None:
        """Note what an operation does to the file. Raises the planned failure."""
        self._count(kind)
        image = self._images[path]
        if kind == "sync":
            image.sync()
        else:
            image.pending.append((offset, data))

    def _count(self, kind: str) -> None:
        failure = self.plan(kind) if self.plan else None
        if failure is not None:
            self.failures += 1
            raise failure(f"this {kind} was made to fail")


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        disk.opened(self._path)
        super().__init__(BASE, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        try:
            self._disk.perform("write", self._path, offset, bytes(data))
        except (apsw.FullError, apsw.IOError):
            super().xWrite(bytes(data)[: len(data) // 2], offset)  # a failing write may have been half done
            raise
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.perform("truncate", self._path, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.perform("sync", self._path)
        super().xSync(flags)


def _write(content: bytearray, offset: int, data: bytes | None) -> None:
    content.extend(bytes(max(0, offset - len(content))))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


def _sectors(offset: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
    """A write as the disk does it: sector by sector."""
    if data is None:
        return [(offset, None)]
    return [(offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]
