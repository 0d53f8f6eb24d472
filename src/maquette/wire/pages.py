"""Has this page been sent before, and is it still true? Whole answers kept for one version of their workspace."""

from collections.abc import Iterable

from litestar.types import HTTPScope
from msgspec import Struct

from maquette.domain.versions import Versions
from maquette.wire.callers import Caller, Viewer
from maquette.wire.etag import etag, is_fresh
from maquette.wire.reply import Header, Reply
from maquette.wire.scope import base_of

PageKey = tuple[Viewer, str, str, bytes]

MOST_BYTES = 32 * 1024 * 1024
ENTRY_COST = 400
"""About how many bytes an entry takes beside its texts."""


class Page(Struct, frozen=True):
    """A 200 to a GET, as it was sent: its headers but for those about quota, and its tag."""

    version: int
    body: bytes
    tag: bytes
    headers: tuple[Header, ...]
    description: tuple[Header, ...]
    """The body's type and length."""

    @classmethod
    def of(cls, reply: Reply, version: int) -> "Page":
        """What is to be kept of an answer; it gets its tag."""
        tag = etag(reply.body).encode()
        return cls(version, reply.body, tag, (*reply.headers, (b"etag", tag)), tuple(reply.description()))

    def reply(self, if_none_match: bytes | None, quota: Iterable[Header] = ()) -> Reply:
        """The page, or word that the caller has it already."""
        if if_none_match is not None and self._is_known_as(if_none_match):
            return Reply(304, b"", (*self.headers, *quota), is_described=True)
        return Reply(200, self.body, (*self.headers, *self.description, *quota), is_described=True)

    def _is_known_as(self, if_none_match: bytes) -> bool:
        return if_none_match == self.tag or is_fresh(if_none_match.decode("latin-1"), self.tag.decode())


class Pages:
    """Pages of this process, bounded in bytes; the oldest half goes when it's full."""

    def __init__(self, versions: Versions, most_bytes: int = MOST_BYTES) -> None:
        self.versions = versions
        self._most = most_bytes
        self._bytes = 0
        self._pages: dict[PageKey, Page] = {}

    def known(self, key: PageKey, workspace: int) -> Page | None:
        """The page, if memory can tell that it's of the workspace's present version."""
        page = self._pages.get(key)
        return page if page is not None and page.version == self.versions.known(workspace) else None

    def get(self, key: PageKey, version: int) -> Page | None:
        """The page, if it was made of this version of the workspace."""
        page = self._pages.get(key)
        return page if page is not None and page.version == version else None

    def put(self, key: PageKey, page: Page) -> None:
        """Keep a page in place of its older self."""
        self._drop(key)
        self._pages[key] = page
        self._bytes += _weight(key, page)
        if self._bytes > self._most:
            for old in list(self._pages)[: len(self._pages) // 2 + 1]:
                self._drop(old)

    def _drop(self, key: PageKey) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._bytes -= _weight(key, page)


def page_key(caller: Caller, scope: HTTPScope) -> PageKey:
    """What a page is kept under: who may see it, and what was asked, where."""
    return caller.viewer, base_of(scope), scope["path"], scope["query_string"]


def _weight(key: PageKey, page: Page) -> int:
    """A caller chooses how long the address is, and some headers repeat it."""
    _, base, path, query = key
    return (
        ENTRY_COST + len(base) + len(path) + len(query) + len(page.body) + sum(len(value) for _, value in page.headers)
    )
