"""Is what bodies hold of the process's memory bounded, and given back?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from maquette.model.errors import Overloaded
from maquette.wire.bodies import read_whole
from maquette.wire.body_budget import UNBUDGETED_BYTES, BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from tests.office import Office
from tests.wire.asgi import coming

LARGE = bytes(4 * UNBUDGETED_BYTES)


class TestBodyBudget:
    def test_one_workspace_leaves_some_for_the_others(self) -> None:
        """Beyond its own share it has to wait, and so does everybody beyond the whole."""
        budget = BodyBudget(limit=30, workspace_limit=20)
        budget.reserve(1, 20)
        with pytest.raises(Overloaded):
            budget.reserve(1, 1)
        budget.reserve(2, 10)
        with pytest.raises(Overloaded):
            budget.reserve(2, 1)

    def test_what_is_released_can_be_reserved_again(self) -> None:
        """A refusal has reserved nothing, and nobody is remembered."""
        budget = BodyBudget(limit=20, workspace_limit=20)
        for workspace in range(100):
            budget.reserve(workspace, 20)
            with pytest.raises(Overloaded):
                budget.reserve(workspace, 1)
            budget.release(workspace, 20)
        assert not budget._by_workspace


class TestReadWhole:
    @pytest.mark.parametrize(("size", "counted"), [(UNBUDGETED_BYTES, False), (UNBUDGETED_BYTES + 1, True)])
    async def test_only_what_is_large_is_counted(self, size: int, counted: bool) -> None:
        """The first bytes too, once it is."""
        reserved: list[int] = []
        await read_whole(coming([bytes(size - 1), b"x"]), BodyTimeout(), reserve=reserved.append)
        assert counted == (max(reserved, default=0) >= size)

    async def test_short_pieces_weigh_more(self) -> None:
        """Each is an object of its own."""
        few: list[int] = []
        many: list[int] = []
        await read_whole(coming([LARGE]), BodyTimeout(), reserve=few.append)
        await read_whole(coming([b"xy"] * (len(LARGE) // 2)), BodyTimeout(), reserve=many.append)
        assert many[-1] > 20 * few[-1]

    async def test_the_client_is_heard_out(self) -> None:
        """One that still sends would not read the answer."""
        left = iter([LARGE, LARGE, LARGE])

        async def receive() -> Any:
            piece = next(left, b"")
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}

        with pytest.raises(Overloaded):
            await read_whole(receive, BodyTimeout(), reserve=refuse)
        assert [] == list(left)


def refuse(_: int) -> None:
    """The budget is spent."""
    raise Overloaded


class TestCalls:
    async def test_one_too_many_is_refused_and_the_rest_answered(self, office: Office) -> None:
        """503 with `Retry-After`; the budget is free again once they are answered."""
        team = await office.team()
        caller = await team.craftdesk()
        budget = cast(Any, office.runtime.application)._gates["craftdesk"]._body_budget
        budget._workspace_limit = 2 * len(LARGE)
        go_on = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield LARGE
            await go_on.wait()

        headers = {"content-type": "application/json"}
        waiting = asyncio.create_task(caller.post("/projects", content=slowly(), headers=headers))
        while not budget._reserved:
            await asyncio.sleep(0.001)
        refused = await caller.post("/projects", content=LARGE, headers=headers)
        assert (503, "1") == (refused.status_code, refused.headers["retry-after"])
        assert ["body"] == list(refused.json()["errors"])
        assert 201 == (await caller.post("/projects", json={"name": "Small"})).status_code
        go_on.set()
        assert 400 == (await waiting).status_code
        assert 0 == budget._reserved
