"""Who keeps guessing? Failed authentications are counted by network, client id and account, in windows of a minute."""

from ipaddress import IPv6Address, ip_address, ip_network

from maquette.domain.bursts import BurstRule, Bursts
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, TooManyFailures

RULE, ACCOUNT_RULE = BurstRule(20, 60), BurstRule(100, 60)
"""An account alone is blocked later than a network: else anybody could keep its owner out with little effort."""

IPV6_PREFIX = 56
"""What a provider usually gives to one customer (RFC 6177, section 2)."""

MAX_SOURCE_LENGTH = 100
"""How many characters of a source are kept: an invented client id may be as long as a request's body."""


class LoginThrottle:
    """Failed attempts in this process; after so many in a minute, even correct credentials have to wait."""

    def __init__(self, clock: Clock, rule: BurstRule = RULE) -> None:
        self._rule = rule
        self._clock = clock
        self._bursts = Bursts(clock)

    def require_allowed(self, *sources: str) -> None:
        """Pass, or raise `TooManyFailures`."""
        for source in sources:
            window = self._bursts.current(0, source[:MAX_SOURCE_LENGTH], self._rule)
            if window.remaining() == 0:
                raise TooManyFailures(window.seconds_left(self._clock.now_ms()))

    def record_failure(self, *sources: str) -> None:
        """Note a failure from each of these."""
        for source in sources:
            try:
                self._bursts.count(0, source[:MAX_SOURCE_LENGTH], self._rule)
            except BurstSpent:
                continue


def network_of(address: str) -> str:
    """What an address is counted as: itself, or for IPv6 its network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return address
