"""Was this answered before, and is that still true? Whole responses kept for one version of their workspace."""

from collections.abc import Iterable

from litestar.types import HTTPScope
from msgspec import Struct

from maquette.domain.versions import Versions
from maquette.wire.callers import CachePartition, Caller
from maquette.wire.etag import etag, is_fresh
from maquette.wire.reply import Header, Reply
from maquette.wire.scope import base_of

CacheKey = tuple[CachePartition, str, str, bytes]

MAX_CACHE_BYTES = 32 * 1024 * 1024
ENTRY_COST = 400
"""About how many bytes an entry takes beside its texts."""


class CachedResponse(Struct, frozen=True):
    """A 200 to a GET, as it was sent: its headers but for those about quota, and its tag."""

    version: int
    body: bytes
    tag: bytes
    headers: tuple[Header, ...]
    description: tuple[Header, ...]
    """The body's type and length."""

    @classmethod
    def of(cls, reply: Reply, version: int) -> "CachedResponse":
        """What is to be kept of an answer; it gets its tag."""
        tag = etag(reply.body).encode()
        return cls(version, reply.body, tag, (*reply.headers, (b"etag", tag)), tuple(reply.description()))

    def reply(self, if_none_match: bytes | None, quota: Iterable[Header] = ()) -> Reply:
        """The response, or word that the caller has it already."""
        if if_none_match is not None and self._matches(if_none_match):
            return Reply(304, b"", (*self.headers, *quota), is_described=True)
        return Reply(200, self.body, (*self.headers, *self.description, *quota), is_described=True)

    def _matches(self, if_none_match: bytes) -> bool:
        return if_none_match == self.tag or is_fresh(if_none_match.decode("latin-1"), self.tag.decode())


class ResponseCache:
    """Responses that this process keeps, bounded in bytes; the oldest half goes when it's full."""

    def __init__(self, versions: Versions, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self.versions = versions
        self._max_bytes = max_bytes
        self._bytes = 0
        self._responses: dict[CacheKey, CachedResponse] = {}

    def get_if_current(self, key: CacheKey, workspace: int) -> CachedResponse | None:
        """The response, if memory can tell that it's of the workspace's present version."""
        cached = self._responses.get(key)
        return cached if cached is not None and cached.version == self.versions.known(workspace) else None

    def get_version(self, key: CacheKey, version: int) -> CachedResponse | None:
        """The response, if it was made of this version of the workspace."""
        cached = self._responses.get(key)
        return cached if cached is not None and cached.version == version else None

    def put(self, key: CacheKey, cached: CachedResponse) -> None:
        """Keep a response in place of its older self."""
        self._drop(key)
        self._responses[key] = cached
        self._bytes += _weight(key, cached)
        if self._bytes > self._max_bytes:
            for old in list(self._responses)[: len(self._responses) // 2 + 1]:
                self._drop(old)

    def _drop(self, key: CacheKey) -> None:
        cached = self._responses.pop(key, None)
        if cached is not None:
            self._bytes -= _weight(key, cached)


def cache_key(caller: Caller, scope: HTTPScope) -> CacheKey:
    """What a response is kept under: who may see it, and what was asked, where."""
    return caller.cache_partition, base_of(scope), scope["path"], scope["query_string"]


def _weight(key: CacheKey, cached: CachedResponse) -> int:
    """A caller chooses how long the address is, and some headers repeat it."""
    _, base, path, query = key
    return (
        ENTRY_COST
        + len(base)
        + len(path)
        + len(query)
        + len(cached.body)
        + sum(len(value) for _, value in cached.headers)
    )
