"""Entity tags: the same bytes have the same tag, and conditions compare as RFC 9110 says."""

import pytest

from maquette.model.errors import Stale
from maquette.wire.etag import etag, is_fresh, require_match

BODY = b'{"data":{}}'
TAG = etag(BODY)


class TestEtag:
    def test_it_is_a_strong_tag_in_quotes(self) -> None:
        """No `W/` in front, and no quote inside."""
        assert TAG.startswith('"')
        assert TAG.endswith('"')
        assert TAG.count('"') == 2

    def test_other_bytes_have_another_tag(self) -> None:
        """One byte of difference is enough."""
        assert etag(BODY) == TAG
        assert etag(BODY + b" ") != TAG


class TestIfNoneMatch:
    @pytest.mark.parametrize("header", ["*", " * ", TAG, f"W/{TAG}", f'"other", {TAG}', f'"other",W/{TAG} '])
    def test_a_tag_that_is_named_is_fresh(self, header: str) -> None:
        """Alone, among others, weak or strong."""
        assert is_fresh(header, TAG)

    @pytest.mark.parametrize("header", ["", '"other"', TAG.strip('"'), f"w/{TAG}"])
    def test_everything_else_is_not(self, header: str) -> None:
        """Another tag, one without its quotes, a lower-case `w/`."""
        assert not is_fresh(header, TAG)


class TestIfMatch:
    @pytest.mark.parametrize("header", [None, "*", TAG, f'"other", {TAG}'])
    def test_the_present_version_passes(self, header: str | None) -> None:
        """Nothing asked, anything that exists, or this version named."""
        require_match(header, BODY)

    @pytest.mark.parametrize("header", ["", '"other"', f"W/{TAG}"])
    def test_another_version_is_stale(self, header: str) -> None:
        """A weak tag never matches strongly (RFC 9110, section 13.1.1)."""
        with pytest.raises(Stale):
            require_match(header, BODY)
