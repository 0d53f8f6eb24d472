"""Does whoever waits for what another finds out hear when it's found out, and that it can't be?"""

import asyncio

import pytest

from maquette.model.errors import Unavailable
from maquette.store.single_flight import SingleFlight


class TestWaiting:
    async def test_nothing_is_under_way(self) -> None:
        """There is nothing to wait for."""
        assert not await SingleFlight().wait_until_done("x")

    @pytest.mark.parametrize("error", [None, ZeroDivisionError()])
    async def test_it_has_ended(self, error: Exception | None) -> None:
        """Those who waited look for themselves, also after a mistake that may be the other's own."""
        flight = SingleFlight()
        flight.begin("x")
        waiting = [asyncio.create_task(flight.wait_until_done("x")) for _ in range(3)]
        await asyncio.sleep(0)
        assert "x" in flight
        flight.end("x", error)
        assert [True] * 3 == await asyncio.gather(*waiting)
        assert "x" not in flight

    async def test_what_the_store_could_not_do_is_not_tried_by_each_in_turn(self) -> None:
        """All of them are told at once."""
        flight = SingleFlight()
        flight.begin("x")
        waiting = [asyncio.create_task(flight.wait_until_done("x")) for _ in range(3)]
        await asyncio.sleep(0)
        flight.end("x", Unavailable("out of time"))
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [(Unavailable, "out of time")] * 3 == [(type(each), str(each)) for each in told]

    async def test_who_goes_away_ends_nothing(self) -> None:
        """The others wait on."""
        flight = SingleFlight()
        flight.begin("x")
        first, second = (asyncio.create_task(flight.wait_until_done("x")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        flight.end("x")
        assert (True, True) == (await second, first.cancelled())
