"""Are responses kept only while they are true, and never more of them than there is memory for?"""

import pytest

from maquette.domain.versions import Versions
from maquette.store.database import Database
from maquette.wire.reply import Reply
from maquette.wire.response_cache import ENTRY_OVERHEAD, CachedResponse, CacheKey, ResponseCache


def response(version: int = 1, body: bytes = b"page", **others: str) -> CachedResponse:
    """A response of that version."""
    headers = [(name.encode(), value.encode()) for name, value in others.items()]
    return CachedResponse.of(Reply(200, body, headers), version)


def at(path: str) -> CacheKey:
    """What the response at that path is kept under, for somebody who sees all."""
    return (1, 0, 0, "craftdesk"), "", path, b""


@pytest.fixture
async def versions(database: Database) -> Versions:
    """The versions of a store; what is kept here doesn't ask them."""
    return Versions(database)


class TestResponseCache:
    async def test_a_response_is_found_while_its_version_is_the_present_one(self, versions: Versions) -> None:
        """Neither an older nor a newer version is answered with it."""
        cache, kept = ResponseCache(versions), response(version=2)
        cache.put(at("a"), kept)
        assert kept is cache.get_version(at("a"), 2)
        assert [None, None] == [cache.get_version(at("a"), 1), cache.get_version(at("a"), 3)]
        assert cache.get_version(at("b"), 2) is None

    async def test_a_newer_response_takes_the_place_of_the_older(self, versions: Versions) -> None:
        """A response is kept once, however often it changes, so a busy address doesn't drive the others out."""
        cache = ResponseCache(versions, max_bytes=4 * (ENTRY_OVERHEAD + 10))
        cache.put(at("kept"), response())
        for version in range(100):
            cache.put(at("busy"), response(version))
        assert cache.get_version(at("busy"), 98) is None
        assert cache.get_version(at("busy"), 99)
        assert cache.get_version(at("kept"), 1)

    async def test_the_oldest_half_goes_when_it_is_full(self, versions: Versions) -> None:
        """It is counted in bytes, and the newest responses stay."""
        cache = ResponseCache(versions, max_bytes=10 * (ENTRY_OVERHEAD + 1_030))
        for name in "abcdefghijk":
            cache.put(at(name), response(body=b" " * 1_000))
        assert list("ghijk") == [name for name in "abcdefghijk" if cache.get_version(at(name), 1)]

    @pytest.mark.parametrize("where", ["body", "key", "header"])
    async def test_everything_that_a_caller_makes_long_counts(self, versions: Versions, where: str) -> None:
        """A long body, a long address, and a header that repeats the address."""
        cache, long = ResponseCache(versions, max_bytes=1_000_000), 100_000
        for number in range(100):
            key = at(f"{number:03}" + ("x" * long if where == "key" else ""))
            kept = (
                response(body=b" " * long)
                if where == "body"
                else response(link="x" * long if where == "header" else "")
            )
            cache.put(key, kept)
            assert cache.get_version(key, 1)
        assert 0 < len(cache._responses) < 10

    async def test_a_response_larger_than_the_cache_is_not_kept(self, versions: Versions) -> None:
        """It comes and goes, and what is kept afterwards is kept as before."""
        cache = ResponseCache(versions, max_bytes=10_000)
        cache.put(at("large"), response(body=b" " * 20_000))
        assert cache.get_version(at("large"), 1) is None
        cache.put(at("small"), response())
        assert cache.get_version(at("small"), 1)
