"""How is a call refused? Always in the envelope of the vendor's page, never telling more than it says."""

import logging
from typing import Any, NoReturn

import httpx2
import pytest

from maquette.domain import projects
from maquette.model.errors import Unavailable
from maquette.model.ids import reads_as_uuid
from tests.dialects.craftdesk.calls import ABSENT, data, fields, make_kit, make_project, names, refusal
from tests.office import Office, Team


class TestNotFound:
    async def test_another_workspaces_is_as_absent(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """For every verb the bytes are those for what never was."""
        theirs = await (await office.team()).craftdesk()
        project, kit = await make_project(theirs), await make_kit(theirs)
        calls: list[tuple[str, str, Any]] = [
            ("GET", "/projects/{}", None),
            ("PATCH", "/projects/{}", {"name": "x"}),
            ("DELETE", "/projects/{}", None),
            ("POST", "/projects/{}/archive", None),
            ("POST", "/projects/{}/unarchive", None),
            ("GET", "/brand_kits/{}", None),
            ("PATCH", "/brand_kits/{}", {"name": "x"}),
            ("DELETE", "/brand_kits/{}", None),
        ]
        for method, path, body in calls:
            answers = [
                await craftdesk.request(method, path.format(ref), **({"json": body} if body else {}))
                for ref in (ABSENT, project["id"], kit["id"])
            ]
            assert [404] * 3 == [answer.status_code for answer in answers], (method, path)
            assert 1 == len({answer.content for answer in answers}), (method, path)

    async def test_a_path_that_nobody_answers(self, craftdesk: httpx2.AsyncClient) -> None:
        """404 about the path, for any method."""
        for path in (
            "/",
            "/nothing",
            "/project",
            "/projects/a/b",
            "/projects/a/archive/b",
            "/v1/projects",
        ):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                assert ["path"] == fields(await craftdesk.request(method, path), 404), (method, path)

    async def test_without_a_key_nobody_learns_what_there_is(self, office: Office) -> None:
        """An unknown caller gets 401 for every path."""
        stranger = office.http("/craftdesk/v1")
        for path in ("/projects", f"/projects/{ABSENT}", "/nothing"):
            assert ["api_key"] == fields(await stranger.get(path), 401)


class TestSentences:
    """One says a noun; anything else is told as it was sent."""

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("/projects?per_page=101", "'per_page' must be at most 100."),
            ("/projects?page=0", "The page must be at least 1."),
            ("/projects?archived=maybe", "'archived' must be one of false, true, any."),
            ("/projects?brand_kit_id=x", "'brand_kit_id' must be a UUID."),
            ("/events?actor=x", "'actor' must be a UUID."),
        ],
    )
    async def test_of_a_query(self, craftdesk: httpx2.AsyncClient, path: str, sentence: str) -> None:
        """What a parameter must be."""
        assert [[sentence]] == list(refusal(await craftdesk.get(path), 400).values())

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({"name": " "}, "The name must not be empty."),
            ({"name": "A", "archived": True}, "'archived' is not a field of this request."),
            ({"name": "A", "title": "B"}, "'title' is not a field of this request."),
        ],
        ids=["noun", "participle", "unknown"],
    )
    async def test_of_a_body(self, craftdesk: httpx2.AsyncClient, body: dict[str, Any], sentence: str) -> None:
        """What a field must be, and that there is no such field."""
        assert [[sentence]] == list(refusal(await craftdesk.post("/projects", json=body), 400).values())


class TestBroken:
    async def test_a_bug_of_ours_tells_an_id_and_nothing_else(
        self, craftdesk: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """500 in the envelope; the id leads to the reason in the log."""

        async def broken(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError("the password of the store is hunter2")

        monkeypatch.setattr(projects, "list_", broken)
        with caplog.at_level(logging.ERROR):
            answer = await craftdesk.get("/projects")
        errors = refusal(answer, 500)
        (id,) = errors["request_id"]
        assert ["request_id"] == list(errors)
        assert reads_as_uuid(id)
        assert "hunter2" not in answer.text
        assert "RuntimeError" not in answer.text
        assert id in caplog.text
        assert "hunter2" in caplog.text

    async def test_a_bug_is_not_remembered(
        self, craftdesk: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The next call of the same page is answered."""

        async def broken(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError

        with monkeypatch.context() as patched:
            patched.setattr(projects, "list_", broken)
            assert 500 == (await craftdesk.get("/projects")).status_code
        assert [] == await names(craftdesk)
        assert caplog.records


class TestUnavailable:
    async def test_a_store_that_can_not_write_says_so(
        self, office: Office, craftdesk: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """503 with `Retry-After`, no word of the inside, and reads go on."""
        made = await make_project(craftdesk)

        async def full(*_: Any, **__: Any) -> NoReturn:
            raise Unavailable("FullError: database or disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(office.database, "write", full)
            answer = await craftdesk.post("/projects", json={"name": "x"})
            assert ["store"] == fields(answer, 503)
            assert 0 < int(answer.headers["retry-after"])
            assert "FullError" not in answer.text
            assert made == data(await craftdesk.get(f"/projects/{made['id']}"))
        await make_project(craftdesk)


class TestForbidden:
    async def test_a_known_caller_without_the_permission(self, team: Team) -> None:
        """403 says which permission it takes."""
        member = await team.craftdesk(await team.member())
        answer = await member.post("/projects", json={"name": "x"})
        assert {"permission": ["Your role doesn't include project.create."]} == refusal(answer, 403)
