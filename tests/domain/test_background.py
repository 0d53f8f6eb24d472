"""Work beside an answer: bounded, logged where it fails, and finished before the store is closed."""

import asyncio

import pytest

from maquette.app import open_runtime
from maquette.domain.background import MAX_TASKS, BackgroundTasks
from maquette.model.errors import Overloaded
from maquette.settings import Settings
from tests.office import StillClock


async def test_a_stopping_server_finishes_it(settings: Settings, clock: StillClock) -> None:
    """While it can still use the store."""
    done: list[int] = []
    async with open_runtime(settings, clock) as runtime:
        database = runtime.services.database

        async def work() -> None:
            await asyncio.sleep(0.05)
            done.append(await database.read(lambda tx: tx.value("SELECT 1")))

        runtime.services.background.start("some work", work())
    assert [1] == done


async def test_too_much_is_refused(recwarn: pytest.WarningsRecorder) -> None:
    """Whoever asks for it is told, and what was refused is no forgotten coroutine."""
    tasks, may_end, ended = BackgroundTasks(), asyncio.Event(), list[int]()

    async def work(number: int) -> None:
        await may_end.wait()
        ended.append(number)

    for number in range(MAX_TASKS):
        tasks.start("some work", work(number))
    with pytest.raises(Overloaded):
        tasks.start("some work", work(-1))
    may_end.set()
    await tasks.finish()
    tasks.start("some work", work(MAX_TASKS))
    await tasks.finish()
    assert [*range(MAX_TASKS + 1)] == ended
    assert not recwarn.list


async def test_a_failure_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for it who could be told."""
    tasks = BackgroundTasks()

    async def work() -> None:
        raise ZeroDivisionError

    tasks.start("dividing", work())
    await tasks.finish()
    assert ("dividing failed", True) == (caplog.messages[0], "ZeroDivisionError" in caplog.text)
