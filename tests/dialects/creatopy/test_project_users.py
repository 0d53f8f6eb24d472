"""`/v1/project/users`: who works on a project, in Creatopy's words."""

from typing import Any

import httpx2
import pytest

from tests.dialects.creatopy.calls import make_project, names, refusal, success
from tests.office import Office, Team


@pytest.fixture
async def project(creatopy: httpx2.AsyncClient, kit: int) -> int:
    """The id of the owner's private project."""
    return int((await make_project(creatopy, kit, "Poster"))["id"])


async def assign(caller: httpx2.AsyncClient, user: int, project: int) -> httpx2.Response:
    """Put a user on the project."""
    return await caller.post("/project/users", json={"userId": user, "projectId": project})


async def unassign(caller: httpx2.AsyncClient, user: int, project: int, **headers: str) -> httpx2.Response:
    """Take a user off the project."""
    body = {"userId": user, "projectId": project}
    return await caller.request("DELETE", "/project/users", json=body, headers=headers)


async def users(caller: httpx2.AsyncClient, project: int) -> Any:
    """Everybody on the project."""
    return success(await caller.get("/project/users", params={"projectId": project}))


class TestList:
    async def test_each_is_shown_in_full(self, team: Team, creatopy: httpx2.AsyncClient, project: int) -> None:
        """A plain list with the documented fields, in the order of the ids."""
        ann, bob = await team.member(), await team.member()
        assert [] == await users(creatopy, project)
        for user in (bob, ann):
            await assign(creatopy, user.serial, project)
        shown = await users(creatopy, project)
        assert [ann.serial, bob.serial] == [user["userId"] for user in shown]
        assert shown[0] == {
            "userId": ann.serial,
            "teamId": team.workspace.serial,
            "name": ann.name,
            "url": None,
            "email": ann.email,
            "profilePicture": None,
            "role": "Viewer",
            "teamRoleId": 2,
        }

    async def test_the_project_is_named(self, creatopy: httpx2.AsyncClient) -> None:
        """Left out, blank or no number: 400; one that isn't there, however large: 404."""
        for query, told in (({}, "is required"), ({"projectId": ""}, "must be a whole number"),
                            ({"projectId": "poster"}, "must be a whole number")):  # fmt: skip
            answer = await creatopy.get("/project/users", params=query)
            assert f"projectId {told}." == refusal(answer, 400)
        for id in (10**9, 2**63 - 1, 0, -1):
            answer = await creatopy.get("/project/users", params={"projectId": id})
            assert "There is no such project." == refusal(answer, 404)


class TestAssign:
    async def test_a_user_sees_what_they_are_assigned_to(self, engine_office: Office) -> None:
        """At once, and as long as it lasts; again it changes nothing."""
        team = await engine_office.team()
        creatopy, ann = await team.creatopy(), await team.member()
        caller = await team.creatopy(ann)
        kit = success(await creatopy.post("/brandkits/create", json={"name": "K"}))["brandKit"]["id"]
        project = (await make_project(creatopy, kit, "Poster"))["id"]
        assert [] == await names(caller)
        for _ in range(2):
            assert {"status": "success"} == success(await assign(creatopy, ann.serial, project))
            assert ["Poster"] == await names(caller)
        assert {"status": "success"} == success(await unassign(creatopy, ann.serial, project))
        assert [] == await names(caller)

    async def test_who_and_what_must_be_there(self, team: Team, creatopy: httpx2.AsyncClient, project: int) -> None:
        """An unknown user or project is 404, somebody who isn't active 400."""
        ann, stranger = await team.member(), (await team.office.team()).owner
        for user in (stranger.serial, 0, 2**63):
            assert "There is no such member." == refusal(await assign(creatopy, user, project), 404)
        assert "There is no such project." == refusal(await assign(creatopy, ann.serial, 10**9), 404)
        invited = success(await creatopy.post("/users", json={"name": "A", "email": "a@example.com", "role": 2}))
        told = refusal(await assign(creatopy, invited["id"], project), 400)
        assert "userId must be the id of an active member." == told

    async def test_who_does_not_see_the_project_is_told_so(self, team: Team, project: int) -> None:
        """410 for each verb, and 403 for a member who sees it."""
        ann, bob = await team.member(), await team.member()
        caller = await team.creatopy(ann)
        for answer in (
            await caller.get("/project/users", params={"projectId": project}),
            await assign(caller, bob.serial, project),
            await unassign(caller, bob.serial, project),
        ):
            assert "You lack access to this project." == refusal(answer, 410)
        await assign(await team.creatopy(), ann.serial, project)
        for answer in (await assign(caller, bob.serial, project), await unassign(caller, ann.serial, project)):
            assert "Your role doesn't include project.assign." == refusal(answer, 403)


class TestUnassign:
    async def test_who_is_not_on_the_project_is_404(
        self, team: Team, creatopy: httpx2.AsyncClient, project: int
    ) -> None:
        """One of the team or not."""
        ann, stranger = await team.member(), (await team.office.team()).owner
        for user in (ann.serial, stranger.serial, 0):
            assert "There is no such member." == refusal(await unassign(creatopy, user, project), 404)

    async def test_another_version_stays(self, team: Team, creatopy: httpx2.AsyncClient, project: int) -> None:
        """A stale `If-Match` is 412."""
        ann = await team.member()
        await assign(creatopy, ann.serial, project)
        assert 412 == (await unassign(creatopy, ann.serial, project, **{"If-Match": '"other"'})).status_code
        assert 1 == len(await users(creatopy, project))
