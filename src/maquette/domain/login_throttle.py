"""Who keeps guessing? Wrong credentials are counted by address and by client id, a minute at a time."""

from maquette.domain.bursts import BurstRule, Bursts
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, TooManyFailures

RULE = BurstRule(20, 60)
NAMED_BY = 100
"""How many characters of a source are kept: a client id that somebody makes up may be as long as a body."""


class LoginThrottle:
    """Failed attempts in this process; past 20 in a minute even a right answer has to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bursts = Bursts(clock)

    def require_allowed(self, *sources: str) -> None:
        """Pass, or raise `TooManyFailures`."""
        for source in sources:
            window = self._bursts.current(0, source[:NAMED_BY], RULE)
            if window.remaining() == 0:
                raise TooManyFailures(window.seconds_left(self._clock.now_ms()))

    def record_failure(self, *sources: str) -> None:
        """Note a failure from each of these."""
        for source in sources:
            try:
                self._bursts.count(0, source[:NAMED_BY], RULE)
            except BurstSpent:
                continue
