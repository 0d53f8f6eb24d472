"""Uploads and downloads of files, for every dialect and for the console's pages.

Downloads carry headers that keep browsers from running them.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from maquette.domain import archives, assets
from maquette.domain.assets import AssetDraft
from maquette.domain.files import Files, ObjectKeys
from maquette.domain.pictures import MEDIA_TYPES, PNG, SVG, UPLOAD_BYTES
from maquette.domain.services import Services
from maquette.model.actor import Actor
from maquette.model.errors import Refusal, TooLarge, Unavailable
from maquette.model.records import Asset, AssetKind
from maquette.wire.call import Answer, Body, Call
from maquette.wire.etag import etag, is_fresh
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

T = TypeVar("T")


class Request(Protocol):
    """What an API's call and a visit to a page have in common."""

    services: Services
    headers: Mapping[bytes, bytes]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        ...

    @property
    def now_ms(self) -> int:
        """The current time in milliseconds."""
        ...

    async def refresh(self) -> None:
        """Identify the caller again if that may be out of date. Raises `Unauthenticated`."""
        ...

    async def read(self, body: Body[T]) -> T:
        """Run a verb that only reads."""
        ...


Located = Body[tuple[Asset, ObjectKeys]]


async def add_upload(
    request: Request,
    kit: int | str,
    kind: AssetKind,
    upload: Upload,
    *,
    name: str | None = None,
    write: Callable[[Body[Asset]], Awaitable[Asset]],
) -> Asset:
    """Add an uploaded file to a kit: its bytes are stored first, then the row that names them (decision 11).

    The caller's permission and the kit's capacity are checked before any work is put into the file. The row is
    written by `write`, such as `Visit.write_once`. Raises as it, `assets.add`, `examine` and `Files.save` do, and
    `TooLarge`.
    """
    _require_size(upload)
    now_ms = request.now_ms
    draft = await _store(request, kit, kind, upload, name)
    written = write(lambda tx: assets.add(tx, request.actor, kit, draft, now_ms=now_ms))
    return await _discarding_unused(request.services.files, draft.keys, written)


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
    """The same for an API's call: once per `Idempotency-Key`, and answered as `Call.write` does.

    A replay is answered before any work is put into the file. Raises as `add_upload` does.
    """
    _require_size(upload)
    replayed = await request.replay(lambda tx: assets.require_capacity(tx, request.actor, kit, kind))
    if replayed is not None:
        return replayed
    services, now_ms = request.services, request.now_ms
    draft = await _store(request, kit, kind, upload, name)
    write = request.write(
        lambda tx: assets.add(tx, request.actor, kit, draft, now_ms=now_ms),
        render,
        status=status,
        location=location,
    )
    answer = await _discarding_unused(services.files, draft.keys, write)
    if answer.is_replayed:
        await services.files.discard(draft.keys)
    return answer


def _require_size(upload: Upload) -> None:
    if len(upload.content) > UPLOAD_BYTES:
        raise TooLarge(UPLOAD_BYTES)


async def _store(request: Request, kit: int | str, kind: AssetKind, upload: Upload, name: str | None) -> AssetDraft:
    """Decode the file in the sandbox and store the picture. From here on the upload no longer holds its content."""
    kept_name = assets.named(name, upload.filename, kind)
    await request.read(lambda tx: assets.require_capacity(tx, request.actor, kit, kind))
    files, workspace = request.services.files, request.actor.workspace
    picture = await files.sandbox.examine(upload.take(), workspace)
    await request.refresh()  # others' pictures may have had their turn first
    return AssetDraft(kind, kept_name, picture, await files.save(workspace, picture))


async def _discarding_unused(files: Files, keys: ObjectKeys, write: Awaitable[T]) -> T:
    """Await the write of the row; if it is refused, discard the stored bytes, which no row names."""
    try:
        return await write
    except Refusal as refusal:
        if not isinstance(refusal, Unavailable):  # the row may have been written: `Files.sweep` decides later
            await files.discard(keys)
        raise


async def send_content(request: Request, located: Located) -> Answer[bytes]:
    """The file's content."""
    asset, keys = await request.read(located)
    return await _download(request, keys.content, asset.media_type, _filename(asset), etag(asset.id.encode()))


async def send_thumbnail(request: Request, located: Located) -> Answer[bytes]:
    """The file's thumbnail."""
    asset, keys = await request.read(located)
    name = f"{archives.stem(asset.name)}-thumbnail.png"
    return await _download(request, keys.thumbnail, PNG, name, etag(f"{asset.id} thumbnail".encode()))


async def send_archive(request: Request, kit: int | str) -> Answer[bytes]:
    """The kit with its files as a streamed ZIP. The first part is made in advance, so early errors are refusals."""
    whole, files = await request.read(lambda tx: assets.whole(tx, request.actor, kit))
    entries = archives.entries([(asset, keys.content) for asset, keys in files])
    manifest = archives.manifest(whole, entries)
    tag = etag(manifest + "".join(entry.key for entry in entries).encode())
    headers = {"etag": tag, "content-disposition": _disposition("attachment", f"{whole.name}.zip"), **SANDBOX_HEADERS}
    if _client_has(request, tag):
        return Answer(b"", status=304, headers=headers)
    parts = archives.packed(request.services.files, manifest, entries, whole.updated_at)
    return Answer(b"", headers=headers, media_type=ZIP, parts=_prepended(await anext(parts), parts))


async def _download(request: Request, key: str, media_type: str, name: str, tag: str) -> Answer[bytes]:
    disposition = "attachment" if media_type == SVG else "inline"
    headers = {"etag": tag, "content-disposition": _disposition(disposition, name), **SANDBOX_HEADERS}
    if _client_has(request, tag):
        return Answer(b"", status=304, headers=headers)
    return Answer(await request.services.files.read(key), headers=headers, media_type=media_type)


def _client_has(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names this entity tag."""
    if_none_match = request.headers.get(b"if-none-match")
    return if_none_match is not None and is_fresh(if_none_match.decode("latin-1"), tag)


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
