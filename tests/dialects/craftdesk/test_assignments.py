"""`/v1/projects/{ref}/members`: who works on a project, and what a member sees because of it."""

from typing import Any

import httpx2
import pytest

from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_project, names
from tests.office import Office, Team


@pytest.fixture
async def project(craftdesk: httpx2.AsyncClient) -> dict[str, Any]:
    """The owner's private project."""
    return await make_project(craftdesk, "Poster")


async def assign(caller: httpx2.AsyncClient, user_id: str, project: str = "poster") -> httpx2.Response:
    """Put somebody on the project."""
    return await caller.post(f"/projects/{project}/members", json={"user_id": user_id})


class TestAssign:
    async def test_a_member_sees_and_edits_what_they_are_assigned_to(self, engine_office: Office) -> None:
        """A private project comes into sight at once, and goes out of it as soon as the assignment ends."""
        team = await engine_office.team()
        owner, ann = await team.craftdesk(), await team.member()
        caller = await team.craftdesk(ann)
        project = await make_project(owner, "Poster")
        path = f"/projects/{project['id']}"
        assert ([], 404) == (await names(caller), (await caller.get(path)).status_code)
        assert 201 == (await assign(owner, ann.id, project["id"])).status_code
        assert ["Poster"] == await names(caller)
        assert 200 == (await caller.patch(path, json={"description": "By Ann"})).status_code
        assert 204 == (await owner.delete(f"{path}/members/{ann.id}")).status_code
        assert ([], 404) == (await names(caller), (await caller.get(path)).status_code)

    async def test_the_first_time_is_201_and_again_200(self, team: Team, craftdesk: httpx2.AsyncClient,
                                                       project: dict[str, Any]) -> None:  # fmt: skip
        """Both answer with the member and where to find the assignment; only the first is told."""
        ann = await team.member()
        answers = [await assign(craftdesk, ann.id) for _ in range(2)]
        assert [201, 200] == [answer.status_code for answer in answers]
        where = f"/craftdesk/v1/projects/poster/members/{ann.id}"
        for answer in answers:
            assert (ann.id, where) == (answer.json()["data"]["id"], answer.headers["location"])
        read = await craftdesk.get(f"/projects/poster/members/{ann.id}")
        assert (answers[0].content, answers[0].headers["etag"]) == (read.content, read.headers["etag"])
        told = (await listed(craftdesk, "/events", subject_id=project["id"]))["data"]
        assert ["project.assigned", "project.created"] == [event["type"] for event in told]

    async def test_only_an_active_member_is_assigned(self, team: Team, craftdesk: httpx2.AsyncClient,
                                                     project: dict[str, Any]) -> None:  # fmt: skip
        """Nobody, a stranger, somebody invited, shut out or removed: 400, and nobody is on the project."""
        invited = data(await craftdesk.post("/members", json={"email": "ada@example.com", "role": "member"}), 201)
        shut_out, removed = await team.member(), await team.member()
        await craftdesk.patch(f"/members/{shut_out.id}", json={"status": "deactivated"})
        await craftdesk.delete(f"/members/{removed.id}")
        stranger = (await team.office.team()).owner
        for id in (ABSENT, "ann", stranger.id, invited["id"], shut_out.id, removed.id):
            assert ["user_id"] == fields(await assign(craftdesk, id)), id
        assert [] == await names(craftdesk, "/projects/poster/members")

    async def test_a_project_that_is_not_there_is_404(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Whoever is to be assigned."""
        ann = await team.member()
        for id in (ann.id, ABSENT):
            assert ["project"] == fields(await assign(craftdesk, id, ABSENT), 404)

    async def test_a_member_assigns_nobody(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Not even to what they see; what they don't see is 404."""
        ann = await team.member()
        caller = await team.craftdesk(ann)
        await make_project(craftdesk, "Poster", visibility="team")
        await make_project(craftdesk, "Secret")
        assert ["permission"] == fields(await assign(caller, ann.id), 403)
        assert ["permission"] == fields(await caller.delete(f"/projects/poster/members/{ann.id}"), 403)
        assert ["project"] == fields(await assign(caller, ann.id, "secret"), 404)

    async def test_sent_again_with_its_key_it_is_replayed(self, team: Team, craftdesk: httpx2.AsyncClient,
                                                          project: dict[str, Any]) -> None:  # fmt: skip
        """The replay says 201 as the first answer did, also when the assignment has ended since."""
        ann, headers = await team.member(), {"Idempotency-Key": "a"}
        body = {"user_id": ann.id}
        await craftdesk.post("/projects/poster/members", json=body, headers=headers)
        await craftdesk.delete(f"/projects/poster/members/{ann.id}")
        again = await craftdesk.post("/projects/poster/members", json=body, headers=headers)
        assert (201, "true") == (again.status_code, again.headers["idempotency-replayed"])
        assert [] == await names(craftdesk, "/projects/poster/members")


class TestList:
    async def test_it_shows_those_assigned_a_page_at_a_time(self, engine_office: Office) -> None:
        """In the asked order, and nobody of another project."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        for name in ("Poster", "Flyer"):
            await make_project(craftdesk, name)
        people = [await team.member(email=f"{name}@example.com") for name in ("ann", "bob", "cleo", "dan")]
        for user in people[:3]:
            await assign(craftdesk, user.id)
        await assign(craftdesk, people[3].id, "flyer")
        path = "/projects/poster/members"
        pages = [await listed(craftdesk, path, sort="-name", per_page=2, page=page) for page in (1, 2)]
        assert [["cleo", "bob"], ["ann"]] == [[row["name"] for row in page["data"]] for page in pages]
        assert {"current_page": 1, "total": 3, "per_page": 2, "last_page": 2} == pages[0]["meta"]["pagination"]

    async def test_a_member_reads_whom_they_work_with(self, team: Team, craftdesk: httpx2.AsyncClient,
                                                      project: dict[str, Any]) -> None:  # fmt: skip
        """On a project in their sight; of another one they learn nothing."""
        ann, bob = await team.member(), await team.member()
        await assign(craftdesk, ann.id)
        caller, other = await team.craftdesk(ann), await team.craftdesk(bob)
        assert [ann.name] == await names(caller, "/projects/poster/members")
        for path in ("/projects/poster/members", f"/projects/poster/members/{ann.id}"):
            assert ["project"] == fields(await other.get(path), 404)


class TestUnassign:
    async def test_who_is_not_assigned_is_404(self, team: Team, craftdesk: httpx2.AsyncClient,
                                              project: dict[str, Any]) -> None:  # fmt: skip
        """Somebody of the workspace, nobody at all, and who was taken off before."""
        ann, bob = await team.member(), await team.member()
        await assign(craftdesk, ann.id)
        await craftdesk.delete(f"/projects/poster/members/{ann.id}")
        for id in (ann.id, bob.id, ABSENT, "ann"):
            for method in ("GET", "DELETE"):
                assert ["member"] == fields(await craftdesk.request(method, f"/projects/poster/members/{id}"), 404)

    async def test_it_is_told(self, team: Team, craftdesk: httpx2.AsyncClient, project: dict[str, Any]) -> None:
        """Once, about the project."""
        ann = await team.member()
        await assign(craftdesk, ann.id)
        await craftdesk.delete(f"/projects/poster/members/{ann.id}")
        (event,) = (await listed(craftdesk, "/events", type="project.unassigned"))["data"]
        assert {"kind": "project", "id": project["id"]} == event["subject"]

    async def test_another_version_stays(self, team: Team, craftdesk: httpx2.AsyncClient,
                                         project: dict[str, Any]) -> None:  # fmt: skip
        """A stale `If-Match` is 412; the member's own tag passes."""
        ann = await team.member()
        tag = (await assign(craftdesk, ann.id)).headers["etag"]
        for if_match, status in (('"other"', 412), (tag, 204)):
            answer = await craftdesk.delete(f"/projects/poster/members/{ann.id}", headers={"If-Match": if_match})
            assert status == answer.status_code
