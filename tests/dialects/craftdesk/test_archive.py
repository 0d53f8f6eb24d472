"""`POST /v1/projects/{id or slug}/archive` and `/unarchive`: archived, and active again."""

from typing import Any

import httpx2

from tests.dialects.craftdesk.calls import ABSENT, data, fields, make_project, names, refusal
from tests.office import Office


class TestArchive:
    async def test_it_says_since_when(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The answer is the project; nothing of it but the two times has changed."""
        made = await make_project(craftdesk, "Poster", description="d", visibility="team")
        office.clock.advance(seconds=90)
        archived = data(await craftdesk.post(f"/projects/{made['id']}/archive"))
        at = "2026-03-10T12:01:30Z"
        assert {**made, "archived_at": at, "updated_at": at} == archived
        assert archived == data(await craftdesk.get("/projects/poster"))

    async def test_again_it_changes_nothing(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """200 with the project as it is since the first time."""
        made = await make_project(craftdesk)
        first = data(await craftdesk.post(f"/projects/{made['id']}/archive"))
        office.clock.advance(days=1)
        assert first == data(await craftdesk.post(f"/projects/{made['slug']}/archive"))

    async def test_it_can_be_changed_where_it_is(self, craftdesk: httpx2.AsyncClient) -> None:
        """Archived is not frozen, and its slug stays its own."""
        made = await make_project(craftdesk, "Poster")
        await craftdesk.post("/projects/poster/archive")
        changed = data(await craftdesk.patch("/projects/poster", json={"name": "Flyer"}))
        assert ("Flyer", "poster", True) == (changed["name"], changed["slug"], changed["archived_at"] is not None)
        assert made["id"] == changed["id"]

    async def test_what_is_not_there_is_404(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Absent or another workspace's: the same bytes, both ways."""
        theirs = await make_project(await (await office.team()).craftdesk())
        for verb in ("archive", "unarchive"):
            answers = [await craftdesk.post(f"/projects/{ref}/{verb}") for ref in (ABSENT, theirs["id"], "nonsense")]
            assert ["project"] == fields(answers[0], 404)
            assert 1 == len({answer.content for answer in answers})

    async def test_there_is_nothing_to_say_in_a_body(self, craftdesk: httpx2.AsyncClient) -> None:
        """No body, `{}` and an empty form are taken; a field is refused by name, so that nothing sent is lost."""
        made = await make_project(craftdesk)
        path = f"/projects/{made['id']}/archive"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert ["reason"] == fields(await craftdesk.post(path, json={"reason": "old"}))
        assert ["body"] == fields(
            await craftdesk.post(path, content=b"{", headers={"Content-Type": "application/json"})
        )
        assert ["content_type"] == fields(await craftdesk.post(path, content=b"reason=old", headers=form), 415)
        assert ["body"] == fields(await craftdesk.post(path, content=b" " * 1_048_577), 413)
        assert data(await craftdesk.get(f"/projects/{made['id']}"))["archived_at"] is None
        taken: list[dict[str, Any]] = [{}, {"json": {}}, {"content": b"", "headers": form}]
        for sent in taken:
            data(await craftdesk.request("POST", path, **sent))


class TestUnarchive:
    async def test_it_is_active_again(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """As it was, in the list where it was."""
        made = await make_project(craftdesk)
        await make_project(craftdesk, "newer")
        await craftdesk.post(f"/projects/{made['id']}/archive")
        office.clock.advance(seconds=1)
        taken_up = data(await craftdesk.post(f"/projects/{made['id']}/unarchive"))
        assert {**made, "updated_at": "2026-03-10T12:00:01Z"} == taken_up
        assert ["newer", made["name"]] == await names(craftdesk)

    async def test_an_active_one_stays_as_it_is(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """200 with the project, also when there was nothing to do."""
        made = await make_project(craftdesk)
        office.clock.advance(seconds=1)
        assert made == data(await craftdesk.post(f"/projects/{made['id']}/unarchive"))

    async def test_it_needs_room_in_the_plan(self, office: Office) -> None:
        """Beyond the plan's projects: 403 with `errors.plan`, and it stays where it is."""
        craftdesk = await (await office.team(plan=await office.plan(projects=1))).craftdesk()
        first = await make_project(craftdesk, "first")
        await craftdesk.post(f"/projects/{first['id']}/archive")
        second = await make_project(craftdesk, "second")
        assert ["plan"] == list(refusal(await craftdesk.post(f"/projects/{first['id']}/unarchive"), 403))
        assert ["first"] == await names(craftdesk, archived="true")
        await craftdesk.delete(f"/projects/{second['id']}")
        assert data(await craftdesk.post(f"/projects/{first['id']}/unarchive"))["archived_at"] is None

    async def test_at_the_limit_an_active_one_needs_no_room(self, office: Office) -> None:
        """There is nothing to do, so there is nothing to refuse."""
        craftdesk = await (await office.team(plan=await office.plan(projects=1))).craftdesk()
        made = await make_project(craftdesk)
        assert made == data(await craftdesk.post(f"/projects/{made['id']}/unarchive"))
