"""What if the write-ahead log is carried over all the time? `python -m benchmarks.checkpoints STORE`, until SIGTERM.

Each checkpoint waits for writers and has the next one start the log anew: the heaviest that SQLite has but for
cutting the file. Prints how many came through.
"""

import signal
import sys
import time
from types import FrameType

import apsw

PAUSE_SECONDS = 0.02


class Checkpoints:
    """Counts those that came through; one that finds the log in use has to wait for its next turn."""

    def __init__(self, store: str) -> None:
        self._store = apsw.Connection(store)
        self._is_over = False
        self.count = 0

    def end(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_over = True

    def run(self) -> None:
        while not self._is_over:
            try:
                self._store.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                self.count += 1
            except apsw.BusyError:
                pass
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    checkpoints = Checkpoints(sys.argv[1])
    signal.signal(signal.SIGTERM, checkpoints.end)
    checkpoints.run()
    print(checkpoints.count)
