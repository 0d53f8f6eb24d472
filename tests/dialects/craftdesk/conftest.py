"""Who calls? A team on the plan without limits, and a caller with a key of its owner's."""

import httpx2
import pytest

from tests.office import Office, Team


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose calls are never too many."""
    return await office.team()


@pytest.fixture
async def craftdesk(team: Team) -> httpx2.AsyncClient:
    """Its owner's caller."""
    return await team.craftdesk()


@pytest.fixture
async def engine_team(engine_office: Office) -> Team:
    """The same team on each engine in turn."""
    return await engine_office.team()


@pytest.fixture
async def engine_craftdesk(engine_team: Team) -> httpx2.AsyncClient:
    """Its owner's caller."""
    return await engine_team.craftdesk()
