"""Work that a response doesn't wait for, so that the time it takes tells nobody anything."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from maquette.model.errors import Overloaded

MAX_TASKS = 100

log = logging.getLogger("maquette")


class BackgroundTasks:
    """Tasks of this process. They end before the store is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        """Run it. If it fails, `what` is logged with the error. Raises `Overloaded` if too many are running."""
        if len(self._tasks) >= MAX_TASKS:
            work.close()
            raise Overloaded
        task = asyncio.create_task(_logged(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for all that are running."""
        await asyncio.gather(*self._tasks)


async def _logged(what: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("%s failed", what)
