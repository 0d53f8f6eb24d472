"""How do the threads of a server share a core? Without preempting each other when they wake up (decision 26)."""

import os
from contextlib import suppress


def take_turns() -> None:
    """Set the policy SCHED_BATCH (sched(7)): a thread that wakes up doesn't preempt the one that runs.

    Holds for the calling thread and all that it starts later, so this is called before any is started. Does nothing
    where there is no such policy (it is Linux's), or where the operator has chosen another.
    """
    if not hasattr(os, "SCHED_BATCH"):
        return
    with suppress(OSError):  # a sandbox may forbid either call
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
