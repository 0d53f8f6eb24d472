"""A desk on each engine, on a store of its own, and an endpoint."""

from collections.abc import AsyncIterator

import pytest

from tests.endpoint import Endpoint, endpoint
from tests.events_in_order import in_order as in_order
from tests.office import Office
from tests.worker.desk import Desk


@pytest.fixture
async def desk(own_office: Office) -> Desk:
    """A team and its worker."""
    return await Desk.of(own_office)


@pytest.fixture
async def there() -> AsyncIterator[Endpoint]:
    """An endpoint that takes everything."""
    async with endpoint() as found:
        yield found


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jitter, so that a step's end is known."""
    monkeypatch.setattr("maquette.worker.random.random", lambda: 0.0)
