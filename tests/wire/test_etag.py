"""Are versions told apart by their bytes, and compared as RFC 9110 says?"""

import pytest

from maquette.model.errors import Stale
from maquette.wire.etag import etag, is_fresh, require_match

HERE, THERE = etag(b"here"), etag(b"there")


class TestEtag:
    def test_it_is_a_strong_tag_of_the_bytes(self) -> None:
        """The same for the same bytes, another for others, in double quotes."""
        assert etag(b"here") == HERE != THERE
        assert (HERE[0], HERE[-1], HERE.count('"'), 26) == ('"', '"', 2, len(HERE))
        assert etag(b"here ") != HERE


class TestIsFresh:
    @pytest.mark.parametrize("header", [HERE, f"W/{HERE}", f"{THERE}, {HERE}", f"{THERE},W/{HERE} ", "*", " * "])
    def test_one_of_the_tags_is_enough(self, header: str) -> None:
        """Compared weakly (section 13.1.2), alone or in a list; a star is any."""
        assert is_fresh(header, HERE)

    @pytest.mark.parametrize("header", ["", THERE, HERE.strip('"'), HERE[:-2] + '"', f"w/{HERE}", f"{HERE}x", "**"])
    def test_anything_else_is_not(self, header: str) -> None:
        """No part of a tag, and no other spelling."""
        assert not is_fresh(header, HERE)


class TestRequireMatch:
    @pytest.mark.parametrize("header", [None, "*", HERE, f"{THERE}, {HERE}"])
    def test_the_present_version_passes(self, header: str | None) -> None:
        """Named alone or in a list, by a star, or not asked for at all."""
        require_match(header, b"here")

    @pytest.mark.parametrize("header", ["", THERE, f"W/{HERE}", HERE.strip('"'), ","])
    def test_any_other_is_stale(self, header: str) -> None:
        """Compared strongly (section 13.1.1): a weak tag names no version, and an empty list none either."""
        with pytest.raises(Stale):
            require_match(header, b"here")
