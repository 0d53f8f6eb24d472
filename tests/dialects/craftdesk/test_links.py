"""Does a list's `Link` header stay short?"""

import pytest

from tests.office import Office


class TestLink:
    @pytest.mark.parametrize(("length", "there"), [(300, True), (30_000, False)])
    async def test_a_long_query_makes_no_long_header(self, office: Office, length: int, there: bool) -> None:
        """The body tells which page it is in any case."""
        caller = await (await office.team()).craftdesk()
        answer = await caller.get("/projects", params={"unknown": "x" * length})
        assert (200, there) == (answer.status_code, "link" in answer.headers)
