"""`PUT /v1/projects`: what the body names is changed, and nothing else."""

from typing import Any

import httpx2
import pytest

from tests.dialects.creatopy.calls import change, listed, make_kit, make_project, names, refusal, success
from tests.dialects.creatopy.texts import COLORS, DESCRIPTIONS, NAMES, NOT_COLORS, NOT_DESCRIPTIONS, NOT_NAMES, TRIMMED
from tests.office import Office, StillClock, Team


@pytest.fixture
async def project(creatopy: httpx2.AsyncClient, kit: int) -> dict[str, Any]:
    """A project with every field filled."""
    return await make_project(creatopy, kit, "Before", color="#123", description="As it was")


async def now(caller: httpx2.AsyncClient, project: int) -> dict[str, Any]:
    """The project as it is, told by a change that changes nothing."""
    found: dict[str, Any] = success(await change(caller, project))["project"]
    return found


class TestFields:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ({"name": "After"}, {"name": "After"}),
            ({"color": "#AbC"}, {"color": "#AbC"}),
            ({"color": None}, {"color": None}),
            ({"description": "As it is"}, {"description": "As it is"}),
            ({"description": ""}, {"description": ""}),
            ({"description": None}, {"description": None}),
            ({"assignedBrandKitId": None}, {"brandKit": None}),
            ({"isBrandKitSelectable": False}, {"isBrandKitSelectable": False}),
            (
                {"name": "After", "color": None, "description": "x"},
                {"name": "After", "color": None, "description": "x"},
            ),
        ],
        ids=str,
    )
    async def test_only_what_is_named_changes(
        self, creatopy: httpx2.AsyncClient, project: dict[str, Any], sent: dict[str, Any], shown: dict[str, Any]
    ) -> None:
        """The answer is the whole project with this one difference, and so is the next one."""
        answer = success(await change(creatopy, project["id"], **sent))
        assert {"project": {**project, **shown}} == answer
        assert {**project, **shown} == await now(creatopy, project["id"])
        assert list(project) == list(answer["project"])

    async def test_another_kit_is_assigned(self, creatopy: httpx2.AsyncClient, project: dict[str, Any]) -> None:
        """`assignedBrandKitId` puts another kit in its place, takes it away, and puts one back."""
        other = await make_kit(creatopy, "Another style")
        for sent, shown in ((other["id"], other), (None, None), (project["brandKit"]["id"], project["brandKit"])):
            answer = success(await change(creatopy, project["id"], assignedBrandKitId=sent))
            assert {**project, "brandKit": shown} == answer["project"]

    async def test_selectable_goes_both_ways(self, creatopy: httpx2.AsyncClient, project: dict[str, Any]) -> None:
        """`isBrandKitSelectable` is what was last said."""
        for selectable in (False, False, True, True, False):
            answer = success(await change(creatopy, project["id"], isBrandKitSelectable=selectable))
            assert selectable is answer["project"]["isBrandKitSelectable"]

    async def test_maker_team_and_id_stay(self, team: Team, project: dict[str, Any]) -> None:
        """Whoever changes a project doesn't become its maker."""
        admin = await team.creatopy(await team.member())
        await team.craftdesk()
        assert (team.owner.serial, team.workspace.serial) == (project["createdBy"], project["teamId"])
        refusal(await change(admin, project["id"], name="After"), 410)

    async def test_texts_follow_the_rules_of_creation(
        self, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """What may be created may be changed to, trimmed in the same way."""
        for sent, kept in {**{name: name for name in NAMES}, **TRIMMED}.items():
            assert kept == success(await change(creatopy, project["id"], name=sent))["project"]["name"]
        for field, values in (("description", DESCRIPTIONS), ("color", COLORS)):
            for value in values:
                assert value == success(await change(creatopy, project["id"], **{field: value}))["project"][field]

    async def test_other_texts_are_refused(self, creatopy: httpx2.AsyncClient, project: dict[str, Any]) -> None:
        """400 names the field, and the project stays as it was, what was right in the same body too."""
        wrong = {"name": NOT_NAMES, "description": NOT_DESCRIPTIONS, "color": NOT_COLORS}
        for field, values in wrong.items():
            for value in values:
                answer = await change(creatopy, project["id"], isBrandKitSelectable=False, **{field: value})
                assert refusal(answer, 400).startswith(f"{field} must "), (field, value)
        assert project == await now(creatopy, project["id"])


class TestNothing:
    async def test_an_id_alone_changes_nothing(
        self, creatopy: httpx2.AsyncClient, project: dict[str, Any], kit: int, clock: StillClock
    ) -> None:
        """200 with the project as it is; it doesn't count as a change, nor does saying what is so already."""
        newer = await make_project(creatopy, kit, "Newer")
        clock.advance(seconds=60)
        same = {key: project[key] for key in ("name", "color", "description", "isBrandKitSelectable")}
        for body in ({}, same, {"assignedBrandKitId": kit}, {"name": " Before "}):
            assert {"project": project} == success(await change(creatopy, project["id"], **body))
        assert [newer["name"], "Before"] == await names(creatopy, orderBy="UPDATED_AT")
        await change(creatopy, project["id"], color="#456")
        assert ["Before", newer["name"]] == await names(creatopy, orderBy="UPDATED_AT")


class TestBody:
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, "projectId is required"),
            ({"name": "After"}, "projectId is required"),
            ({"projectId": None}, "projectId must be a whole number"),
            ({"projectId": "1"}, "projectId must be a whole number"),
            ({"projectId": 1.5}, "projectId must be a whole number"),
            ({"projectId": True}, "projectId must be a whole number"),
            ({"projectId": [1]}, "projectId must be a whole number"),
            ({"projectId": 1, "name": None}, "name must be text"),
            ({"projectId": 1, "name": 5}, "name must be text"),
            ({"projectId": 1, "assignedBrandKitId": "5"}, "assignedBrandKitId must be a whole number or null"),
            ({"projectId": 1, "isBrandKitSelectable": None}, "isBrandKitSelectable must be true or false"),
            ({"projectId": 1, "isBrandKitSelectable": 1}, "isBrandKitSelectable must be true or false"),
            ({"projectId": 1, "isBrandKitSelectable": "true"}, "isBrandKitSelectable must be true or false"),
            ({"projectId": 1, "color": 1}, "color must be text or null"),
            ({"projectId": 1, "brandKitId": 1}, "brandKitId is not a field"),
            ({"projectId": 1, "brandkitId": 1}, "brandkitId is not a field"),
            ({"projectId": 1, "createdBy": 1}, "createdBy is not a field"),
            ({"projectId": 1, "slug": "x"}, "slug is not a field"),
            ({"id": 1}, "id is not a field of this request; projectId is required"),
        ],
        ids=str,
    )
    async def test_a_wrong_field_is_named(self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: str) -> None:
        """400 for a field that is missing, of the wrong kind, or unknown here."""
        assert told in refusal(await creatopy.put("/projects", json=body), 400)

    async def test_a_kit_that_is_not_there_is_404(
        self, office: Office, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """An unknown one and another team's: nothing of the change is done."""
        foreign = (await make_kit(await (await office.team()).creatopy()))["id"]
        for kit in (foreign, 10**9, 0, -1, 2**64):
            answer = await change(creatopy, project["id"], name="After", assignedBrandKitId=kit)
            assert "There is no such brand kit." == refusal(answer, 404), kit
        assert project == await now(creatopy, project["id"])

    async def test_a_project_that_is_not_there_is_404(
        self, office: Office, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """An unknown id, one that no id can be, and another team's project: the same answer."""
        stranger = await (await office.team()).creatopy()
        answers = [await change(creatopy, id, name="After") for id in (10**9, 0, -1, 2**63, 10**30)]
        answers.append(await change(stranger, project["id"], name="After"))
        assert {"There is no such project."} == {refusal(answer, 404) for answer in answers}
        assert 1 == len({answer.content for answer in answers})
        assert project == await now(creatopy, project["id"])

    async def test_the_id_is_looked_for_in_the_body_alone(
        self, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """There is nothing at a project's own path, and a query doesn't name one."""
        refusal(await creatopy.put(f"/projects/{project['id']}", json={"name": "After"}), 404)
        refusal(await creatopy.put(f"/projects?projectId={project['id']}", json={"name": "After"}), 400)


class TestArchived:
    async def test_it_can_still_be_changed_by_id(
        self, team: Team, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """It isn't listed, but it is there, and stays archived."""
        await (await team.craftdesk()).post("/projects/before/archive")
        assert "After" == success(await change(creatopy, project["id"], name="After"))["project"]["name"]
        assert 0 == (await listed(creatopy))["totalCount"]
