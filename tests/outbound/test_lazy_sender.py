"""Does the HTTP client come with the first webhook, and go with the runtime?"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from maquette.model.errors import Unavailable
from maquette.outbound.http import Sender
from maquette.outbound.lazy_sender import LazySender
from maquette.outbound.urls import BadUrl
from tests.endpoint import Endpoint, endpoint
from tests.outbound.receiver import LOOPBACK


@pytest.fixture
async def there() -> AsyncIterator[Endpoint]:
    """A receiver."""
    async with endpoint() as made:
        yield made


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Sender]:
    """The senders that are made."""
    found: list[Sender] = []
    make = Sender.__init__

    def noted(self: Sender, *args: object, **options: object) -> None:
        found.append(self)
        make(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Sender, "__init__", noted)
    return found


async def test_it_sends(there: Endpoint, made: list[Sender]) -> None:
    """As the client does that it makes, once for all that is sent."""
    sender = LazySender(LOOPBACK)
    assert [] == made
    answers = await asyncio.gather(*(sender.post(there.url(), {"webhook-id": str(n)}, b"{}") for n in range(5)))
    assert ([200] * 5, 5, 1) == ([answer.status for answer in answers], len(there.got), len(made))
    await sender.close()
    assert made[0]._session.closed


async def test_it_vets(made: list[Sender]) -> None:
    """By the networks that it was given."""
    sender = LazySender(())
    with pytest.raises(BadUrl):
        await sender.vet("https://127.0.0.1/")
    await sender.close()
    assert 1 == len(made)


async def test_one_who_goes_away_leaves_the_others_theirs(there: Endpoint, made: list[Sender]) -> None:
    """Also the one for whom it was being made."""
    sender = LazySender(LOOPBACK)
    first, second = (asyncio.create_task(sender.post(there.url(), {"webhook-id": "1"}, b"")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert 200 == (await second).status
    assert 1 == len(made)
    await sender.close()


async def test_once_closed_it_stays_closed(made: list[Sender]) -> None:
    """Also where it was never asked before, so that no connection is left open."""
    sender = LazySender(LOOPBACK)
    await sender.close()
    with pytest.raises(Unavailable):
        await sender.vet("http://127.0.0.1/")
    assert [] == made


async def test_none_is_made_for_whom_closing_overtakes(made: list[Sender]) -> None:
    """Nobody would close it."""
    sender = LazySender(LOOPBACK)
    asked = asyncio.create_task(sender.vet("http://127.0.0.1/"))
    await asyncio.sleep(0)
    await sender.close()
    with pytest.raises(Unavailable):
        await asked
    assert [] == made
