"""`/v1/brand_kits`: made, listed, read, renamed and removed."""

from typing import Any

import httpx2

from maquette.model.actor import Role
from tests.dialects.craftdesk.calls import (
    ABSENT,
    data,
    fields,
    listed,
    make_kit,
    make_project,
    names,
    refusal,
    total,
)
from tests.office import Office, Team

REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": None}, ["name"]),
    ({"name": ""}, ["name"]),
    ({"name": " "}, ["name"]),
    ({"name": "x" * 256}, ["name"]),
    ({"name": "a\nb"}, ["name"]),
    ({"name": "a\x00b"}, ["name"]),
    ({"name": "x", "logos": []}, ["logos"]),
    ({"name": "x", "id": ABSENT}, ["id"]),
]


class TestCreate:
    async def test_a_new_kit_starts_with_roboto(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """It has the typography that every kit starts with, and is read at its `Location`."""
        answer = await craftdesk.post("/brand_kits", json={"name": "House style"})
        kit = data(answer, 201)
        assert f"/craftdesk/v1/brand_kits/{kit['id']}" == answer.headers["location"]
        fonts = kit.pop("typography")
        assert {"Roboto"} == {font["font_name"] for font in fonts}
        assert {"font_id", "font_name", "font_size", "font_weight", "type"} == fonts[0].keys()
        expected = {
            "id": kit["id"],
            "name": "House style",
            "colors": [],
            "logos": [],
            "created_by": team.owner.id,
            "created_at": "2026-03-10T12:00:00Z",
            "updated_at": "2026-03-10T12:00:00Z",
        }
        assert expected == kit
        assert answer.content == (await craftdesk.get(f"/brand_kits/{kit['id']}")).content

    async def test_what_is_wrong_is_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """400 for a name that breaks the rules of names, and for what can't be set."""
        for body, named in [({}, ["name"]), *REFUSED]:
            assert named == fields(await craftdesk.post("/brand_kits", json=body)), body
        assert 0 == await total(craftdesk, "/brand_kits")

    async def test_names_may_repeat_and_are_kept_trimmed(self, craftdesk: httpx2.AsyncClient) -> None:
        """Two kits of a name are two kits."""
        kits = [await make_kit(craftdesk, name) for name in ("Twin", " Twin ")]
        assert ["Twin", "Twin"] == [kit["name"] for kit in kits]
        assert kits[0]["id"] != kits[1]["id"]


class TestList:
    async def test_it_is_paged_ordered_and_searched_as_projects_are(
        self, engine_office: Office, engine_craftdesk: httpx2.AsyncClient
    ) -> None:
        """The same parameters, the same numbers beside it."""
        for name in ("Zebra", "École", "apple"):
            await make_kit(engine_craftdesk, name)
            engine_office.clock.advance(seconds=1)
        cases: list[tuple[dict[str, str | int], list[str]]] = [
            ({}, ["apple", "École", "Zebra"]),
            ({"sort": "created_at"}, ["Zebra", "École", "apple"]),
            ({"sort": "name"}, ["apple", "Zebra", "École"]),
            ({"sort": "-name"}, ["École", "Zebra", "apple"]),
            ({"per_page": 2, "page": 2}, ["Zebra"]),
            ({"page": 9}, []),
            ({"q": "ÉCOLE"}, ["École"]),
            ({"q": "e"}, ["apple", "École", "Zebra"]),
            ({"q": "ecole"}, []),
            ({"_": 1}, ["apple", "École", "Zebra"]),
        ]
        for query, found in cases:
            assert found == await names(engine_craftdesk, "/brand_kits", **query), query
        page = await listed(engine_craftdesk, "/brand_kits", q="e", per_page=2)
        assert {"current_page": 1, "total": 3, "per_page": 2, "last_page": 2} == page["meta"]["pagination"]

    async def test_bad_parameters_are_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """As on the project list."""
        for name, value in (("page", ""), ("page", "-1"), ("per_page", "101"), ("per_page", "1e9"), ("sort", "id")):
            assert [name] == fields(await craftdesk.get("/brand_kits", params={name: value}))

    async def test_it_links_to_its_pages(self, craftdesk: httpx2.AsyncClient) -> None:
        """`Link` is beside every list."""
        await make_kit(craftdesk)
        await make_kit(craftdesk)
        link = (await craftdesk.get("/brand_kits", params={"per_page": 1})).headers["link"]
        assert '</craftdesk/v1/brand_kits?per_page=1&page=2>; rel="next"' in link

    async def test_another_workspaces_kits_are_not_in_it(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Neither rows nor total know of them."""
        await make_kit(await (await office.team()).craftdesk())
        assert {"data": [], "total": 0} == {
            "data": await names(craftdesk, "/brand_kits"),
            "total": await total(craftdesk, "/brand_kits"),
        }


class TestChange:
    async def test_it_gets_another_name(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The projects that point at it go on doing so."""
        kit = await make_kit(craftdesk)
        made = await make_project(craftdesk, brand_kit_id=kit["id"])
        office.clock.advance(seconds=1)
        changed = data(await craftdesk.patch(f"/brand_kits/{kit['id']}", json={"name": " New "}))
        assert {**kit, "name": "New", "updated_at": "2026-03-10T12:00:01Z"} == changed
        assert made == data(await craftdesk.get(f"/projects/{made['id']}"))

    async def test_an_empty_patch_changes_nothing(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Nor does the name it has."""
        kit = await make_kit(craftdesk)
        office.clock.advance(seconds=1)
        for body in ({}, {"name": kit["name"]}):
            assert kit == data(await craftdesk.patch(f"/brand_kits/{kit['id']}", json=body))

    async def test_what_is_wrong_is_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """As on create."""
        kit = await make_kit(craftdesk)
        for body, named in REFUSED:
            assert named == fields(await craftdesk.patch(f"/brand_kits/{kit['id']}", json=body)), body


class TestRemove:
    async def test_it_is_gone(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """204, and from then on 404."""
        kit = await make_kit(engine_craftdesk)
        answer = await engine_craftdesk.delete(f"/brand_kits/{kit['id']}")
        assert (204, b"") == (answer.status_code, answer.content)
        assert ["brand_kit"] == fields(await engine_craftdesk.get(f"/brand_kits/{kit['id']}"), 404)
        assert 0 == await total(engine_craftdesk, "/brand_kits")

    async def test_one_that_projects_use_is_refused(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """400 says how many; archived ones use it too."""
        kit = await make_kit(engine_craftdesk)
        made = [await make_project(engine_craftdesk, brand_kit_id=kit["id"]) for _ in range(2)]
        await engine_craftdesk.post(f"/projects/{made[0]['id']}/archive")
        (sentence,) = refusal(await engine_craftdesk.delete(f"/brand_kits/{kit['id']}"), 400)["brand_kit"]
        assert "2" in sentence
        for project in made:
            await engine_craftdesk.delete(f"/projects/{project['id']}")
        assert 204 == (await engine_craftdesk.delete(f"/brand_kits/{kit['id']}")).status_code


class TestAccess:
    async def test_what_is_not_there_is_404(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Absent or another workspace's: the same bytes for every verb."""
        theirs = await make_kit(await (await office.team()).craftdesk())
        for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
            answers = [
                await craftdesk.request(method, f"/brand_kits/{ref}", json=body) if body else
                await craftdesk.request(method, f"/brand_kits/{ref}")
                for ref in (ABSENT, theirs["id"], "nonsense", "1")
            ]  # fmt: skip
            assert ["brand_kit"] == fields(answers[0], 404)
            assert 1 == len({answer.content for answer in answers}), method

    async def test_a_member_reads_them_and_an_admin_changes_them(self, team: Team) -> None:
        """Making, renaming and deleting is for owners and admins."""
        admin = await team.craftdesk(await team.member(Role.ADMIN))
        member = await team.craftdesk(await team.member())
        kit = await make_kit(admin)
        path = f"/brand_kits/{kit['id']}"
        assert kit == data(await member.get(path))
        assert [kit] == (await listed(member, "/brand_kits"))["data"]
        assert ["permission"] == fields(await member.post("/brand_kits", json={"name": "x"}), 403)
        assert ["permission"] == fields(await member.patch(path, json={"name": "x"}), 403)
        assert ["permission"] == fields(await member.delete(path), 403)
        assert "New" == data(await admin.patch(path, json={"name": "New"}))["name"]
        assert 204 == (await admin.delete(path)).status_code
