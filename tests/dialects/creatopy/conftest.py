"""Who calls? A team on the plan without limits, a client of its owner's, and a brand kit to make projects with."""

import httpx2
import pytest

from tests.dialects.creatopy.calls import make_kit
from tests.office import Office, Team


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose calls are never too many."""
    return await office.team()


@pytest.fixture
async def creatopy(team: Team) -> httpx2.AsyncClient:
    """Its owner's client."""
    return await team.creatopy()


@pytest.fixture
async def kit(creatopy: httpx2.AsyncClient) -> int:
    """The id of a brand kit of the team's."""
    return int((await make_kit(creatopy))["id"])
