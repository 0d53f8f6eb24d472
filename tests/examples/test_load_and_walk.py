"""The example does what its page says: it loads real projects through both APIs and finds every one again."""

import json
from functools import partial
from typing import Any, cast

import httpx2
import pytest

from examples.load_and_walk import BRANDS, load_and_walk
from examples.walker.rows import Difference, Ordering, Row, Walk
from examples.walker.search import differences, words
from maquette.wire.asgi import as_asgi
from tests.office import Office


async def test_the_sample_is_loaded_and_found_again(engine_office: Office) -> None:
    """Nothing is lost, doubled or mangled on any page, by any cursor, in any ordering, in either dialect."""
    team = await engine_office.team()
    _, key = await team.key()
    client, secret = await team.client_pair()
    transport = httpx2.ASGITransport(cast(Any, as_asgi(engine_office.runtime.application)))
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
    assert report.searches >= 60
    craftdesk = await team.craftdesk()
    shown = (await craftdesk.get("/brand_kits", params={"per_page": 100})).json()["data"]
    lines = [json.loads(line) for line in BRANDS.read_text("utf-8").split("\n") if line][::2]
    assert sorted(line["color"] for line in lines) == sorted(color["hex"] for kit in shown for color in kit["colors"])
    colors = {line["name"].strip(): line["color"] for line in lines}
    unique = [kit for kit in shown if kit["name"] in colors]
    assert [colors[kit["name"]] for kit in unique] == [kit["colors"][0]["hex"] for kit in unique]


class TestSearch:
    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (["école", "École d'Art"], []),
            (["école"], ['"École d\'Art" is not found']),
            (["école", "École d'Art", "Ecole"], ["'Ecole' is found, which doesn't hold the word, or once too often"]),
        ],
        ids=["right", "too few", "too many"],
    )
    def test_what_is_found_is_compared_with_the_file(self, shown: list[str], expected: list[str]) -> None:
        """By folded text: case makes no difference, an accent does; what was there before counts for nothing."""
        rows = [Row(number, name) for number, name in enumerate([*shown, "ÉCOLE of old"])]
        walk = Walk("kits", "craftdesk", Ordering("search", "id", True, {}), 100, rows)
        before = {("kits", "craftdesk"): {len(shown)}}
        found = list(differences(walk, "ÉCOLE", ["école", "École d'Art", "Ecole"], before))  # type: ignore[arg-type]
        assert [Difference("search", walk.where, what) for what in expected] == found

    def test_names_of_every_script_are_looked_for(self) -> None:
        """In the other case, where there is one."""
        found = words(["école", "ЯНДЕКС", "株式会社", "Plain Name"])
        assert ["AIN", "ÉCOLE", "яндекс", "株式会社"] == sorted(found)
