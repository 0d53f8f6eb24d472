"""When is a delivery retried? Pure functions: its backoff schedule, and how long a failing endpoint is paused.

Every step counts from the end of the previous attempt. Jitter and `Retry-After` can only make a step longer.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from maquette.model.clock import DAY_MS, MINUTE_MS
from maquette.store.leases import Health

STEPS_MS = (5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 300 * MINUTE_MS, 600 * MINUTE_MS)
"""The delay from the first attempt, which is made at once, to the second, and so on."""

JITTER = 0.1
"""The largest random extension of a step, as a fraction of it, so that what failed together isn't retried together."""

LASTS_MS = DAY_MS
"""How long a delivery is attempted, counted from when it was queued, or queued again."""

GIVE_UP_MS = 5 * DAY_MS
"""How long an endpoint may fail without a success before it is disabled."""

GONE = 410
RETRY_AFTER_STATUSES = frozenset((429, 503))
"""Statuses whose `Retry-After` is heeded (RFC 9110, section 10.2.3; RFC 6585, section 4)."""

OVERLOAD_STATUSES = frozenset((429, 502, 504))
"""Statuses of an overloaded receiver, or of a proxy in front of it."""

OVERLOAD_PAUSE_MS, MAX_OVERLOAD_PAUSE_MS = 10_000, 10 * MINUTE_MS
"""The pause after an overload status if it's the first failure in a row, doubled with each further one; the maximum."""

TRIPS_AT = 5
"""After so many failures in a row the circuit breaker opens: one message after each pause, until one arrives."""

BREAKER_PAUSE_MS, MAX_BREAKER_PAUSE_MS = 30_000, 5 * MINUTE_MS
"""The pause when the breaker opens, doubled with each further failure; the maximum."""

_MAX_DIGITS = 9
"""Of the seconds in a `Retry-After`."""


def next_at(tries: int, ended_at: int, since_at: int, *, retry_after_ms: int | None, chance: float) -> int | None:
    """When the next attempt is due, after `tries` failed ones, the last of which ended at `ended_at`; None: give up.

    `since_at` is when the delivery was queued; `chance` is random, from 0 up to 1.
    """
    if tries > len(STEPS_MS):
        return None
    step = max(STEPS_MS[tries - 1], retry_after_ms or 0)
    due_at = ended_at + step + int(step * JITTER * chance)
    return due_at if due_at <= since_at + LASTS_MS else None


def retry_after_ms(status: int, headers: Mapping[str, str], now_ms: int) -> int | None:
    """How long the response asks to wait, in seconds or until a date; None where it doesn't, or can't be parsed."""
    text = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if status not in RETRY_AFTER_STATUSES or not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:_MAX_DIGITS]) * 1000 if len(text) <= _MAX_DIGITS else LASTS_MS
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one that is out of range
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return max(0, int((at - datetime.fromtimestamp(0, UTC)).total_seconds() * 1000) - now_ms)


def after_failure(
    before: Health, status: int | None, ended_at: int, *, retry_after_ms: int | None, at_claim: int
) -> Health:
    """The endpoint's health after a failed attempt (`status` None: there was no response).

    `at_claim` is the number of failures in a row when it was leased: all failures of one batch count as one.
    """
    failures = max(before.failures, at_claim + 1)
    pauses = [min(retry_after_ms or 0, LASTS_MS)]
    if status in OVERLOAD_STATUSES:
        pauses.append(_doubled(OVERLOAD_PAUSE_MS, failures - 1, MAX_OVERLOAD_PAUSE_MS))
    if failures >= TRIPS_AT:
        pauses.append(_doubled(BREAKER_PAUSE_MS, failures - TRIPS_AT, MAX_BREAKER_PAUSE_MS))
    paused_until = ended_at + max(pauses) if max(pauses) else 0
    since = ended_at if before.failing_since is None else before.failing_since
    return Health(failures, since, max(before.paused_until, paused_until))


def disabling(status: int | None, health: Health, now_ms: int) -> str | None:
    """Why the endpoint has to be disabled after this failure, as a sentence; None if it hasn't."""
    if status == GONE:
        return "It answered 410 Gone."
    if health.failing_since is not None and now_ms - health.failing_since >= GIVE_UP_MS:
        return "It failed for 5 days."
    return None


def _doubled(first_ms: int, times: int, max_ms: int) -> int:
    return min(first_ms << min(times, 20), max_ms)
