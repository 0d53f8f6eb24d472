"""What does a process know of a team's month? The calls leased, those of them that it holds, and those it owes."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """One team's month as this process knows it, from `month` until before `ends_at` (both in milliseconds).

    `leased` is how many calls all processes have taken, as read from the store at `epoch`; `epoch` None: to be read
    (again). Of these, this process holds `held`, leased under `limit` and not yet spent; `limit` None: the team has no
    limit, or nothing was leased yet. `owed` calls were spent without a limit and are still to be written;
    `being_written` are in a write that has begun. `waiting` callers wait for a lease.
    """

    workspace: int
    month: int
    ends_at: int
    leased: int = 0
    held: int = 0
    limit: int | None = None
    owed: int = 0
    being_written: int = 0
    spent_at: int = 0
    epoch: int | None = None
    waiting: int = 0
    lease_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def covers(self, now_ms: int) -> bool:
        """Whether that moment is in its month; it may be before it where the clock was set back."""
        return self.month <= now_ms < self.ends_at

    def used(self) -> int:
        """Calls spent this month, as far as this process knows; those that other processes hold count as spent."""
        return self.leased - self.held + self.owed + self.being_written

    def remaining(self, limit: int) -> int:
        """Calls left under this limit."""
        left = limit - self.used()
        return left if left > 0 else 0

    def has_idle_lease(self, idle_since: int) -> bool:
        """Whether it holds calls that nobody is about to spend: no call since then, or no limit any more."""
        return self.held > 0 and (self.spent_at <= idle_since or self.limit is None)

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until the month ends, rounded up, at least 1."""
        left = -((now_ms - self.ends_at) // 1000)
        return left if left > 0 else 1
