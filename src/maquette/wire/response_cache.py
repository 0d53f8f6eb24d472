"""A cache of whole responses, each valid for one version of its workspace (decision 4)."""

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
ENTRY_OVERHEAD = 400
"""About how many bytes an entry takes beyond its texts."""


class CachedResponse(Struct, frozen=True):
    """A 200 to a GET with its entity tag and its headers, except for the quota headers."""

    version: int
    body: bytes
    tag: bytes
    headers: tuple[Header, ...]
    description: tuple[Header, ...]
    """The headers for the body's type and length, which a 304 leaves out."""

    @classmethod
    def of(cls, reply: Reply, version: int) -> "CachedResponse":
        """The reply as a cache entry, with an entity tag added."""
        tag = etag(reply.body).encode()
        return cls(version, reply.body, tag, (*reply.headers, (b"etag", tag)), tuple(reply.description()))

    def reply(self, if_none_match: bytes | None, quota: Iterable[Header] = ()) -> Reply:
        """The response, or a 304 if `If-None-Match` names its tag."""
        if if_none_match is not None and self._matches(if_none_match):
            return Reply(304, b"", (*self.headers, *quota), is_described=True)
        return Reply(200, self.body, (*self.headers, *self.description, *quota), is_described=True)

    def _matches(self, if_none_match: bytes) -> bool:
        return if_none_match == self.tag or is_fresh(if_none_match.decode("latin-1"), self.tag.decode())


class ResponseCache:
    """This process's cache, bounded in bytes. When it is full, the older half of the entries is evicted."""

    def __init__(self, versions: Versions, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self.versions = versions
        self._max_bytes = max_bytes
        self._bytes = 0
        self._responses: dict[CacheKey, CachedResponse] = {}

    def get_if_current(self, key: CacheKey, workspace: int) -> CachedResponse | None:
        """The response, if it is known without asking the store that it is of the workspace's current version."""
        cached = self._responses.get(key)
        return cached if cached is not None and cached.version == self.versions.known(workspace) else None

    def get_version(self, key: CacheKey, version: int) -> CachedResponse | None:
        """The response, if it is of this version of the workspace."""
        cached = self._responses.get(key)
        return cached if cached is not None and cached.version == version else None

    def put(self, key: CacheKey, cached: CachedResponse) -> None:
        """Store a response, replacing an older one under the same key."""
        self._drop(key)
        self._responses[key] = cached
        self._bytes += _size(key, cached)
        if self._bytes > self._max_bytes:
            for old in list(self._responses)[: len(self._responses) // 2 + 1]:
                self._drop(old)

    def _drop(self, key: CacheKey) -> None:
        cached = self._responses.pop(key, None)
        if cached is not None:
            self._bytes -= _size(key, cached)


def cache_key(caller: Caller, scope: HTTPScope) -> CacheKey:
    """The key of a response: who may see it, under which base path, and the path and query."""
    return caller.cache_partition, base_of(scope), scope["path"], scope["query_string"]


def _size(key: CacheKey, cached: CachedResponse) -> int:
    """An entry's size in bytes. Headers count too: callers choose the length of the URL, and some headers repeat it."""
    _, base, path, query = key
    return (
        ENTRY_OVERHEAD
        + len(base)
        + len(path)
        + len(query)
        + len(cached.body)
        + sum(len(value) for _, value in cached.headers)
    )
