"""Is what takes long made once for all who ask, whatever happens meanwhile?"""

import asyncio
from threading import Event

import pytest

from maquette.model.lazy import Lazy


class Workshop:
    """Makes things slowly: each one when it's let."""

    def __init__(self) -> None:
        self.made = 0
        self.may = Event()
        self.is_broken = False

    def make(self) -> str:
        """The next one."""
        self.made += 1
        assert self.may.wait(10)
        if self.is_broken:
            raise ValueError("broken")
        return f"made {self.made}"


@pytest.fixture
def workshop() -> Workshop:
    """One that is busy."""
    return Workshop()


async def test_all_who_ask_get_the_same(workshop: Workshop) -> None:
    """Those who ask at once, and those who ask later."""
    lazy = Lazy(workshop.make)
    asking = asyncio.gather(*(lazy.get() for _ in range(5)))
    await asyncio.sleep(0.05)
    workshop.may.set()
    assert ["made 1"] * 5 == await asking
    assert "made 1" == await lazy.get()


async def test_the_loop_goes_on_meanwhile(workshop: Workshop) -> None:
    """It is made beside it: this very loop lets it be finished."""
    asyncio.get_running_loop().call_later(0.05, workshop.may.set)
    assert "made 1" == await Lazy(workshop.make).get()


async def test_who_goes_away_leaves_it_to_the_others(workshop: Workshop) -> None:
    """Also the one who asked first."""
    lazy = Lazy(workshop.make)
    first, second = asyncio.create_task(lazy.get()), asyncio.create_task(lazy.get())
    await asyncio.sleep(0.05)
    first.cancel()
    workshop.may.set()
    assert "made 1" == await second
    assert first.cancelled()


async def test_a_failure_is_told_to_all_and_not_kept(workshop: Workshop) -> None:
    """The next who asks may have more luck."""
    lazy, workshop.is_broken = Lazy(workshop.make), True
    workshop.may.set()
    told = await asyncio.gather(lazy.get(), lazy.get(), return_exceptions=True)
    assert ["broken", "broken"] == [str(error) for error in told]
    workshop.is_broken = False
    assert "made 2" == await lazy.get()


def test_it_is_made_anew_for_another_loop(workshop: Workshop) -> None:
    """Where the first one ended before it was ready; what is ready is for all."""
    lazy = Lazy(workshop.make)

    async def hurried() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await lazy.get()
        asyncio.get_running_loop().call_soon(workshop.may.set)

    asyncio.run(hurried())
    assert "made 2" == asyncio.run(lazy.get())
    assert "made 2" == asyncio.run(lazy.get())
