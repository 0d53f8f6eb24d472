"""Who may do what to which project? 404 for what isn't the team's, 410 out of sight, 403 in sight and not allowed."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import change, listed, make_kit, make_project, names, refusal, remove, success
from tests.office import Office, Team

OUT_OF_SIGHT = "You lack access to this project."
ABSENT = "There is no such project."

Verb = Callable[[httpx2.AsyncClient, int], Awaitable[httpx2.Response]]


@pytest.fixture
def office(engine_office: Office) -> Office:
    """A runtime on each engine in turn."""
    return engine_office


@pytest.fixture
async def member(team: Team) -> httpx2.AsyncClient:
    """The client of a member who is assigned to nothing."""
    return await team.creatopy(await team.member())


@pytest.fixture
async def private(creatopy: httpx2.AsyncClient, kit: int) -> dict[str, Any]:
    """The owner's private project."""
    return await make_project(creatopy, kit, "Private")


@pytest.fixture
async def shared(team: Team, creatopy: httpx2.AsyncClient, kit: int) -> dict[str, Any]:
    """A team-wide project; the other dialect says so."""
    project = await make_project(creatopy, kit, "Shared")
    await (await team.craftdesk()).patch("/projects/shared", json={"visibility": "team"})
    return project


async def rename(caller: httpx2.AsyncClient, project: int) -> httpx2.Response:
    """PUT with a change in it."""
    return await change(caller, project, name="After")


async def touch(caller: httpx2.AsyncClient, project: int) -> httpx2.Response:
    """PUT with nothing in it."""
    return await change(caller, project)


async def spoil(caller: httpx2.AsyncClient, project: int) -> httpx2.Response:
    """PUT with what breaks a rule."""
    return await change(caller, project, name="", assignedBrandKitId=10**9)


async def remove_stale(caller: httpx2.AsyncClient, project: int) -> httpx2.Response:
    """DELETE of a version that never was."""
    return await remove(caller, project, **{"If-Match": '"stale"'})


class TestOutOfSight:
    @pytest.mark.parametrize("verb", [rename, touch, spoil, remove, remove_stale])
    async def test_every_verb_is_410(
        self, creatopy: httpx2.AsyncClient, member: httpx2.AsyncClient, private: dict[str, Any], verb: Verb
    ) -> None:
        """A member's call to a private project that isn't theirs tells that it is there, and does nothing to it."""
        assert OUT_OF_SIGHT == refusal(await verb(member, private["id"]), 410)
        assert ["Private"] == await names(creatopy)

    async def test_an_archived_one_is_410_too(
        self, team: Team, member: httpx2.AsyncClient, private: dict[str, Any]
    ) -> None:
        """Archived or not, it is out of sight."""
        await (await team.craftdesk()).post("/projects/private/archive")
        for verb in (rename, remove):
            assert OUT_OF_SIGHT == refusal(await verb(member, private["id"]), 410)

    async def test_it_follows_visibility_at_once(
        self, team: Team, member: httpx2.AsyncClient, shared: dict[str, Any]
    ) -> None:
        """Made private, it is out of sight in the next call, in the list too; made team-wide, it is back."""
        craftdesk = await team.craftdesk()
        assert ["Shared"] == await names(member)
        await craftdesk.patch("/projects/shared", json={"visibility": "private"})
        assert [] == await names(member)
        refusal(await touch(member, shared["id"]), 410)
        await craftdesk.patch("/projects/shared", json={"visibility": "team"})
        assert ["Shared"] == await names(member)
        success(await touch(member, shared["id"]))


class TestInSight:
    async def test_a_member_changes_what_is_team_wide_or_theirs(
        self, team: Team, shared: dict[str, Any], private: dict[str, Any]
    ) -> None:
        """Every field that PUT takes; one assigned to them as well as one for all."""
        user = await team.member()
        uuid = (await (await team.craftdesk()).get("/projects/private")).json()["data"]["id"]
        await team.assign(user, uuid)
        caller = await team.creatopy(user)
        for project in (shared, private):
            fields = {"name": "After", "color": "#123", "assignedBrandKitId": None, "isBrandKitSelectable": False}
            answer = success(await change(caller, project["id"], **fields, description="By a member"))
            assert "After" == answer["project"]["name"]
        assert 2 == (await listed(caller))["totalCount"]

    async def test_a_member_deletes_nothing(
        self, creatopy: httpx2.AsyncClient, member: httpx2.AsyncClient, shared: dict[str, Any]
    ) -> None:
        """403: they see it, but may not."""
        for verb in (remove, remove_stale):
            assert "Your role doesn't include project.delete." == refusal(await verb(member, shared["id"]), 403)
        assert ["Shared"] == await names(creatopy)

    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    async def test_owners_and_admins_may_all(self, team: Team, private: dict[str, Any], role: Role) -> None:
        """Private or not, another's or not."""
        caller = await team.creatopy(await team.member(role))
        success(await rename(caller, private["id"]))
        success(await remove(caller, private["id"]))


class TestAnotherTeams:
    @pytest.mark.parametrize("role", list(Role))
    async def test_it_is_404_for_everyone(
        self, office: Office, creatopy: httpx2.AsyncClient, private: dict[str, Any], shared: dict[str, Any], role: Role
    ) -> None:
        """Private or team-wide there, it is nothing here, byte for byte like an id that nobody has."""
        other = await office.team()
        stranger = await other.creatopy(await other.member(role))
        for verb in (rename, touch, spoil, remove, remove_stale):
            answers = [await verb(stranger, id) for id in (private["id"], shared["id"], 10**9)]
            assert {ABSENT} == {refusal(answer, 404) for answer in answers}
            assert 1 == len({answer.content for answer in answers})
        assert ["Shared", "Private"] == await names(creatopy)

    async def test_a_kit_of_theirs_is_404(self, office: Office, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """To read through a project, to rename, to delete."""
        stranger = await (await office.team()).creatopy()
        own = await make_project(stranger, (await make_kit(stranger))["id"])
        for id in (kit, 10**9):
            answers = [
                await stranger.post("/projects", json={"name": "New", "brandKitId": id}),
                await change(stranger, own["id"], assignedBrandKitId=id),
                await stranger.put("/brandkits", json={"brandkitId": id, "name": "After"}),
                await stranger.put("/brandkits", json={"brandkitId": id}),
                await stranger.request("DELETE", "/brandkits", json={"brandkitId": id}),
            ]
            assert {"There is no such brand kit."} == {refusal(answer, 404) for answer in answers}
        assert ["House style"] == await names(creatopy, "/brandkits")
