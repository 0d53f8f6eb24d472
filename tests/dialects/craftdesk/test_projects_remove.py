"""`DELETE /v1/projects/{id or slug}`: gone for good."""

import httpx2

from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_kit, make_project, make_projects, names
from tests.office import Office


class TestRemove:
    async def test_it_is_gone(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """204 with nothing in it; from then on neither read, listed, counted nor found."""
        kept, made = await make_projects(engine_craftdesk, "kept", "deleted")
        answer = await engine_craftdesk.delete(f"/projects/{made['id']}")
        assert (204, b"") == (answer.status_code, answer.content)
        assert not {"content-type", "content-length", "etag"} & answer.headers.keys()
        for ref in (made["id"], made["slug"]):
            assert ["project"] == fields(await engine_craftdesk.get(f"/projects/{ref}"), 404)
        page = await listed(engine_craftdesk, archived="any")
        assert [kept] == page["data"]
        assert 1 == page["meta"]["pagination"]["total"]
        assert [] == await names(engine_craftdesk, q="deleted")
        assert [] == await names(engine_craftdesk, ids=made["id"])

    async def test_a_second_time_it_is_404(self, craftdesk: httpx2.AsyncClient) -> None:
        """There is nothing to delete any more."""
        made = await make_project(craftdesk)
        answers = [await craftdesk.delete(f"/projects/{made['id']}") for _ in range(2)]
        assert [204, 404] == [answer.status_code for answer in answers]

    async def test_a_slug_names_it_too(self, craftdesk: httpx2.AsyncClient) -> None:
        """And is free from then on."""
        await make_projects(craftdesk, "Poster", "Poster")
        assert 204 == (await craftdesk.delete("/projects/poster")).status_code
        assert "poster" == (await make_project(craftdesk, "Poster"))["slug"]

    async def test_an_archived_one_is_deleted_as_well(self, craftdesk: httpx2.AsyncClient) -> None:
        """It needn't be taken up for that."""
        made = await make_project(craftdesk)
        await craftdesk.post(f"/projects/{made['id']}/archive")
        assert 204 == (await craftdesk.delete(f"/projects/{made['id']}")).status_code
        assert [] == await names(craftdesk, archived="any")

    async def test_its_kit_stays(self, craftdesk: httpx2.AsyncClient) -> None:
        """A kit is nobody's own."""
        kit = await make_kit(craftdesk)
        made = await make_project(craftdesk, brand_kit_id=kit["id"])
        await craftdesk.delete(f"/projects/{made['id']}")
        assert kit == data(await craftdesk.get(f"/brand_kits/{kit['id']}"))

    async def test_another_workspaces_is_404_and_stays(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The bytes are those for one that is absent."""
        theirs = await (await office.team()).craftdesk()
        made = await make_project(theirs, "Poster")
        answers = [await craftdesk.delete(f"/projects/{ref}") for ref in (ABSENT, made["id"], made["slug"])]
        assert ["project"] == fields(answers[0], 404)
        assert 1 == len({answer.content for answer in answers})
        assert made == data(await theirs.get(f"/projects/{made['id']}"))
