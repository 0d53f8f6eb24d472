"""Has this page been sent before, and is it still true? Whole answers kept for one version of their workspace."""

from dataclasses import dataclass

from maquette.domain.versions import Versions
from maquette.wire.reply import JSON

PageKey = tuple[object, ...]

MOST_BYTES = 32 * 1024 * 1024
ENTRY_COST = 400
"""What an entry weighs beside its texts, about."""


@dataclass(frozen=True, slots=True)
class Page:
    """A 200 to a GET, as it was sent: its headers but for those about quota, and its tag."""

    version: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    tag: str
    media_type: bytes = JSON


class Pages:
    """Pages of this process, bounded in bytes; the oldest half goes when it's full."""

    def __init__(self, versions: Versions, most_bytes: int = MOST_BYTES) -> None:
        self.versions = versions
        self._most = most_bytes
        self._bytes = 0
        self._pages: dict[PageKey, Page] = {}

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


def _weight(key: PageKey, page: Page) -> int:
    """A caller chooses how long the address is, and some headers repeat it."""
    asked = sum(len(part) for part in key if isinstance(part, str | bytes))
    return ENTRY_COST + asked + len(page.body) + sum(len(value) for _, value in page.headers)
