"""`DELETE /v1/projects`: gone for good, named in the body."""

from typing import Any

import httpx2
import pytest

from tests.dialects.creatopy.calls import change, listed, make_kit, make_project, names, refusal, remove, success
from tests.office import Office, Team

DONE = {"status": "success"}


@pytest.fixture
async def project(creatopy: httpx2.AsyncClient, kit: int) -> dict[str, Any]:
    """A project to be deleted."""
    return await make_project(creatopy, kit, "Short-lived")


class TestRemove:
    async def test_it_is_gone(self, creatopy: httpx2.AsyncClient, kit: int, project: dict[str, Any]) -> None:
        """`status: success`, and then it is neither listed nor counted nor there; its neighbours are."""
        await make_project(creatopy, kit, "Kept")
        assert DONE == success(await remove(creatopy, project["id"]))
        assert (["Kept"], 1) == (await names(creatopy), (await listed(creatopy))["totalCount"])
        refusal(await change(creatopy, project["id"]), 404)

    async def test_a_second_time_it_is_404(self, creatopy: httpx2.AsyncClient, project: dict[str, Any]) -> None:
        """There is nothing left to delete."""
        await remove(creatopy, project["id"])
        assert "There is no such project." == refusal(await remove(creatopy, project["id"]), 404)

    async def test_an_archived_one_can_be_deleted(
        self, team: Team, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """By id, though it isn't listed."""
        craftdesk = await team.craftdesk()
        await craftdesk.post("/projects/short-lived/archive")
        assert DONE == success(await remove(creatopy, project["id"]))
        assert 404 == (await craftdesk.get("/projects/short-lived")).status_code

    async def test_its_kit_stays(self, creatopy: httpx2.AsyncClient, kit: int, project: dict[str, Any]) -> None:
        """A kit outlives its projects, and can be deleted when the last one is gone."""
        await remove(creatopy, project["id"])
        assert ["House style"] == await names(creatopy, "/brandkits")
        assert DONE == success(await creatopy.request("DELETE", "/brandkits", json={"brandkitId": kit}))

    async def test_one_that_is_not_there_is_404(
        self, office: Office, creatopy: httpx2.AsyncClient, project: dict[str, Any]
    ) -> None:
        """An unknown id, one that no id can be, and another team's project: the same answer."""
        stranger = await (await office.team()).creatopy()
        answers = [await remove(creatopy, id) for id in (10**9, 0, -1, 2**63, 10**30)]
        answers.append(await remove(stranger, project["id"]))
        assert {"There is no such project."} == {refusal(answer, 404) for answer in answers}
        assert 1 == len({answer.content for answer in answers})
        assert ["Short-lived"] == await names(creatopy)

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, "projectId is required."),
            ({"projectId": None}, "projectId must be a whole number."),
            ({"projectId": "1"}, "projectId must be a whole number."),
            ({"projectId": [1]}, "projectId must be a whole number."),
            ({"projectId": 1, "force": True}, "force is not a field of this request."),
            ({"projectid": 1}, "projectid is not a field of this request; projectId is required."),
            ({"id": 1}, "id is not a field of this request; projectId is required."),
        ],
        ids=str,
    )
    async def test_a_wrong_field_is_named(self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: str) -> None:
        """400 for an id that is missing or none, and for what is unknown here."""
        assert told == refusal(await creatopy.request("DELETE", "/projects", json=body), 400)

    async def test_the_id_is_looked_for_in_the_body_alone(
        self, creatopy: httpx2.AsyncClient, kit: int, project: dict[str, Any]
    ) -> None:
        """Without a body, or with the id elsewhere, nothing is deleted."""
        refusal(await creatopy.delete("/projects"), 400)
        refusal(await creatopy.delete(f"/projects?projectId={project['id']}"), 400)
        refusal(await creatopy.delete(f"/projects/{project['id']}"), 404)
        assert ["Short-lived"] == await names(creatopy)
        assert kit == (await make_kit(creatopy))["id"] - 1
