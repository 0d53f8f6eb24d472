"""The quota headers of every authenticated response.

`X-RateLimit-*` are about the month; `RateLimit` and `RateLimit-Policy` about the month and the burst
(draft-ietf-httpapi-ratelimit-headers-11). A limit that the plan doesn't have is left out.
"""

from functools import lru_cache

from maquette.domain.admission import Ticket
from maquette.domain.bursts import BurstRule
from maquette.wire.reply import Header


def quota_headers(ticket: Ticket, now_ms: int) -> tuple[Header, ...]:
    """The headers for a response that is sent now."""
    month, burst, ledger = ticket.plan.month, ticket.burst, ticket.ledger
    policy = _policy(None if burst is None else burst.rule, month, ledger.month, ledger.ends_at)
    burst_state = None if burst is None else _BURST % (burst.remaining(), burst.seconds_left(now_ms))
    if month is None:
        return policy if burst_state is None else (*policy, (b"ratelimit", burst_state))
    left = ledger.remaining(month)
    month_state = _MONTH % (left, ledger.seconds_left(now_ms))
    state = month_state if burst_state is None else b"%b, %b" % (burst_state, month_state)
    return (*policy, (b"x-ratelimit-remaining", b"%d" % left), (b"ratelimit", state))


@lru_cache(1024)
def _policy(burst: BurstRule | None, month: int | None, begins_at: int, ends_at: int) -> tuple[Header, ...]:
    """The headers that don't change within a month, under the same limits."""
    headers: list[Header] = []
    policy = []
    if burst is not None:
        policy.append(f'"burst";q={burst.limit};w={burst.window_s}')
    if month is not None:
        policy.append(f'"month";q={month};w={(ends_at - begins_at) // 1000}')
        headers += [(b"x-ratelimit-limit", b"%d" % month), (b"x-ratelimit-reset", b"%d" % (ends_at // 1000))]
    if policy:
        headers.append((b"ratelimit-policy", ", ".join(policy).encode()))
    return tuple(headers)


_BURST = b'"burst";r=%d;t=%d'
_MONTH = b'"month";r=%d;t=%d'
