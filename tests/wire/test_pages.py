"""Are pages kept only while they are true, and never more of them than there is room for?"""

import pytest

from maquette.domain.versions import Versions
from maquette.store.database import Database
from maquette.wire.pages import ENTRY_COST, Page, Pages


def page(version: int = 1, body: bytes = b"page", **others: str) -> Page:
    """A page of that version."""
    headers = tuple((name.encode(), value.encode()) for name, value in others.items())
    return Page(version, headers, body, '"tag"')


@pytest.fixture
async def versions(database: Database) -> Versions:
    """The versions of a store; what is kept here doesn't ask them."""
    return Versions(database)


class TestPages:
    async def test_a_page_is_found_while_its_version_is_the_present_one(self, versions: Versions) -> None:
        """Neither an older nor a newer version is answered with it."""
        pages, kept = Pages(versions), page(version=2)
        pages.put(("a",), kept)
        assert kept is pages.get(("a",), 2)
        assert [None, None] == [pages.get(("a",), 1), pages.get(("a",), 3)]
        assert pages.get(("b",), 2) is None

    async def test_a_newer_page_takes_the_place_of_the_older(self, versions: Versions) -> None:
        """A page is kept once, however often it changes, so a busy address doesn't drive the others out."""
        pages = Pages(versions, most_bytes=4 * (ENTRY_COST + 10))
        pages.put(("kept",), page())
        for version in range(100):
            pages.put(("busy",), page(version))
        assert pages.get(("busy",), 98) is None
        assert pages.get(("busy",), 99)
        assert pages.get(("kept",), 1)

    async def test_the_oldest_half_goes_when_there_is_no_room(self, versions: Versions) -> None:
        """Room is counted in bytes, and the newest pages stay."""
        pages = Pages(versions, most_bytes=10 * (ENTRY_COST + 1_005))
        for name in "abcdefghijk":
            pages.put((name,), page(body=b" " * 1_000))
        assert list("ghijk") == [name for name in "abcdefghijk" if pages.get((name,), 1)]

    @pytest.mark.parametrize("where", ["body", "key", "header"])
    async def test_everything_that_a_caller_makes_long_counts(self, versions: Versions, where: str) -> None:
        """A long body, a long address, and a header that repeats the address."""
        pages, long = Pages(versions, most_bytes=1_000_000), 100_000
        for number in range(100):
            key = (number, "x" * long if where == "key" else "x")
            kept = page(body=b" " * long) if where == "body" else page(link="x" * long if where == "header" else "")
            pages.put(key, kept)
        present = [number for number in range(100) if pages.get((number, "x" * (long if where == "key" else 1)), 1)]
        assert 0 < len(present) < 10

    async def test_a_page_larger_than_all_room_is_not_kept(self, versions: Versions) -> None:
        """It comes and goes, and what is kept afterwards is kept as before."""
        pages = Pages(versions, most_bytes=10_000)
        pages.put(("large",), page(body=b" " * 20_000))
        assert pages.get(("large",), 1) is None
        pages.put(("small",), page())
        assert pages.get(("small",), 1)
