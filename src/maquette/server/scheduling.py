"""How do the threads of a server share a core? One after the other, each until it has nothing to do (decision 26)."""

import os
from contextlib import suppress


def take_turns() -> None:
    """Let no thread of this process, nor of those it starts, push another aside when it wakes up.

    Linux calls that SCHED_BATCH (sched(7)). Where the operator has chosen a policy, it stays.
    """
    if not hasattr(os, "SCHED_BATCH"):
        return
    with suppress(OSError):  # a sandbox may forbid to ask, or to choose
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
