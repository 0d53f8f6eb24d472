"""May this team call again so soon? A fixed window that opens with the first call, so the numbers shown are exact.

A safety control, kept in memory: a window lost at a restart does no harm.
"""

from typing import Protocol

from msgspec import Struct

from maquette.model.clock import Clock
from maquette.model.errors import BurstSpent

MIN_PURGE_SIZE = 1_000
"""Closed windows are removed when so many are kept, or twice as many as were open at the last removal."""


class BurstRule(Struct, frozen=True, cache_hash=True):
    """At most `limit` calls in a window of `window_s` seconds."""

    limit: int
    window_s: int


class BurstWindow(Struct):
    """The calls counted since the window opened; it ends at `ends_at` (milliseconds)."""

    rule: BurstRule
    ends_at: int
    count: int = 0

    def is_open(self, now_ms: int) -> bool:
        """Whether it has begun and not ended. One that hasn't begun was opened before the clock was set back."""
        return self.ends_at - self.rule.window_s * 1000 <= now_ms < self.ends_at

    def remaining(self) -> int:
        """Calls left in this window."""
        left = self.rule.limit - self.count
        return left if left > 0 else 0

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until it ends, rounded up, at least 1."""
        left = -((now_ms - self.ends_at) // 1000)
        return left if left > 0 else 1


class BurstCounter(Protocol):
    """Burst windows that are shared by all nodes."""

    async def count(self, workspace: int, dialect: str, rule: BurstRule) -> BurstWindow:
        """Count a call. Raises `BurstSpent`, which counts nothing."""
        ...

    async def current(self, workspace: int, dialect: str, rule: BurstRule) -> BurstWindow:
        """The window as it stands, without counting."""
        ...

    async def take_back(self, workspace: int, dialect: str, window: BurstWindow) -> None:
        """Uncount a call that was refused for another reason."""
        ...


class Bursts:
    """The open windows of this process, by team and dialect."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[int, str], BurstWindow] = {}
        self._purge_size = MIN_PURGE_SIZE

    def count(self, workspace: int, dialect: str, rule: BurstRule, now_ms: int | None = None) -> BurstWindow:
        """Count a call that arrived at `now_ms`, or now. Raises `BurstSpent`, which counts nothing."""
        now = self._clock.now_ms() if now_ms is None else now_ms
        window = self._windows.get((workspace, dialect))
        if window is None or not window.is_open(now):
            window = self._open(workspace, dialect, rule, now)
        window.rule = rule  # the plan may have changed; the calls counted so far stay counted
        if window.count >= rule.limit:
            raise BurstSpent(rule.limit, rule.window_s, window.seconds_left(now))
        window.count += 1
        return window

    def current(self, workspace: int, dialect: str, rule: BurstRule) -> BurstWindow:
        """The window as it stands under this rule, without counting."""
        now = self._clock.now_ms()
        window = self._windows.get((workspace, dialect))
        if window is None or not window.is_open(now):
            return BurstWindow(rule, now + rule.window_s * 1000)
        return BurstWindow(rule, window.ends_at, window.count)

    def _open(self, workspace: int, dialect: str, rule: BurstRule, now: int) -> BurstWindow:
        if len(self._windows) >= self._purge_size:
            self._windows = {key: kept for key, kept in self._windows.items() if kept.is_open(now)}
            self._purge_size = max(MIN_PURGE_SIZE, 2 * len(self._windows))
        window = self._windows[workspace, dialect] = BurstWindow(rule, now + rule.window_s * 1000)
        return window
