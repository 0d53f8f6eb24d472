"""May this team call again so soon, over all nodes? Counted in Valkey, and per node while Valkey is unreachable."""

import logging
from time import monotonic

from maquette.domain.bursts import BurstRule, Bursts, BurstWindow
from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent
from maquette.store.valkey import GONE, Valkey

RETRY_S = 1.0
"""How long this node uses its own windows before it tries Valkey again."""

log = logging.getLogger("maquette")


class SharedBursts:
    """Like `Bursts`, over all nodes; a node that can't reach Valkey logs that and uses its own windows."""

    def __init__(self, valkey: Valkey, own: Bursts, clock: Clock) -> None:
        self._valkey = valkey
        self._own = own
        self._clock = clock
        self._alone_until = 0.0

    async def ping(self) -> None:
        """Connect at start, so that an unreachable Valkey is logged at once."""
        try:
            await self._valkey.ping()
        except GONE as error:
            self._fall_back(error)

    async def count(self, workspace: int, dialect: str, rule: BurstRule) -> BurstWindow:
        """Count a call. Raises `BurstSpent`, which counts nothing."""
        if monotonic() >= self._alone_until:
            try:
                return await self._count(f"{workspace}:{dialect}", rule)
            except GONE as error:
                self._fall_back(error)
        return self._own.count(workspace, dialect, rule)

    async def current(self, workspace: int, dialect: str, rule: BurstRule) -> BurstWindow:
        """The window as it stands, without counting."""
        if monotonic() >= self._alone_until:
            try:
                count, left_ms = await self._valkey.current(f"{workspace}:{dialect}")
                return self._window(rule, count, left_ms or rule.window_s * 1000)
            except GONE as error:
                self._fall_back(error)
        return self._own.current(workspace, dialect, rule)

    async def take_back(self, workspace: int, dialect: str, window: BurstWindow) -> None:
        """Uncount a call that was refused for another reason."""
        window.count -= 1
        if monotonic() >= self._alone_until:
            try:
                await self._valkey.take_back(f"{workspace}:{dialect}")
            except GONE as error:
                self._fall_back(error)

    async def _count(self, name: str, rule: BurstRule) -> BurstWindow:
        counted = await self._valkey.count(name, rule.limit, rule.window_s * 1000)
        window = self._window(rule, counted.count, counted.left_ms)
        if not counted.is_in:
            raise BurstSpent(rule.limit, rule.window_s, window.seconds_left(self._clock.now_ms()))
        return window

    def _window(self, rule: BurstRule, count: int, left_ms: int) -> BurstWindow:
        return BurstWindow(rule, self._clock.now_ms() + left_ms, count)

    def _fall_back(self, error: BaseException) -> None:
        log.warning("Valkey is away, this node counts bursts alone: %s", error)
        self._alone_until = monotonic() + RETRY_S
