"""Are pages kept only while they are true, and never more of them than there is room for?"""

import pytest

from maquette.domain.versions import Versions
from maquette.store.database import Database
from maquette.wire.pages import ENTRY_COST, Page, PageKey, Pages
from maquette.wire.reply import Reply


def page(version: int = 1, body: bytes = b"page", **others: str) -> Page:
    """A page of that version."""
    headers = [(name.encode(), value.encode()) for name, value in others.items()]
    return Page.of(Reply(200, body, headers), version)


def at(path: str) -> PageKey:
    """What the page at that path is kept under, for somebody who sees all."""
    return (1, 0, 0, "craftdesk"), "", path, b""


@pytest.fixture
async def versions(database: Database) -> Versions:
    """The versions of a store; what is kept here doesn't ask them."""
    return Versions(database)


class TestPages:
    async def test_a_page_is_found_while_its_version_is_the_present_one(self, versions: Versions) -> None:
        """Neither an older nor a newer version is answered with it."""
        pages, kept = Pages(versions), page(version=2)
        pages.put(at("a"), kept)
        assert kept is pages.get(at("a"), 2)
        assert [None, None] == [pages.get(at("a"), 1), pages.get(at("a"), 3)]
        assert pages.get(at("b"), 2) is None

    async def test_a_newer_page_takes_the_place_of_the_older(self, versions: Versions) -> None:
        """A page is kept once, however often it changes, so a busy address doesn't drive the others out."""
        pages = Pages(versions, most_bytes=4 * (ENTRY_COST + 10))
        pages.put(at("kept"), page())
        for version in range(100):
            pages.put(at("busy"), page(version))
        assert pages.get(at("busy"), 98) is None
        assert pages.get(at("busy"), 99)
        assert pages.get(at("kept"), 1)

    async def test_the_oldest_half_goes_when_there_is_no_room(self, versions: Versions) -> None:
        """Room is counted in bytes, and the newest pages stay."""
        pages = Pages(versions, most_bytes=10 * (ENTRY_COST + 1_030))
        for name in "abcdefghijk":
            pages.put(at(name), page(body=b" " * 1_000))
        assert list("ghijk") == [name for name in "abcdefghijk" if pages.get(at(name), 1)]

    @pytest.mark.parametrize("where", ["body", "key", "header"])
    async def test_everything_that_a_caller_makes_long_counts(self, versions: Versions, where: str) -> None:
        """A long body, a long address, and a header that repeats the address."""
        pages, long = Pages(versions, most_bytes=1_000_000), 100_000
        for number in range(100):
            key = at(f"{number:03}" + ("x" * long if where == "key" else ""))
            kept = page(body=b" " * long) if where == "body" else page(link="x" * long if where == "header" else "")
            pages.put(key, kept)
            assert pages.get(key, 1)
        assert 0 < len(pages._pages) < 10

    async def test_a_page_larger_than_all_room_is_not_kept(self, versions: Versions) -> None:
        """It comes and goes, and what is kept afterwards is kept as before."""
        pages = Pages(versions, most_bytes=10_000)
        pages.put(at("large"), page(body=b" " * 20_000))
        assert pages.get(at("large"), 1) is None
        pages.put(at("small"), page())
        assert pages.get(at("small"), 1)
