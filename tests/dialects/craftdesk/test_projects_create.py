"""`POST /v1/projects`: what is taken, what is refused, which slug comes of it, and how many a plan holds."""

import asyncio
from typing import Any

import httpx2
import pytest

from maquette.model.ids import reads_as_uuid
from tests.dialects.craftdesk.calls import (
    ABSENT,
    data,
    fields,
    listed,
    make_kit,
    make_project,
    make_projects,
    refusal,
    total,
)
from tests.office import Office, Team

KEPT: list[dict[str, Any]] = [
    {"name": "x"},
    {"name": "x" * 255},
    {"name": "𝒳" * 255},
    {"name": "Ünïcode ✓ 日本 \U0001f3a8"},
    {"name": "<b>'; DROP TABLE projects; --"},
    {"name": "x", "description": None},
    {"name": "x", "description": ""},
    {"name": "x", "description": " kept as it is \n\ttwo\r\nlines "},
    {"name": "x", "description": "d" * 10_000},
    {"name": "x", "color": None},
    {"name": "x", "color": "#AbC"},
    {"name": "x", "color": "#00ff7F"},
    {"name": "x", "visibility": "private"},
    {"name": "x", "visibility": "team"},
    {"name": "x", "brand_kit_id": None},
    {"name": "x", "slug": "of-my-own-2"},
    {"name": "x", "slug": "s" * 100},
]

REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["name"]),
    ({"name": None}, ["name"]),
    ({"name": 7}, ["name"]),
    ({"name": ["x"]}, ["name"]),
    ({"name": ""}, ["name"]),
    ({"name": " \t\n "}, ["name"]),
    ({"name": "x" * 256}, ["name"]),
    ({"name": "two\nlines"}, ["name"]),
    ({"name": "a\tb"}, ["name"]),
    ({"name": "a\x00b"}, ["name"]),
    ({"name": "a\x7fb"}, ["name"]),
    ({"name": "a\x85b"}, ["name"]),
    ({"name": "x", "description": 7}, ["description"]),
    ({"name": "x", "description": "d" * 10_001}, ["description"]),
    ({"name": "x", "description": "a\x00b"}, ["description"]),
    ({"name": "x", "description": "a\x1bb"}, ["description"]),
    ({"name": "x", "color": ""}, ["color"]),
    ({"name": "x", "color": "red"}, ["color"]),
    ({"name": "x", "color": "#12"}, ["color"]),
    ({"name": "x", "color": "#1234"}, ["color"]),
    ({"name": "x", "color": "#12345G"}, ["color"]),
    ({"name": "x", "color": "#123456\n"}, ["color"]),
    ({"name": "x", "visibility": None}, ["visibility"]),
    ({"name": "x", "visibility": "public"}, ["visibility"]),
    ({"name": "x", "slug": ""}, ["slug"]),
    ({"name": "x", "slug": "Of-My-Own"}, ["slug"]),
    ({"name": "x", "slug": "two words"}, ["slug"]),
    ({"name": "x", "slug": "école"}, ["slug"]),
    ({"name": "x", "slug": "-x"}, ["slug"]),
    ({"name": "x", "slug": "x-"}, ["slug"]),
    ({"name": "x", "slug": "s" * 101}, ["slug"]),
    ({"name": "x", "slug": ABSENT}, ["slug"]),
    ({"name": "x", "brand_kit_id": ABSENT}, ["brand_kit_id"]),
    ({"name": "x", "brand_kit_id": "nonsense"}, ["brand_kit_id"]),
    ({"name": "x", "brand_kit_id": ""}, ["brand_kit_id"]),
    ({"name": "x", "brand_kit_id": 7}, ["brand_kit_id"]),
    ({"name": "x", "colour": "#fff", "size": 3}, ["colour", "size"]),
    ({"name": "x", "id": ABSENT}, ["id"]),
    ({"name": "x", "created_by": ABSENT}, ["created_by"]),
    ({"name": "x", "created_at": "2026-03-10T12:00:00Z"}, ["created_at"]),
    ({"name": "x", "updated_at": "2026-03-10T12:00:00Z"}, ["updated_at"]),
    ({"name": "x", "archived_at": None}, ["archived_at"]),
    ({"name": "", "color": "red", "description": "a\x00b", "slug": "-"}, ["description"]),
    ({"name": "", "color": "red", "slug": "-"}, ["name", "color", "slug"]),
    ({"title": "x", "color": 1}, ["title", "color", "name"]),
]

SLUGS = {
    "Website Redesign": "website-redesign",
    "  Many -- signs!! (2026) ": "many-signs-2026",
    "Ünïcode": "unicode",
    "École d'été": "ecole-d-ete",
    "Straße": "strasse",
    "Плакат": "plakat",
    "Ελλάδα": "ellada",
    "日本": "riben",
    "UPPER": "upper",
    "!!!": "project",
    "🎨": "art",
    "a" * 150: "a" * 100,
    "a" * 99 + " b": "a" * 99,
}


class TestCreate:
    async def test_a_name_is_enough(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """The project is private, made now by the key's holder, and has nothing that wasn't given."""
        made = await make_project(craftdesk, "Website Redesign")
        assert reads_as_uuid(made["id"])
        expected = {
            "id": made["id"],
            "name": "Website Redesign",
            "slug": "website-redesign",
            "description": None,
            "color": None,
            "visibility": "private",
            "brand_kit_id": None,
            "created_by": team.owner.id,
            "archived_at": None,
            "created_at": "2026-03-10T12:00:00Z",
            "updated_at": "2026-03-10T12:00:00Z",
        }
        assert list(expected.items()) == list(made.items())

    async def test_what_was_made_is_read_at_its_location(self, office: Office, team: Team) -> None:
        """`Location` leads from wherever the caller came in; by id and by slug it's the same bytes."""
        _, key = await team.key()
        for path in ("/craftdesk/v1", "/v1"):
            caller = office.http(path, key)
            answer = await caller.post("/projects", json={"name": "Website Redesign"})
            made = data(answer, 201)
            assert f"{path}/projects/{made['id']}" == answer.headers["location"]
            read = await office.http("", key).get(answer.headers["location"])
            by_slug = await caller.get(f"/projects/{made['slug']}")
            assert answer.content == read.content == by_slug.content

    async def test_every_field_is_kept(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """As it was sent, in any script, up to the longest that is allowed."""
        kit = await make_kit(engine_craftdesk)
        for body in [*KEPT, {"name": "x", "brand_kit_id": kit["id"]}]:
            made = data(await engine_craftdesk.post("/projects", json=body), 201)
            assert body.items() <= made.items(), body
            assert made == data(await engine_craftdesk.get(f"/projects/{made['id']}")), body

    async def test_a_name_is_kept_trimmed(self, craftdesk: httpx2.AsyncClient) -> None:
        """Blanks around it are no part of it, nor of its 255 characters."""
        assert "Website  Redesign" == (await make_project(craftdesk, " \n Website  Redesign\u00a0\t"))["name"]
        assert "x" * 255 == (await make_project(craftdesk, " " + "x" * 255 + " "))["name"]

    async def test_times_are_whole_seconds(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """What is left of a second is cut off, not rounded into the next."""
        office.clock.advance(seconds=0.999)
        made = await make_project(craftdesk)
        assert {"2026-03-10T12:00:00Z"} == {made["created_at"], made["updated_at"]}

    async def test_the_headers_of_the_vendors_page_are_welcome(self, craftdesk: httpx2.AsyncClient) -> None:
        """`X-Requested-With` is accepted, and changes nothing."""
        headers = {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}
        answer = await craftdesk.post("/projects", content=b'{"name":"x"}', headers=headers)
        assert "x" == data(answer, 201)["name"]

    async def test_what_is_wrong_is_named(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """400 names every field that is invalid, missing or unknown, and nothing is made."""
        for body, named in REFUSED:
            assert named == fields(await engine_craftdesk.post("/projects", json=body)), body
        assert 0 == await total(engine_craftdesk, archived="any")

    async def test_another_workspaces_kit_is_unknown(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The answer is the one for a kit that isn't there."""
        theirs = await make_kit(await (await office.team()).craftdesk())
        answers = [
            await craftdesk.post("/projects", json={"name": "x", "brand_kit_id": id}) for id in (theirs["id"], ABSENT)
        ]
        assert ["brand_kit_id"] == fields(answers[0])
        assert answers[0].content == answers[1].content


class TestSlug:
    async def test_it_is_made_of_the_name(self, craftdesk: httpx2.AsyncClient) -> None:
        """Transliterated to lower-case ASCII letters, digits and hyphens; `project` where nothing is left."""
        made = await make_projects(craftdesk, *SLUGS)
        assert list(SLUGS.values()) == [project["slug"] for project in made]

    async def test_a_name_that_reads_as_a_uuid_gets_another_slug(self, craftdesk: httpx2.AsyncClient) -> None:
        """A slug can't be taken for an id."""
        made = await make_project(craftdesk, ABSENT.upper())
        assert not reads_as_uuid(made["slug"])
        assert made == data(await craftdesk.get(f"/projects/{made['slug']}"))

    async def test_names_may_repeat_and_slugs_count_up(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """`-2`, `-3` …, whether it was the name or its slug that was there before."""
        made = await make_projects(engine_craftdesk, *["Poster"] * 5, "poster!", "Poster 2")
        expected = ["poster", "poster-2", "poster-3", "poster-4", "poster-5", "poster-6", "poster-2-2"]
        assert expected == [project["slug"] for project in made]

    async def test_ten_at_once_get_ten(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """Nobody's slug is taken by somebody who came at the same moment."""
        answers = await asyncio.gather(
            *(engine_craftdesk.post("/projects", json={"name": "Poster"}) for _ in range(10))
        )
        expected = {"poster", *(f"poster-{number}" for number in range(2, 11))}
        assert expected == {data(answer, 201)["slug"] for answer in answers}

    async def test_a_number_behind_a_long_slug_still_fits(self, craftdesk: httpx2.AsyncClient) -> None:
        """A hundred characters are the most, number included."""
        made = await make_projects(craftdesk, *["x" * 200] * 3)
        assert ["x" * 100, "x" * 98 + "-2", "x" * 98 + "-3"] == [project["slug"] for project in made]

    async def test_null_is_made_of_the_name_too(self, craftdesk: httpx2.AsyncClient) -> None:
        """`slug: null` asks for nothing of one's own."""
        assert "poster" == (await make_project(craftdesk, "Poster", slug=None))["slug"]

    async def test_an_explicit_clash_is_refused(self, craftdesk: httpx2.AsyncClient) -> None:
        """400 names `slug`; it isn't numbered behind the client's back, even where an archived project has it."""
        made = await make_project(craftdesk, "Poster")
        assert ["slug"] == fields(await craftdesk.post("/projects", json={"name": "x", "slug": "poster"}))
        await craftdesk.post(f"/projects/{made['id']}/archive")
        assert ["slug"] == fields(await craftdesk.post("/projects", json={"name": "x", "slug": "poster"}))
        assert "poster-2" == (await make_project(craftdesk, "Poster"))["slug"]

    async def test_each_workspace_has_its_own(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Another team's slugs are free here."""
        await make_project(await (await office.team()).craftdesk(), "Poster")
        assert "poster" == (await make_project(craftdesk, "Poster"))["slug"]


class TestPlan:
    @pytest.mark.parametrize(("plan", "projects"), [("starter", 5), ("professional", 25)])
    async def test_a_plan_holds_so_many_projects(self, office: Office, plan: str, projects: int) -> None:
        """At the limit, create is 403 with `errors.plan`, and makes nothing."""
        team = await office.team()
        craftdesk = await team.craftdesk()
        await make_projects(craftdesk, *(f"Project {number}" for number in range(projects)))
        await team.on_plan(plan)
        (sentence,) = refusal(await craftdesk.post("/projects", json={"name": "x"}), 403)["plan"]
        assert str(projects) in sentence
        assert projects == await total(craftdesk, archived="any")

    async def test_the_last_place_is_given(self, office: Office) -> None:
        """The limit itself is reached exactly."""
        craftdesk = await (await office.team(plan=await office.plan(projects=2))).craftdesk()
        answers = [await craftdesk.post("/projects", json={"name": "x"}) for _ in range(3)]
        assert [201, 201, 403] == [answer.status_code for answer in answers]

    async def test_the_last_place_is_given_once(self, engine_office: Office) -> None:
        """However many ask for it at the same moment."""
        craftdesk = await (await engine_office.team(plan=await engine_office.plan(projects=3))).craftdesk()
        answers = await asyncio.gather(*(craftdesk.post("/projects", json={"name": "x"}) for _ in range(10)))
        assert [201] * 3 + [403] * 7 == sorted(answer.status_code for answer in answers)
        assert 3 == await total(craftdesk)

    async def test_archived_projects_take_no_place(self, office: Office) -> None:
        """Archiving one, or deleting it, makes room for another."""
        craftdesk = await (await office.team(plan=await office.plan(projects=1))).craftdesk()
        first = await make_project(craftdesk)
        await craftdesk.post(f"/projects/{first['id']}/archive")
        second = await make_project(craftdesk)
        assert ["plan"] == fields(await craftdesk.post("/projects", json={"name": "x"}), 403)
        await craftdesk.delete(f"/projects/{second['id']}")
        await make_project(craftdesk)

    async def test_a_business_holds_any_number(self, office: Office) -> None:
        """Business has no limit of projects."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        await make_projects(craftdesk, *(f"Project {number}" for number in range(26)))

    async def test_a_smaller_plan_takes_nothing_away(self, office: Office) -> None:
        """What there is stays, can be read and changed; only more of it can't be made."""
        team = await office.team()
        craftdesk = await team.craftdesk()
        made = await make_projects(craftdesk, "a", "b", "c")
        await team.on_plan(await office.plan(projects=1))
        assert made[::-1] == (await listed(craftdesk))["data"]
        assert "d" == data(await craftdesk.patch(f"/projects/{made[0]['id']}", json={"name": "d"}))["name"]
        assert ["plan"] == fields(await craftdesk.post("/projects", json={"name": "x"}), 403)

    async def test_a_larger_plan_is_in_force_at_once(self, office: Office) -> None:
        """The next call has its room."""
        team = await office.team(plan=await office.plan(projects=0))
        craftdesk = await team.craftdesk()
        assert ["plan"] == fields(await craftdesk.post("/projects", json={"name": "x"}), 403)
        await team.on_plan("starter")
        await make_project(craftdesk)
