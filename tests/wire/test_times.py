"""Times as callers write them."""

import pytest

from maquette.model.errors import Invalid
from maquette.wire.times import instant


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-02", 86_400_000),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.0001z", 1),
        ("1970-01-01 01:00:00+01:00", 0),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_time_is_read_to_the_millisecond(written: str, expected: int) -> None:
    """Rounded up, at midnight UTC where there is only a date."""
    assert expected == instant("after", written)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2026-02-30",
        "2026-01-01T00:00:00",
        "20260101",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59.9995Z",
        "9999-12-31T23:59:59.9999999Z",
    ],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    """Nor one that couldn't be shown again, since in UTC it's in the year 10000."""
    with pytest.raises(Invalid) as refused:
        instant("expires_at", written)
    assert {"expires_at": ["must be an RFC 3339 time or a date"]} == refused.value.problems
