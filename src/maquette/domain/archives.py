"""A brand kit as a ZIP archive, packed while it is sent: never more in memory than a file or two."""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from maquette.domain.files import Files
from maquette.domain.pictures import SVG
from maquette.model.records import Asset, WholeKit
from maquette.model.text import fold

MANIFEST = "brand-kit.json"
CHUNK_BYTES = 256 * 1024

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", SVG: "svg"}
_EXTENSION = re.compile(r"\.(png|jpe?g|gif|webp|svg)$", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
"""Characters that some file system forbids, and bidi controls, with which a name can fake another extension."""

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with any extension."""

_STEM_LENGTH = 60
_FILE_MODE = 0o644 << 16
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive: its path in it, and its object key."""

    path: str
    asset: Asset
    key: str


def entries(files: Sequence[tuple[Asset, str]]) -> list[Entry]:
    """The entries of these files and object keys. Their paths are valid on every system, and unique without case."""
    taken: set[str] = set()
    return [Entry(_path(asset, taken), asset, key) for asset, key in files]


def manifest(kit: WholeKit, entries: Sequence[Entry]) -> bytes:
    """What `MANIFEST` holds: the kit's name, colours and typography, and what each file is, as JSON."""
    fonts = [
        {
            "font_id": font.id,
            "font_name": font.name,
            "font_size": font.size,
            "font_weight": font.weight,
            "type": font.kind,
        }
        for font in kit.typography
    ]
    files = [
        {
            "path": entry.path,
            "kind": entry.asset.kind.value,
            "name": entry.asset.name,
            "media_type": entry.asset.media_type,
            "width": entry.asset.width,
            "height": entry.asset.height,
        }
        for entry in entries
    ]
    return msgspec.json.encode({"name": kit.name, "colors": kit.colors, "typography": fonts, "files": files})


def stem(name: str) -> str:
    """A file's name without a picture's extension."""
    return _EXTENSION.sub("", name)


async def packed(files: Files, manifest: bytes, entries: Sequence[Entry], at_ms: int) -> AsyncIterator[bytes]:
    """The archive in chunks; the same input gives the same bytes. Raises as `Files.read` does."""
    out = _Chunks()
    with zipfile.ZipFile(out, "w") as archive:  # type: ignore[call-overload]  # all it calls are `write` and `flush`
        archive.writestr(_info(MANIFEST, at_ms, zipfile.ZIP_DEFLATED), manifest)
        for entry in entries:
            content = await files.read(entry.key)
            compression = zipfile.ZIP_DEFLATED if entry.asset.media_type == SVG else zipfile.ZIP_STORED
            await asyncio.to_thread(archive.writestr, _info(entry.path, entry.asset.created_at, compression), content)
            if out.size >= CHUNK_BYTES:
                yield out.drain()
    yield out.drain()


class _Chunks:
    """The file that the ZIP is written to: a buffer, drained whenever it holds a chunk."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """`ZipFile` calls it; there is nothing to flush."""

    def drain(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts, self.size = [], 0
        return whole


def _info(path: str, at_ms: int, compression: int) -> zipfile.ZipInfo:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    info = zipfile.ZipInfo(path, moment.timetuple()[:6])
    info.compress_type, info.external_attr, info.create_system = compression, _FILE_MODE, _UNIX
    return info


def _path(asset: Asset, taken: set[str]) -> str:
    """A path that isn't in `taken`, to which it is added: `logos/Name.svg`, `logos/Name-2.svg` …"""
    short = _UNSAFE.sub("-", stem(asset.name))[:_STEM_LENGTH].strip(". -") or asset.kind.value
    short = f"{short.partition('.')[0]}-{asset.kind.value}" if _DEVICE.fullmatch(short) else short
    number, extension = 1, ENDINGS[asset.media_type]
    while fold(path := f"{asset.kind.value}s/{short}{f'-{number}' if number > 1 else ''}.{extension}") in taken:
        number += 1
    taken.add(fold(path))
    return path
