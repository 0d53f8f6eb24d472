"""Uploads and downloads of files, for every dialect. Downloads carry headers that keep browsers from running them."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from maquette.domain import archives, assets
from maquette.domain.archives import Entry
from maquette.domain.assets import AssetDraft
from maquette.domain.files import Files, ObjectKeys
from maquette.domain.pictures import MEDIA_TYPES, PNG, SVG, UPLOAD_BYTES, Picture
from maquette.model.errors import Refusal, TooLarge, Unavailable
from maquette.model.records import Asset, AssetKind, WholeKit
from maquette.wire.call import Answer, Body, Call
from maquette.wire.etag import etag
from maquette.wire.input import Upload

ZIP = "application/zip"
CONTENT_TYPES = MEDIA_TYPES
THUMBNAIL_TYPES = (PNG,)
"""The media types that a file and its thumbnail can be sent with."""

SANDBOX_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Whatever type a browser takes the bytes for, it runs and loads nothing."""

SENDS = ("Content-Disposition", "Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy")
"""The headers particular to a download, as a route declares them."""

Located = Body[tuple[Asset, ObjectKeys]]


async def receive_upload(
    request: Call,
    kit: int | str,
    kind: AssetKind,
    upload: Upload,
    render: Callable[[Asset], bytes],
    *,
    name: str | None = None,
    status: int = 200,
    location: Callable[[Asset], str] | None = None,
) -> Answer[Any]:
    """Add an uploaded file to a kit: its bytes are stored first, then the row that names them (decision 11).

    A replay is answered, and the caller's permission and the kit's capacity are checked, before any work is put into
    the file. Raises as `assets.add`, `examine` and `Files.save` do, and `TooLarge`.
    """
    if len(upload.content) > UPLOAD_BYTES:
        raise TooLarge(UPLOAD_BYTES)
    allowed = partial(assets.require_capacity, actor=request.actor, kit=kit, kind=kind)
    if (replayed := await request.replay(allowed)) is not None:
        return replayed
    kept_name, now_ms = assets.named(name, upload.filename, kind), request.now_ms
    await request.read(allowed)
    picture, keys = await _examine_and_save(request, upload)
    draft = AssetDraft(kind, kept_name, picture, keys)
    write = request.write(
        lambda tx: assets.add(tx, request.actor, kit, draft, now_ms=now_ms),
        render,
        status=status,
        location=location,
    )
    return await _discarding_unused(request.services.files, keys, write)


async def _examine_and_save(request: Call, upload: Upload) -> tuple[Picture, ObjectKeys]:
    """Decode the file in the sandbox and store the picture. From here on the upload no longer holds its content."""
    files, workspace = request.services.files, request.actor.workspace
    picture = await files.sandbox.examine(upload.take(), workspace)
    return picture, await files.save(workspace, picture)


async def _discarding_unused(files: Files, keys: ObjectKeys, write: Awaitable[Answer[Any]]) -> Answer[Any]:
    """Await the write of the row, and discard the stored bytes if no row names them: after a refusal or a replay."""
    try:
        answer = await write
    except Refusal as refusal:
        if not isinstance(refusal, Unavailable):  # the row may have been written: `Files.sweep` decides later
            await files.discard(keys)
        raise
    if answer.is_replayed:
        await files.discard(keys)
    return answer


async def send_content(request: Call, located: Located) -> Answer[bytes]:
    """The file's content."""
    asset, keys = await request.read(located)
    return await _download(request, keys.content, asset.media_type, _filename(asset), etag(asset.id.encode()))


async def send_thumbnail(request: Call, located: Located) -> Answer[bytes]:
    """The file's thumbnail."""
    asset, keys = await request.read(located)
    name = f"{archives.stem(asset.name)}-thumbnail.png"
    return await _download(request, keys.thumbnail, PNG, name, etag(f"{asset.id} thumbnail".encode()))


async def send_archive(
    request: Call, kit: int | str, manifest: Callable[[WholeKit, Sequence[Entry]], bytes]
) -> Answer[bytes]:
    """The kit with its files as a streamed ZIP. The first part is made in advance, so early errors are refusals."""
    whole, files = await request.read(lambda tx: assets.whole(tx, request.actor, kit))
    entries = archives.entries([(asset, keys.content) for asset, keys in files])
    about = manifest(whole, entries)
    tag = etag(about + "".join(entry.key for entry in entries).encode())
    headers = {"etag": tag, "content-disposition": _disposition("attachment", f"{whole.name}.zip"), **SANDBOX_HEADERS}
    if request.client_has(tag):
        return Answer(b"", status=304, headers=headers)
    parts = archives.packed(request.services.files, about, entries, whole.updated_at)
    return Answer(b"", headers=headers, media_type=ZIP, parts=_prepended(await anext(parts), parts))


async def _download(request: Call, key: str, media_type: str, name: str, tag: str) -> Answer[bytes]:
    disposition = "attachment" if media_type == SVG else "inline"
    headers = {"etag": tag, "content-disposition": _disposition(disposition, name), **SANDBOX_HEADERS}
    if request.client_has(tag):
        return Answer(b"", status=304, headers=headers)
    return Answer(await request.services.files.read(key), headers=headers, media_type=media_type)


async def _prepended(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for part in rest:
        yield part


def _filename(asset: Asset) -> str:
    """Its name with the extension of its media type, so that no picture is saved as, say, an HTML page."""
    ending = archives.ENDINGS[asset.media_type]
    spellings = (".jpg", ".jpeg") if ending == "jpg" else f".{ending}"
    return asset.name if asset.name.lower().endswith(spellings) else f"{asset.name}.{ending}"


def _disposition(kind: str, name: str) -> str:
    """A `Content-Disposition` (RFC 6266). The name is percent-encoded: any script works, no header injection does."""
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
