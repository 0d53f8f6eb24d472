"""`POST /v1/projects`: a project with a brand kit."""

import json
from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import change, listed, make_kit, make_project, names, refusal, success
from tests.dialects.creatopy.texts import COLORS, DESCRIPTIONS, NAMES, NOT_COLORS, NOT_DESCRIPTIONS, NOT_NAMES, TRIMMED
from tests.office import Office, Team


class TestAnswer:
    async def test_it_shows_the_whole_project(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """200 with `project` alone: every documented key in its place, and the kit with its typography."""
        kit = await make_kit(creatopy, "House style")
        body = {"name": "Website Redesign", "brandKitId": kit["id"], "color": "#1A2B3C", "description": "Modern"}
        answer = success(await creatopy.post("/projects", json=body))
        project = answer["project"]
        expected = {
            "id": project["id"],
            "teamId": team.workspace.serial,
            "name": "Website Redesign",
            "createdBy": team.owner.serial,
            "color": "#1A2B3C",
            "description": "Modern",
            "brandKit": kit,
            "isBrandKitSelectable": True,
        }
        assert ["project"] == list(answer)
        assert isinstance(project["id"], int)
        assert list(expected.items()) == list(project.items())

    async def test_colour_and_description_are_null_unless_given(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Left out or null is the same."""
        given: list[dict[str, Any]] = [{}, {"color": None, "description": None}]
        for fields in given:
            project = await make_project(creatopy, kit, **fields)
            assert (None, None) == (project["color"], project["description"])

    async def test_it_says_where_nothing_is(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """There is no `Location`: a single project has no address in this API."""
        answer = await creatopy.post("/projects", json={"name": "New", "brandKitId": kit})
        assert "location" not in answer.headers

    async def test_ids_grow_and_are_never_used_again(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A deleted project's id stays its own."""
        first = await make_project(creatopy, kit)
        await creatopy.request("DELETE", "/projects", json={"projectId": first["id"]})
        assert first["id"] < (await make_project(creatopy, kit))["id"]

    async def test_names_may_repeat(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """As they do on the page."""
        for _ in range(3):
            await make_project(creatopy, kit, "api created user's project")
        assert ["api created user's project"] * 3 == await names(creatopy)

    async def test_one_kit_serves_many_projects(self, creatopy: httpx2.AsyncClient) -> None:
        """Each project shows the kit it was made with."""
        kits = [(await make_kit(creatopy, name))["id"] for name in ("One", "Two")]
        made = [await make_project(creatopy, kit) for kit in (*kits, *kits)]
        assert [*kits, *kits] == [project["brandKit"]["id"] for project in made]


class TestBody:
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({}, ["name is required", "brandKitId is required"]),
            ({"name": "New"}, ["brandKitId is required"]),
            ({"brandKitId": 1}, ["name is required"]),
            ({"name": None, "brandKitId": None}, ["name must be text", "brandKitId must be a whole number"]),
            ({"name": 5, "brandKitId": "5"}, ["name must be text", "brandKitId must be a whole number"]),
            ({"name": ["New"], "brandKitId": True}, ["name must be text", "brandKitId must be a whole number"]),
            ({"name": {}, "brandKitId": 1.5}, ["name must be text", "brandKitId must be a whole number"]),
            ({"color": 1, "description": []}, ["color must be text or null", "description must be text or null"]),
        ],
        ids=str,
    )
    async def test_every_missing_and_wrong_field_is_named(
        self, creatopy: httpx2.AsyncClient, body: dict[str, Any], told: list[str]
    ) -> None:
        """400, and one sentence tells of all of them."""
        sentence = refusal(await creatopy.post("/projects", json=body), 400)
        assert [] == [problem for problem in told if problem not in sentence]

    @pytest.mark.parametrize(
        "field",
        [
            "brandkitId",
            "assignedBrandKitId",
            "isBrandKitSelectable",
            "brand_kit_id",
            "Name",
            "id",
            "teamId",
            "",
            "naïve",
        ],
    )
    async def test_an_unknown_field_is_named(self, creatopy: httpx2.AsyncClient, kit: int, field: str) -> None:
        """Nothing sent is silently lost: spellings of other calls and of the other dialect, and read-only fields."""
        body = {"name": "New", "brandKitId": kit, field: None}
        assert f"{field} is not a field of this request." == refusal(await creatopy.post("/projects", json=body), 400)
        assert [] == await names(creatopy)

    async def test_a_kit_that_is_not_there_is_404(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """An unknown id, one that no id can be, a deleted kit's and another team's: the same sentence."""
        other = await (await office.team()).creatopy()
        foreign, gone = (await make_kit(other))["id"], (await make_kit(creatopy))["id"]
        await creatopy.request("DELETE", "/brandkits", json={"brandkitId": gone})
        for kit in (foreign, gone, 10**9, 0, -1, 2**63, 2**64, 10**30):
            answer = await creatopy.post("/projects", json={"name": "New", "brandKitId": kit})
            assert "There is no such brand kit." == refusal(answer, 404), kit
        assert [] == await names(creatopy)

    async def test_names_are_kept_trimmed(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Up to 255 characters of any script; blanks around them are no part of them."""
        for sent, kept in {**{name: name for name in NAMES}, **TRIMMED}.items():
            assert kept == (await make_project(creatopy, kit, sent))["name"]
        assert [*NAMES, *TRIMMED.values()] == await names(creatopy, orderDirection="ASC", limit=100)

    async def test_descriptions_and_colours_are_kept_as_sent(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """An empty description is one, tabs and newlines are welcome, a colour's case stays."""
        for description in DESCRIPTIONS:
            assert description == (await make_project(creatopy, kit, description=description))["description"]
        for color in COLORS:
            assert color == (await make_project(creatopy, kit, color=color))["color"]
        found = (await listed(creatopy, orderDirection="ASC"))["nodes"]
        assert DESCRIPTIONS + [None] * len(COLORS) == [node["description"] for node in found]

    async def test_other_texts_are_refused(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """400 names the field: too long, empty, control characters, no colour."""
        wrong = {"name": NOT_NAMES, "description": NOT_DESCRIPTIONS, "color": NOT_COLORS}
        for field, values in wrong.items():
            for value in values:
                body = {"name": "New", "brandKitId": kit, field: value}
                sentence = refusal(await creatopy.post("/projects", json=body), 400)
                assert sentence.startswith(f"{field} must "), (field, value)
        assert [] == await names(creatopy)

    async def test_half_a_character_is_refused(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A lone surrogate, escaped or in bytes, is 400."""
        for name in (b'"\\ud800"', b'"\\udc00x"', b'"\xed\xa0\x80"', b'"\xff"'):
            body = b'{"name":%s,"brandKitId":%d}' % (name, kit)
            answer = await creatopy.post("/projects", content=body, headers={"Content-Type": "application/json"})
            refusal(answer, 400)

    async def test_a_repeated_field_is_refused(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Parsers take the first or the last: one of them would be lost, and nobody told."""
        body = f'{{"name":"First","brandKitId":{kit},"name":"Second"}}'
        answer = await creatopy.post("/projects", content=body, headers={"Content-Type": "application/json"})
        assert "name must be sent once." == refusal(answer, 400)


class TestWho:
    async def test_owners_and_admins_may(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A project is its maker's: `createdBy` tells whose client it was."""
        for role in (Role.OWNER, Role.ADMIN):
            user = await team.member(role)
            assert user.serial == (await make_project(await team.creatopy(user), kit))["createdBy"]

    async def test_members_may_not(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """403, whether the rest is right or not."""
        member = await team.creatopy(await team.member())
        for brand_kit in (kit, 10**9):
            answer = await member.post("/projects", json={"name": "New", "brandKitId": brand_kit})
            assert "Your role doesn't include project.create." == refusal(answer, 403)

    async def test_the_plans_projects_are_the_limit(self, office: Office) -> None:
        """At the limit it is 403 that names the plan; one deleted or archived makes room again."""
        plan = await office.plan(projects=2)
        team = await office.team(plan=plan)
        creatopy = await team.creatopy()
        kit = (await make_kit(creatopy))["id"]
        first, _ = await make_project(creatopy, kit, "First"), await make_project(creatopy, kit, "Second")

        async def spent() -> None:
            answer = await creatopy.post("/projects", json={"name": "More", "brandKitId": kit})
            assert f"The {plan} plan allows 2 active projects." == refusal(answer, 403)

        await spent()
        await creatopy.request("DELETE", "/projects", json={"projectId": first["id"]})
        await make_project(creatopy, kit, "Third")
        await spent()
        await (await team.craftdesk()).post("/projects/second/archive")
        await make_project(creatopy, kit, "Fourth")
        await spent()
        assert 2 == (await listed(creatopy))["totalCount"]


class TestDefaults:
    async def test_a_new_project_is_private(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Members see it when they are assigned, as with the other dialect's default."""
        made = await make_project(creatopy, kit)
        member = await team.creatopy(await team.member())
        assert [] == await names(member)
        refusal(await change(member, made["id"]), 410)

    async def test_the_answers_bytes_are_compact_utf8(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Characters are sent as they are, without blanks between the keys."""
        answer = await creatopy.post("/projects", json={"name": "Ünïcode ✓", "brandKitId": kit})
        assert json.dumps(answer.json(), ensure_ascii=False, separators=(",", ":")).encode() == answer.content
