"""The example does what its page says: it loads real projects through both APIs and finds every one again."""

from functools import partial
from typing import Any, cast

import httpx2

from examples.load_and_walk import load_and_walk
from tests.office import Office


async def test_the_sample_is_loaded_and_found_again(engine_office: Office) -> None:
    """Nothing is lost, doubled or mangled on any page, by any cursor, in any ordering, in either dialect."""
    team = await engine_office.team()
    _, key = await team.key()
    client, secret = await team.client_pair()
    transport = httpx2.ASGITransport(cast(Any, engine_office.house.asgi))
    report = await load_and_walk(
        "http://127.0.0.1:8080",
        key,
        client.id,
        secret,
        sample=30,
        quiet=True,
        client_factory=partial(httpx2.AsyncClient, transport=transport),
    )
    assert [] == report.differences
    assert report.ok
