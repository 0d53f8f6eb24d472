"""What does a process know of a team's month? What is leased, what of it is held, and what is owed."""

import asyncio
from dataclasses import dataclass, field

NEVER = -1


@dataclass(slots=True)
class Ledger:
    """One team's month as this process knows it.

    `leased` is how many calls all processes have taken, as the store said at `epoch`; `held` of these are ours, leased
    under `limit` and not yet spent. `owed` were spent without a limit and have yet to be written; `being_written` are
    in a write that has begun. `waiting` callers wait for a lease.
    """

    workspace: int
    month: int
    ends_at: int
    leased: int = 0
    held: int = 0
    limit: int = NEVER
    owed: int = 0
    being_written: int = 0
    spent_at: int = 0
    epoch: int = NEVER
    waiting: int = 0
    lease_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def covers(self, now_ms: int) -> bool:
        """Whether that moment is in its month; after the clock was set back it may be in the one before."""
        return self.month <= now_ms < self.ends_at

    def used(self) -> int:
        """Calls spent this month, as far as this process knows; what others hold counts as spent."""
        return self.leased - self.held + self.owed + self.being_written

    def remaining(self, limit: int) -> int:
        """Calls left under this limit."""
        left = limit - self.used()
        return left if left > 0 else 0

    def has_idle_lease(self, idle_since: int) -> bool:
        """Whether what is held is of no use: the team hasn't called since then, or has no limit any more."""
        return self.held > 0 and (self.spent_at <= idle_since or self.limit == NEVER)

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until the month ends, rounded up, at least 1."""
        left = -((now_ms - self.ends_at) // 1000)
        return left if left > 0 else 1
