"""Are totals those of their snapshot while others write and count? Each is compared with a look at every project."""

import asyncio
import random
import time
from typing import Any

import pytest

from maquette.domain import assignments, projects
from maquette.domain.projects import ProjectDraft, ProjectPatch
from maquette.model.actor import Actor, Role, Sight
from maquette.model.page import ByPage
from maquette.model.records import Visibility
from maquette.store import counting, search_planner
from maquette.store import projects as store
from maquette.store.database import Transaction
from maquette.store.filters import ProjectFilter
from tests.store.conftest import NEWEST, Home

WRITES = 60
WORDS = ("oo", "wool", "l")
NAMES = ("Wool", "Silk", "Tool", "Linen")


@pytest.fixture(autouse=True)
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search is a common one, and counting it takes long enough for others to commit meanwhile."""
    for bound in ("MAX_SCANNED_PROJECTS", "MAX_SORTED_HITS"):
        monkeypatch.setattr(search_planner, bound, -1)
    count = counting._count

    async def slow(tx: Transaction, *about: Any) -> int:
        total = await count(tx, *about)
        if tx.engine == "sqlite":
            time.sleep(0.003)  # in a thread of its own
        else:
            await asyncio.sleep(0.003)
        return total

    monkeypatch.setattr(counting, "_count", slow)


async def test_each_total_is_that_of_its_snapshot(home: Home) -> None:
    """An owner's and a member's, with and without archived ones, while names, states, sights and numbers change."""
    chance = random.Random(1)
    owner = Actor(home.serial, home.owner.serial, Role.OWNER, user_id=home.owner.id)
    user = (await home.user()).serial
    is_over = asyncio.Event()

    async def write() -> None:
        made: list[int] = []
        for number in range(WRITES):
            await home.write(lambda tx, number=number: _changed(tx, owner, user, made, chance, number))  # type: ignore[misc]
            await asyncio.sleep(0.004)
        is_over.set()

    async def read() -> list[tuple[int, int]]:
        found = []
        while not is_over.is_set():
            filter = ProjectFilter(text=chance.choice(WORDS), archived=chance.choice([None, False]))
            sight = chance.choice([Sight(), Sight(user)])
            found.append(await home.read(lambda tx: _compared(tx, home, sight, filter)))  # noqa: B023
            await asyncio.sleep(0.001)
        return found

    _, *found = await asyncio.gather(write(), *(read() for _ in range(4)))
    totals = [each for some in found for each in some or []]
    assert len(totals) > WRITES
    assert [total for total in totals if total[0] != total[1]] == []


async def _changed(
    tx: Transaction, owner: Actor, user: int, made: list[int], chance: random.Random, number: int
) -> None:
    """A new project, or something that happens to one of those that are there."""
    if number % 3 == 0 or len(made) < 3:
        draft = ProjectDraft(chance.choice(NAMES), visibility=chance.choice(list(Visibility)))
        made.append((await projects.create(tx, owner, draft, now_ms=number)).serial)
        return
    serial, what = chance.choice(made), chance.randrange(5)
    if what == 0:
        await projects.change(tx, owner, serial, ProjectPatch(name=chance.choice(NAMES)), now_ms=number)
    elif what == 1:
        await projects.archive(tx, owner, serial, now_ms=number)
    elif what == 2:
        await projects.unarchive(tx, owner, serial, now_ms=number)
    elif what == 3:
        await assignments.assign(tx, owner, serial, user, now_ms=number)
    else:
        made.remove(serial)
        await projects.remove(tx, owner, serial, now_ms=number)


async def _compared(tx: Transaction, home: Home, sight: Sight, filter: ProjectFilter) -> tuple[int, int]:
    """The total that a page tells of, and how many there are."""
    everything = ProjectFilter(archived=filter.archived)
    window = ByPage(1, 1_000)
    asked = {"sight": sight, "order": NEWEST, "window": window, "kept_total": None}
    page = await store.list_(tx, home.serial, filter=filter, **asked)  # type: ignore[arg-type]
    seen = await store.list_(tx, home.serial, filter=everything, **asked)  # type: ignore[arg-type]
    return page.total, sum(filter.matches(project) for project in seen.items)
