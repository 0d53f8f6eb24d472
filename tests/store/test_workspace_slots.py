"""Do the writes of one workspace leave connections to the others, in the order in which they came?"""

import asyncio

import pytest

from maquette.model.errors import Unavailable
from maquette.store import workspace_slots
from maquette.store.workspace_slots import Claims, WorkspaceBusy, WorkspaceSlots

ONE, OTHER = 1, 2


@pytest.fixture
def slots() -> WorkspaceSlots:
    """Of two a workspace."""
    return WorkspaceSlots(limit=2)


def taken(slots: WorkspaceSlots, workspace: int = ONE) -> Claims:
    """Those of a write that has a slot."""
    claims = Claims(slots)
    claims.take(workspace)
    return claims


async def waiting(slots: WorkspaceSlots) -> tuple[Claims, asyncio.Task[None]]:
    """A write that waits for a slot, and its waiting."""
    claims = Claims(slots)
    with pytest.raises(WorkspaceBusy):
        claims.take(ONE)
    task = asyncio.create_task(claims.wait_for(ONE))
    await asyncio.sleep(0)
    return claims, task


class TestTake:
    def test_only_so_many_of_one_workspace(self, slots: WorkspaceSlots) -> None:
        """Others have their own."""
        for workspace in (ONE, ONE, OTHER):
            taken(slots, workspace)
        with pytest.raises(WorkspaceBusy) as busy:
            taken(slots)
        assert ONE == busy.value.workspace

    def test_a_write_takes_one_however_often_it_asks(self, slots: WorkspaceSlots) -> None:
        """A body locks its workspace more than once."""
        first = taken(slots)
        first.take(ONE)
        taken(slots)

    def test_nothing_is_remembered_of_those_that_ended(self, slots: WorkspaceSlots) -> None:
        """One entry for each workspace that was ever written to would be a leak."""
        for claims in (taken(slots), taken(slots), taken(slots, OTHER)):
            claims.give_back()
        assert not slots.of


class TestWaitFor:
    async def test_first_come_first_served(self, slots: WorkspaceSlots) -> None:
        """A slot goes to whoever has waited longest, and to nobody who comes in between."""
        first, _ = taken(slots), taken(slots)
        (second, waits), (third, waits_too) = await waiting(slots), await waiting(slots)
        first.give_back()
        with pytest.raises(WorkspaceBusy):
            taken(slots)
        await waits
        second.take(ONE)
        assert not waits_too.done()
        second.give_back()
        await waits_too
        third.take(ONE)

    async def test_who_waits_holds_nothing(self, slots: WorkspaceSlots) -> None:
        """Two that waited for each other's would wait for ever."""
        both = taken(slots, OTHER), taken(slots, OTHER)
        taken(slots), taken(slots)
        waits = asyncio.create_task(both[0].wait_for(ONE))
        await asyncio.sleep(0)
        taken(slots, OTHER)
        waits.cancel()

    async def test_who_goes_away_is_passed_over(self, slots: WorkspaceSlots) -> None:
        """Their slot isn't lost."""
        first, _ = taken(slots), taken(slots)
        (_, leaves), (third, waits) = await waiting(slots), await waiting(slots)
        leaves.cancel()
        await asyncio.sleep(0)
        first.give_back()
        await waits
        third.take(ONE)

    async def test_who_goes_away_with_a_slot_gives_it_back(self, slots: WorkspaceSlots) -> None:
        """It may have been passed on in the very moment in which they went."""
        first, _ = taken(slots), taken(slots)
        second, waits = await waiting(slots)
        first.give_back()
        waits.cancel()
        second.give_back()
        taken(slots)

    async def test_nobody_waits_for_ever(self, slots: WorkspaceSlots, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then the store is unavailable for this write."""
        monkeypatch.setattr(workspace_slots, "WAIT_S", 0.01)
        taken(slots), taken(slots)
        _, waits = await waiting(slots)
        with pytest.raises(Unavailable):
            await waits

    async def test_nor_again_and_again(self, slots: WorkspaceSlots, monkeypatch: pytest.MonkeyPatch) -> None:
        """All that one write waits is one time, also where it finds another workspace busy later."""
        monkeypatch.setattr(workspace_slots, "WAIT_S", 0.05)
        write = Claims(slots)
        await write.wait_for(ONE)
        await asyncio.sleep(0.06)
        with pytest.raises(Unavailable):
            await write.wait_for(OTHER)

    async def test_one_that_is_free_by_now_is_not_waited_for(self, slots: WorkspaceSlots) -> None:
        """The next attempt takes it."""
        await Claims(slots).wait_for(ONE)
