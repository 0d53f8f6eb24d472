"""A brand kit as a ZIP, packed while it is sent: never more in memory than a file or two."""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from maquette.domain.files import Files
from maquette.domain.pictures import SVG
from maquette.model.records import Asset
from maquette.model.text import fold

MANIFEST = "brand-kit.json"
CHUNK_BYTES = 256 * 1024

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", SVG: "svg"}
_ENDING = re.compile(r"\.(png|jpe?g|gif|webp|svg)$", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
"""What some system can't have in a name, and what makes it read as another, such as one with another ending."""

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for its devices, with any ending."""

_STEM_LENGTH = 60
_ZIP_FLAGS = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive: its path in there, and where it is kept."""

    path: str
    asset: Asset
    key: str


def entries(files: Sequence[tuple[Asset, str]]) -> list[Entry]:
    """The files, of which each key is known, with paths that no system stumbles over, each its own."""
    taken: set[str] = set()
    return [Entry(_path(asset, taken), asset, key) for asset, key in files]


def stem(name: str) -> str:
    """A file's name without the ending that says it's a picture."""
    return _ENDING.sub("", name)


async def packed(files: Files, manifest: bytes, entries: Sequence[Entry], at_ms: int) -> AsyncIterator[bytes]:
    """The archive in chunks, the same bytes every time. Raises as `Files.read` where a file isn't there."""
    out = _Chunks()
    with zipfile.ZipFile(out, "w") as archive:  # type: ignore[call-overload]  # it needs no more than it is given
        archive.writestr(_info(MANIFEST, at_ms, zipfile.ZIP_DEFLATED), manifest)
        for entry in entries:
            content = await files.read(entry.key)
            how = zipfile.ZIP_DEFLATED if entry.asset.media_type == SVG else zipfile.ZIP_STORED
            await asyncio.to_thread(archive.writestr, _info(entry.path, entry.asset.created_at, how), content)
            if out.size >= CHUNK_BYTES:
                yield out.drain()
    yield out.drain()


class _Chunks:
    """What a ZIP is written to: bytes that wait to be sent."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def drain(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts, self.size = [], 0
        return whole


def _info(path: str, at_ms: int, how: int) -> zipfile.ZipInfo:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    info = zipfile.ZipInfo(path, moment.timetuple()[:6])
    info.compress_type, info.external_attr, info.create_system = how, _ZIP_FLAGS, 3
    return info


def _path(asset: Asset, taken: set[str]) -> str:
    """`logos/Name.svg`, `logos/Name-2.svg` …"""
    short = _UNSAFE.sub("-", stem(asset.name))[:_STEM_LENGTH].strip(". -") or asset.kind.value
    short = f"{short.partition('.')[0]}-{asset.kind.value}" if _DEVICE.fullmatch(short) else short
    number, ending = 1, ENDINGS[asset.media_type]
    while fold(path := f"{asset.kind.value}s/{short}{f'-{number}' if number > 1 else ''}.{ending}") in taken:
        number += 1
    taken.add(fold(path))
    return path
