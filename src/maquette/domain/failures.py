"""Who keeps guessing? Wrong credentials are counted by address, and by address and name together, a minute at a time.

Never by a name alone: whoever knows one could keep its owner out with wrong secrets, from anywhere.
"""

from collections.abc import Iterator

from maquette.domain.bursts import BurstRule, Bursts
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent, TooManyFailures

RULE = BurstRule(20, 60)
"""Of one address for one name."""

ADDRESS_RULE = BurstRule(100, 60)
"""Of one address, for whatever names: many people may share it."""

NAMED_BY = 100
"""How many characters of a source are kept: a client id that somebody makes up may be as long as a body."""


class Failures:
    """Failed attempts in this process; past 20 in a minute even a right answer has to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bursts = Bursts(clock)

    def require_few(self, address: str, name: str) -> None:
        """Pass, or raise `TooManyFailures`."""
        for source, rule in _sources(address, name):
            window = self._bursts.current(0, source, rule)
            if window.remaining() == 0:
                raise TooManyFailures(window.seconds_left(self._clock.now_ms()))

    def count(self, address: str, name: str) -> None:
        """Note a failure from that address to be whom the name says."""
        for source, rule in _sources(address, name):
            try:
                self._bursts.count(0, source, rule)
            except BurstSpent:
                continue


def _sources(address: str, name: str) -> Iterator[tuple[str, BurstRule]]:
    yield f"{address} {name}"[:NAMED_BY], RULE
    yield address[:NAMED_BY], ADDRESS_RULE
