"""What is left? The quota headers of every authenticated answer.

`X-RateLimit-*` tell of the month; `RateLimit` and `RateLimit-Policy` of both limits
(draft-ietf-httpapi-ratelimit-headers-11). A limit that isn't there is not told.
"""

from functools import lru_cache

from maquette.domain.admission import Ticket
from maquette.domain.bursts import BurstRule
from maquette.wire.reply import Headers


def quota_headers(ticket: Ticket, now_ms: int) -> Headers:
    """The headers for an answer sent now."""
    month, burst, ledger = ticket.plan.month, ticket.burst, ticket.ledger
    rule = None if burst is None else burst.rule
    headers = [*_policy(rule, month, ledger.month, ledger.ends_at)]
    if month is None:
        if burst is not None:
            headers.append((b"ratelimit", _BURST % (burst.remaining(), burst.seconds_left(now_ms))))
        return headers
    remaining = ledger.remaining(month)
    headers.append((b"x-ratelimit-remaining", b"%d" % remaining))
    state = b'"month";r=%d;t=%d' % (remaining, ledger.seconds_left(now_ms))
    if burst is not None:
        state = b"%b, %b" % (_BURST % (burst.remaining(), burst.seconds_left(now_ms)), state)
    headers.append((b"ratelimit", state))
    return headers


@lru_cache(1024)
def _policy(burst: BurstRule | None, month: int | None, begins_at: int, ends_at: int) -> Headers:
    """What a month of calls under the same rules has in common."""
    headers: Headers = []
    policy = []
    if burst is not None:
        policy.append(f'"burst";q={burst.limit};w={burst.window_s}')
    if month is not None:
        policy.append(f'"month";q={month};w={(ends_at - begins_at) // 1000}')
        headers += [(b"x-ratelimit-limit", b"%d" % month), (b"x-ratelimit-reset", b"%d" % (ends_at // 1000))]
    if policy:
        headers.append((b"ratelimit-policy", ", ".join(policy).encode()))
    return headers


_BURST = b'"burst";r=%d;t=%d'
