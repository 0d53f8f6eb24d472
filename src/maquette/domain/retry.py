"""When is it tried again? Pure rules: a delivery's schedule, and how long an endpoint that fails is left in peace.

Every step counts from the end of the attempt before. No attempt is ever early: jitter and `Retry-After` can only make
a step longer.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from maquette.model.clock import DAY_MS, MINUTE_MS
from maquette.store.leases import Health

STEPS_MS = (5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 300 * MINUTE_MS, 600 * MINUTE_MS)
"""From the first attempt, which is made at once, to the second, and so on."""

JITTER = 0.1
"""How much longer a step may become, at random, so that those who failed together don't come back together."""

LASTS_MS = DAY_MS
"""How long attempts go on, counted from the event."""

GIVE_UP_MS = 5 * DAY_MS
"""How long an endpoint may fail without a success before it is disabled."""

GONE = 410
RETRY_AFTER_STATUSES = frozenset((429, 503))
"""Answers whose `Retry-After` is believed (RFC 9110, section 10.2.3; RFC 6585, section 4)."""

SLOWED_BY = frozenset((429, 502, 504))
"""Answers of a receiver, or of a proxy in front of it, that is overloaded."""

SLOW_MS, SLOWEST_MS = 10_000, 10 * MINUTE_MS
TRIPS_AT = 5
"""After so many failures in a row the breaker opens: the endpoint gets one message now and then, till one arrives."""
OPEN_MS, LONGEST_OPEN_MS = 30_000, 5 * MINUTE_MS
_MAX_DIGITS = 9


def next_at(tries: int, ended_at: int, since_at: int, *, retry_after_ms: int | None, chance: float) -> int | None:
    """When the next attempt is due after `tries` that failed, the last of which ended then; None: give it up.

    `chance` is random, from 0 up to 1.
    """
    if tries > len(STEPS_MS):
        return None
    step = max(STEPS_MS[tries - 1], retry_after_ms or 0)
    due_at = ended_at + step + int(step * JITTER * chance)
    return due_at if due_at <= since_at + LASTS_MS else None


def retry_after_ms(status: int, headers: Mapping[str, str], now_ms: int) -> int | None:
    """How long the answer asks us to wait: seconds or a date; None where it doesn't, or nobody can read it."""
    text = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if status not in RETRY_AFTER_STATUSES or not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:_MAX_DIGITS]) * 1000 if len(text) <= _MAX_DIGITS else LASTS_MS
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a date that no calendar and no machine word holds
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return max(0, int((at - datetime.fromtimestamp(0, UTC)).total_seconds() * 1000) - now_ms)


def after_failure(
    before: Health, status: int | None, ended_at: int, *, retry_after_ms: int | None, at_claim: int
) -> Health:
    """How the endpoint stands after an attempt that failed (`status` None: without an answer).

    `at_claim` are the failures in a row when it was leased: those that fail together count as one.
    """
    failures = max(before.failures, at_claim + 1)
    pauses = [min(retry_after_ms or 0, LASTS_MS)]
    if status in SLOWED_BY:
        pauses.append(_doubled(SLOW_MS, failures - 1, SLOWEST_MS))
    if failures >= TRIPS_AT:
        pauses.append(_doubled(OPEN_MS, failures - TRIPS_AT, LONGEST_OPEN_MS))
    paused_until = ended_at + max(pauses) if max(pauses) else 0
    since = ended_at if before.failing_since is None else before.failing_since
    return Health(failures, since, max(before.paused_until, paused_until))


def disabling(status: int | None, health: Health, now_ms: int) -> str | None:
    """Why the endpoint gets nothing more after this failure, as a sentence, or None."""
    if status == GONE:
        return "It answered 410 Gone."
    if health.failing_since is not None and now_ms - health.failing_since >= GIVE_UP_MS:
        return "It failed for 5 days."
    return None


def _doubled(first_ms: int, times: int, most_ms: int) -> int:
    return min(first_ms << min(times, 20), most_ms)
