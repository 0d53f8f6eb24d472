"""Which methods does a path answer? GET, POST, PATCH and DELETE where there is something to do, HEAD and OPTIONS."""

import httpx2

from tests.dialects.craftdesk.calls import ABSENT, fields, make_kit, make_project, names, refusal
from tests.office import Office, Team

ALLOWED = {
    "/projects": "GET, HEAD, OPTIONS, POST",
    f"/projects/{ABSENT}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    f"/projects/{ABSENT}/archive": "OPTIONS, POST",
    f"/projects/{ABSENT}/unarchive": "OPTIONS, POST",
    "/brand_kits": "GET, HEAD, OPTIONS, POST",
    f"/brand_kits/{ABSENT}": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/workspace": "GET, HEAD, OPTIONS",
    "/usage": "GET, HEAD, OPTIONS",
}


class TestHead:
    async def test_it_is_get_without_a_body(self, office: Office) -> None:
        """Status and headers are the same, but for what the call itself has cost, and its id."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        project, kit = await make_project(craftdesk), await make_kit(craftdesk)
        counted = {"x-ratelimit-remaining", "ratelimit", "x-request-id"}
        for path in (
            "/projects",
            "/projects?per_page=0",
            f"/projects/{project['id']}",
            f"/projects/{ABSENT}",
            f"/brand_kits/{kit['id']}",
            "/workspace",
            "/usage",
            "/nothing",
        ):
            got, head = await craftdesk.get(path), await craftdesk.head(path)
            assert b"" == head.content
            assert got.status_code == head.status_code, path
            kept = [{name: value for name, value in a.headers.items() if name not in counted} for a in (got, head)]
            assert kept[0] == kept[1], path

    async def test_where_there_is_no_get_there_is_no_head(self, craftdesk: httpx2.AsyncClient) -> None:
        """405, with what there is."""
        answer = await craftdesk.head(f"/projects/{ABSENT}/archive")
        assert (405, "OPTIONS, POST") == (answer.status_code, answer.headers["allow"])


class TestOptions:
    async def test_it_tells_what_a_path_answers(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """204 with `Allow`, for a stranger as for a known caller."""
        for caller in (office.http("/craftdesk/v1"), craftdesk):
            for path, allowed in ALLOWED.items():
                answer = await caller.options(path)
                assert (204, b"", allowed) == (answer.status_code, answer.content, answer.headers["allow"]), path


class TestOther:
    async def test_any_other_method_is_405_with_allow(self, craftdesk: httpx2.AsyncClient) -> None:
        """The header and the sentence name the same methods."""
        for path, allowed in ALLOWED.items():
            for method in {"PUT", "TRACE", "PURGE", "POST", "PATCH", "DELETE"} - set(allowed.split(", ")):
                answer = await craftdesk.request(method, path)
                assert [f"This path answers {allowed}."] == refusal(answer, 405)["method"], (method, path)
                assert allowed == answer.headers["allow"]

    async def test_nothing_is_changed_by_it(self, craftdesk: httpx2.AsyncClient) -> None:
        """PUT is not PATCH."""
        made = await make_project(craftdesk, "Poster")
        assert ["method"] == fields(await craftdesk.put(f"/projects/{made['id']}", json={"name": "x"}), 405)
        assert ["Poster"] == await names(craftdesk)


class TestPath:
    async def test_slashes_too_many_make_no_difference(self, office: Office, team: Team) -> None:
        """`/projects/` is `/projects`, its links too."""
        _, key = await team.key()
        caller = office.http("", key)
        await caller.post("/craftdesk/v1/projects", json={"name": "x"})
        plain = await caller.get("/craftdesk/v1/projects")
        for path in ("/craftdesk/v1/projects/", "/craftdesk/v1//projects", "/craftdesk//v1/projects//"):
            answer = await caller.get(path)
            assert (plain.content, plain.headers["link"]) == (answer.content, answer.headers["link"]), path
