"""`/v1/brandkits`: kits listed, made, renamed and deleted, in the vendor's several spellings."""

from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import change, listed, make_kit, make_project, names, refusal, remove, success
from tests.dialects.creatopy.texts import NAMES, NOT_NAMES, TRIMMED
from tests.office import Office, StillClock, Team


async def rename(caller: httpx2.AsyncClient, kit: int, **fields: Any) -> httpx2.Response:
    """A kit's PUT."""
    return await caller.put("/brandkits", json={"brandkitId": kit, **fields})


async def drop(caller: httpx2.AsyncClient, kit: int) -> httpx2.Response:
    """A kit's DELETE."""
    return await caller.request("DELETE", "/brandkits", json={"brandkitId": kit})


class TestCreate:
    async def test_it_shows_the_whole_kit(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """200 with `brandKit` alone: its documented keys in their places."""
        answer = success(await creatopy.post("/brandkits/create", json={"name": "House style"}))
        kit = answer["brandKit"]
        assert ["brandKit"] == list(answer)
        assert ["id", "name", "teamId", "typography", "createdBy"] == list(kit)
        expected = ("House style", team.workspace.serial, team.owner.serial)
        assert expected == (kit["name"], kit["teamId"], kit["createdBy"])
        assert isinstance(kit["id"], int)

    async def test_it_starts_with_roboto(self, creatopy: httpx2.AsyncClient) -> None:
        """Each entry names the font without an id, with a size, a weight in text, and what it is for."""
        typography = (await make_kit(creatopy))["typography"]
        keys = ["fontId", "fontName", "fontSize", "fontWeight", "type"]
        assert [keys] * len(typography) == [list(font) for font in typography]
        assert {(None, "Roboto")} == {(font["fontId"], font["fontName"]) for font in typography}
        kinds = {tuple(type(font[key]) for key in keys[2:]) for font in typography}
        assert {(int, str, str)} == kinds
        assert len(typography) == len({font["type"] for font in typography})

    async def test_names_follow_the_rules_of_projects(self, creatopy: httpx2.AsyncClient) -> None:
        """The same names are kept, trimmed in the same way, and the same are refused; they may repeat."""
        for sent, kept in {**{name: name for name in NAMES}, **TRIMMED}.items():
            assert kept == (await make_kit(creatopy, sent))["name"]
            assert kept == (await make_kit(creatopy, sent))["name"]
        for name in NOT_NAMES:
            answer = await creatopy.post("/brandkits/create", json={"name": name})
            assert refusal(answer, 400).startswith("name must "), name

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, "name is required."),
            ({"name": None}, "name must be text."),
            ({"name": 5}, "name must be text."),
            ({"name": "New", "typography": []}, "typography is not a field of this request."),
            ({"name": "New", "brandkitId": 1}, "brandkitId is not a field of this request."),
        ],
        ids=str,
    )
    async def test_a_wrong_field_is_named(self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: str) -> None:
        """400 for a name that is missing or none, and for what is unknown here."""
        assert told == refusal(await creatopy.post("/brandkits/create", json=body), 400)


class TestList:
    async def test_a_node_is_id_and_name(self, creatopy: httpx2.AsyncClient) -> None:
        """The newest first, in the same connection as projects."""
        kits = [await make_kit(creatopy, name) for name in ("One", "Two")]
        nodes = [{"id": kit["id"], "name": kit["name"]} for kit in reversed(kits)]
        found = await listed(creatopy, "/brandkits")
        assert ["totalCount", "nodes", "pageInfo"] == list(found)
        assert (2, nodes, False) == (found["totalCount"], found["nodes"], found["pageInfo"]["hasNextPage"])

    async def test_an_empty_team_has_an_empty_list(self, creatopy: httpx2.AsyncClient) -> None:
        """No nodes, no total, no next page and no cursor."""
        expected = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": ""}}
        assert expected == await listed(creatopy, "/brandkits")

    async def test_it_takes_the_query_of_every_list(self, engine_office: Office) -> None:
        """Keyword, limit, order and direction mean what they mean for projects, and are refused alike."""
        creatopy = await (await engine_office.team()).creatopy()
        for name in ("Straße", "b", "A"):
            await make_kit(creatopy, name)
        for query, expected in (
            ({}, ["A", "b", "Straße"]),
            ({"limit": 2}, ["A", "b"]),
            ({"keyword": "STRASSE"}, ["Straße"]),
            ({"keyword": "_"}, []),
            ({"orderBy": "NAME"}, ["A", "b", "Straße"]),
            ({"orderBy": "NAME", "orderDirection": "DESC"}, ["Straße", "b", "A"]),
            ({"orderBy": "CREATED_AT", "orderDirection": "ASC"}, ["Straße", "b", "A"]),
            ({"unknown": "1"}, ["A", "b", "Straße"]),
        ):
            assert expected == await names(creatopy, "/brandkits", **query), query
        assert 1 == (await listed(creatopy, "/brandkits", keyword="STRASSE"))["totalCount"]
        for wrong in ({"limit": "0"}, {"limit": "101"}, {"orderBy": "COLOR"}, {"cursor": "x"}):
            refusal(await creatopy.get("/brandkits", params=wrong), 400)

    async def test_another_teams_kits_are_not_there(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """Neither listed nor counted nor found."""
        await make_kit(await (await office.team()).creatopy(), "Theirs")
        assert 0 == (await listed(creatopy, "/brandkits"))["totalCount"]
        assert [] == await names(creatopy, "/brandkits", keyword="Theirs")


class TestChange:
    async def test_it_is_renamed(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The answer is the kit with its new name, and its projects show it."""
        project = await make_project(creatopy, kit)
        before = project["brandKit"]
        answer = success(await rename(creatopy, kit, name=" New style "))
        assert {"brandKit": {**before, "name": "New style"}} == answer
        assert ["New style"] == await names(creatopy, "/brandkits")
        assert "New style" == (await listed(creatopy))["nodes"][0]["brandKit"]["name"]

    async def test_an_id_alone_changes_nothing(self, creatopy: httpx2.AsyncClient, clock: StillClock) -> None:
        """200 with the kit as it is, and its place by the last change stays; a change moves it."""
        kits = [await make_kit(creatopy, name) for name in ("One", "Two")]
        clock.advance(seconds=60)
        assert {"brandKit": kits[0]} == success(await rename(creatopy, kits[0]["id"]))
        assert {"brandKit": kits[0]} == success(await rename(creatopy, kits[0]["id"], name="One"))
        assert ["Two", "One"] == await names(creatopy, "/brandkits", orderBy="UPDATED_AT")
        await rename(creatopy, kits[0]["id"], name="First")
        assert ["First", "Two"] == await names(creatopy, "/brandkits", orderBy="UPDATED_AT")

    async def test_names_follow_the_rules_of_creation(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """What is refused leaves the kit as it was."""
        for sent, kept in TRIMMED.items():
            assert kept == success(await rename(creatopy, kit, name=sent))["brandKit"]["name"]
        for name in NOT_NAMES:
            assert refusal(await rename(creatopy, kit, name=name), 400).startswith("name must "), name
        assert [kept] == await names(creatopy, "/brandkits")

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, "brandkitId is required."),
            ({"brandkitId": None}, "brandkitId must be a whole number."),
            ({"brandkitId": "1"}, "brandkitId must be a whole number."),
            ({"brandkitId": 1, "name": None}, "name must be text."),
            ({"brandKitId": 1}, "brandKitId is not a field of this request; brandkitId is required."),
            ({"brandkitId": 1, "typography": []}, "typography is not a field of this request."),
        ],
        ids=str,
    )
    async def test_a_wrong_field_is_named(self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: str) -> None:
        """400 for an id that is missing, none, or in another call's spelling, and for what is unknown here."""
        assert told == refusal(await creatopy.put("/brandkits", json=body), 400)


class TestRemove:
    async def test_it_is_gone(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """`status: success`, and then it is neither listed nor counted nor there."""
        assert {"status": "success"} == success(await drop(creatopy, kit))
        assert 0 == (await listed(creatopy, "/brandkits"))["totalCount"]
        for answer in (await drop(creatopy, kit), await rename(creatopy, kit)):
            assert "There is no such brand kit." == refusal(answer, 404)

    async def test_one_that_projects_use_is_refused(self, engine_office: Office) -> None:
        """400 says how many and which, archived ones too; it can go when they have."""
        team = await engine_office.team()
        creatopy, craftdesk = await team.creatopy(), await team.craftdesk()
        kit = (await make_kit(creatopy))["id"]
        used = [(await make_project(creatopy, kit, name))["id"] for name in ("One", "Two", "Three")]
        await craftdesk.post("/projects/one/archive")
        told = ("3 projects (One, Three, Two)", "2 projects (Three, Two)", "1 project (Three)")
        for project, those in zip(used, told, strict=True):
            assert f"The brand kit is used by {those}." == refusal(await drop(creatopy, kit), 400)
            if project == used[1]:
                await remove(creatopy, project)
            else:
                await change(creatopy, project, assignedBrandKitId=None)
        success(await drop(creatopy, kit))

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, "brandkitId is required."),
            ({"brandkitId": None}, "brandkitId must be a whole number."),
            ({"brandKitId": 1}, "brandKitId is not a field of this request; brandkitId is required."),
            ({"brandkitId": 1, "name": "x"}, "name is not a field of this request."),
        ],
        ids=str,
    )
    async def test_a_wrong_field_is_named(self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: str) -> None:
        """400 for an id that is missing, none, or in another call's spelling, and for what is unknown here."""
        assert told == refusal(await creatopy.request("DELETE", "/brandkits", json=body), 400)

    async def test_ids_that_no_kit_has_are_404(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Also numbers that are too large or too small for one."""
        for id in (10**9, 0, -1, 2**63, 10**30):
            for answer in (await drop(creatopy, id), await rename(creatopy, id, name="After")):
                assert "There is no such brand kit." == refusal(answer, 404), id


class TestWho:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    async def test_owners_and_admins_may_all(self, team: Team, role: Role) -> None:
        """Make, rename, delete; the kit is its maker's."""
        user = await team.member(role)
        caller = await team.creatopy(user)
        kit = await make_kit(caller)
        assert user.serial == kit["createdBy"]
        success(await rename(caller, kit["id"], name="After"))
        success(await drop(caller, kit["id"]))

    async def test_members_may_read(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """They see every kit of the team, and 403 names what they may not."""
        member = await team.creatopy(await team.member())
        assert ["House style"] == await names(member, "/brandkits")
        for answer, permission in (
            (await member.post("/brandkits/create", json={"name": "New"}), "brand_kit.create"),
            (await rename(member, kit, name="After"), "brand_kit.edit"),
            (await rename(member, kit), "brand_kit.edit"),
            (await drop(member, kit), "brand_kit.delete"),
        ):
            assert f"Your role doesn't include {permission}." == refusal(answer, 403)
        assert ["House style"] == await names(creatopy, "/brandkits")
