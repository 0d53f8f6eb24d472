"""A second runtime on the same store, and the time that PostgreSQL's nodes take to look again."""

from collections.abc import AsyncIterator, Callable
from time import monotonic

import pytest

from maquette.app import open_runtime
from maquette.settings import Settings
from maquette.store import postgres
from tests.office import Office, StillClock


@pytest.fixture
async def next_door(engine_office: Office, engine_settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
    """Another process's runtime on the store of `engine_office`, as far as the store can tell."""
    async with open_runtime(engine_settings, clock) as runtime:
        made = Office(runtime, clock)
        yield made
        await made.close()


@pytest.fixture
def within_a_second(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets that second pass in which the nodes of PostgreSQL may answer from memory, and no time otherwise.

    SQLite needs none.
    """
    now = monotonic()
    monkeypatch.setattr(postgres, "monotonic", lambda: now)

    def pass_it() -> None:
        nonlocal now
        now += 0.999

    return pass_it
