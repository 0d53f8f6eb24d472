"""What is left? The quota headers of every authenticated answer.

`X-RateLimit-*` tell of the month; `RateLimit` and `RateLimit-Policy` of both limits
(draft-ietf-httpapi-ratelimit-headers-11). A limit that isn't there is not told.
"""

from maquette.domain.admission import Ticket
from maquette.wire.reply import Headers


def quota_headers(ticket: Ticket, now_ms: int) -> Headers:
    """The headers for an answer sent now."""
    month, burst, ledger = ticket.plan.month, ticket.burst, ticket.ledger
    headers: Headers = []
    policy, state = [], []
    if burst is not None:
        policy.append(f'"burst";q={burst.rule.limit};w={burst.rule.window_s}')
        state.append(f'"burst";r={burst.remaining()};t={burst.seconds_left(now_ms)}')
    if month is not None:
        remaining = ledger.remaining(month)
        policy.append(f'"month";q={month};w={(ledger.ends_at - ledger.month) // 1000}')
        state.append(f'"month";r={remaining};t={ledger.seconds_left(now_ms)}')
        headers += [
            (b"x-ratelimit-limit", b"%d" % month),
            (b"x-ratelimit-remaining", b"%d" % remaining),
            (b"x-ratelimit-reset", b"%d" % (ledger.ends_at // 1000)),
        ]
    if policy:
        headers.append((b"ratelimit-policy", ", ".join(policy).encode()))
        headers.append((b"ratelimit", ", ".join(state).encode()))
    return headers
