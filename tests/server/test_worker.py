"""`maquette worker`: a process of its own that sends what servers leave."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maquette.settings import Settings
from tests.endpoint import Says, endpoint
from tests.office import Office
from tests.server.supervised import ENVIRONMENT
from tests.worker.desk import Desk

WITHIN_S = 60


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker on that store."""
    options = ["--data", str(settings.data), "--secret-key", settings.secret_key or "", "--webhook-allow", "127.0.0.1"]
    if settings.database_url:
        options += ["--database-url", settings.database_url]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "maquette", "worker", *options, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_sends_what_another_process_has_written(own_settings: Settings, own_office: Office) -> None:
    """Within its poll, on either engine; SIGTERM lets what is under way arrive, and ends it in peace."""
    desk = await Desk.of(own_office)
    go_on = asyncio.Event()
    async with endpoint() as there, working(own_settings) as process:
        there.says = lambda _: Says(after=go_on)
        webhook = await desk.webhook(there.url())
        await desk.project()
        async with asyncio.timeout(WITHIN_S):
            while not there.got:
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.1)
            go_on.set()
            _, logged = await process.communicate()
        assert 0 == process.returncode
        assert re.search(rb"INFO stopping: .*\n.*INFO stopped\n$", logged)
        assert ["delivered"] == [delivery.state for delivery in await desk.log(webhook)]
        assert 1 == len(there.got)
