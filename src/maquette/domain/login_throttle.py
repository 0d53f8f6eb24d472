"""Who keeps guessing? Failed authentications are counted by address and by client id, in windows of a minute."""

from maquette.domain.bursts import BurstRule, Bursts
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, TooManyFailures

RULE = BurstRule(20, 60)
MAX_SOURCE_LENGTH = 100
"""How many characters of a source are kept: an invented client id may be as long as a request's body."""


class LoginThrottle:
    """Failed attempts in this process; after 20 in a minute, even correct credentials have to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bursts = Bursts(clock)

    def require_allowed(self, *sources: str) -> None:
        """Pass, or raise `TooManyFailures`."""
        for source in sources:
            window = self._bursts.current(0, source[:MAX_SOURCE_LENGTH], RULE)
            if window.remaining() == 0:
                raise TooManyFailures(window.seconds_left(self._clock.now_ms()))

    def record_failure(self, *sources: str) -> None:
        """Note a failure from each of these."""
        for source in sources:
            try:
                self._bursts.count(0, source[:MAX_SOURCE_LENGTH], RULE)
            except BurstSpent:
                continue
