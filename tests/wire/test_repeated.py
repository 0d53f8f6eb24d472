"""What do headers say that came more than once?"""

import pytest

from maquette.dialects.creatopy.handlers.tokens import PATH
from maquette.model.errors import Invalid
from maquette.wire.repeated import combined
from tests.office import Office


class TestJoined:
    @pytest.mark.parametrize("name", [b"if-match", b"if-none-match", b"x-forwarded-for"])
    def test_lists_are_one_list(self, name: bytes) -> None:
        """In their order."""
        assert {name: b"a, b, c", b"x": b"1"} == combined([(name, b"a"), (b"x", b"1"), (name, b"b, c")])

    @pytest.mark.parametrize("name", ["content-type", "authorization", "origin", "host"])
    def test_what_is_no_list_is_refused(self, name: str) -> None:
        """The same value twice, too."""
        with pytest.raises(Invalid) as refused:
            combined([(name.encode(), b"a"), (name.encode(), b"a")])
        assert {name.replace("-", "_"): ["must be sent once"]} == refused.value.problems


class TestCalls:
    async def test_an_entity_tag_among_two_headers_is_found(self, office: Office) -> None:
        """Whichever of them has it."""
        caller = await (await office.team()).craftdesk()
        path = (await caller.post("/projects", json={"name": "Mine"})).headers["location"].partition("/v1")[2]
        tag = (await caller.get(path)).headers["etag"]
        for tags in ((tag, '"x"'), ('"x"', tag)):
            assert 304 == (await caller.get(path, headers=[("if-none-match", each) for each in tags])).status_code
            changed = await caller.patch(path, json={}, headers=[("if-match", each) for each in tags])
            assert 200 == changed.status_code

    async def test_two_content_types_are_refused(self, office: Office) -> None:
        """Nobody guesses which of them is meant."""
        caller = await (await office.team()).craftdesk()
        kinds = [("content-type", "application/json"), ("content-type", "text/plain")]
        refused = await caller.post("/projects", content=b'{"name":"x"}', headers=kinds)
        assert (400, ["content_type"]) == (refused.status_code, list(refused.json()["errors"]))

    async def test_two_credentials_are_refused_where_none_is_asked_for(self, office: Office) -> None:
        """As everywhere else."""
        client, secret = await (await office.team()).client_pair()
        twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
        body = {"clientId": client.id, "clientSecret": secret}
        assert 400 == (await office.http("/creatopy").post(PATH, json=body, headers=twice)).status_code
