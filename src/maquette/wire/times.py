"""Times as callers write them, in every dialect: RFC 3339, or a date."""

import re
from datetime import UTC, datetime, timedelta

from maquette.model.errors import Invalid

WHEN = "an RFC 3339 time, or a date (midnight UTC)."

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MS = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_DATE_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d))?")


def instant(name: str, value: str | None) -> int | None:
    """An RFC 3339 time, or a date at midnight UTC, in milliseconds, rounded up. Raises `Invalid`, naming the field.

    A time beyond the year 9999 in UTC is refused: an offset can express it, but it couldn't be shown.
    """
    if value is None:
        return None
    try:
        if not _DATE_OR_TIME.fullmatch(value):
            raise ValueError
        parsed = datetime.fromisoformat(value.upper())
        at_ms = -((_EPOCH - parsed.replace(tzinfo=parsed.tzinfo or UTC)) // _MILLISECOND)
        if at_ms > _LAST_MS:
            raise OverflowError
        return at_ms
    except (ValueError, OverflowError):
        raise Invalid({name: ["must be an RFC 3339 time or a date"]}) from None
