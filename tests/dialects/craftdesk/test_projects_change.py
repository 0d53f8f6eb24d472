"""`GET` and `PATCH /v1/projects/{id or slug}`: one project, read and changed."""

from typing import Any

import httpx2

from tests.dialects.craftdesk.calls import ABSENT, data, fields, make_kit, make_project, make_projects, refusal
from tests.office import Office

CHANGES: list[dict[str, Any]] = [
    {"name": "New name"},
    {"description": "two\nlines"},
    {"description": ""},
    {"description": None},
    {"color": "#AbC"},
    {"color": None},
    {"visibility": "team"},
    {"visibility": "private"},
    {"slug": "of-my-own"},
    {"name": "All", "description": "at", "color": "#000", "visibility": "team", "slug": "once"},
]

REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": None}, ["name"]),
    ({"name": ""}, ["name"]),
    ({"name": "  "}, ["name"]),
    ({"name": "x" * 256}, ["name"]),
    ({"name": "a\nb"}, ["name"]),
    ({"name": "a\x00b"}, ["name"]),
    ({"description": "d" * 10_001}, ["description"]),
    ({"description": "a\x00b"}, ["description"]),
    ({"color": "blue"}, ["color"]),
    ({"visibility": None}, ["visibility"]),
    ({"visibility": "all"}, ["visibility"]),
    ({"slug": ""}, ["slug"]),
    ({"slug": "UPPER"}, ["slug"]),
    ({"slug": ABSENT}, ["slug"]),
    ({"slug": "s" * 101}, ["slug"]),
    ({"slug": "taken"}, ["slug"]),
    ({"brand_kit_id": ABSENT}, ["brand_kit_id"]),
    ({"brand_kit_id": "nonsense"}, ["brand_kit_id"]),
    ({"id": ABSENT}, ["id"]),
    ({"created_by": ABSENT}, ["created_by"]),
    ({"created_at": "2026-03-10T12:00:00Z"}, ["created_at"]),
    ({"updated_at": "2026-03-10T12:00:00Z"}, ["updated_at"]),
    ({"archived_at": None}, ["archived_at"]),
    ({"is_archived": True, "name": "x"}, ["is_archived"]),
    ({"name": "x", "color": "blue"}, ["color"]),
]


class TestGet:
    async def test_an_id_or_a_slug_names_it(self, craftdesk: httpx2.AsyncClient) -> None:
        """An id in either case, a slug as it is."""
        made = await make_project(craftdesk, "Website Redesign")
        for ref in (made["id"], made["id"].upper(), "website-redesign"):
            assert made == data(await craftdesk.get(f"/projects/{ref}")), ref

    async def test_what_names_nothing_is_absent(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """404, whatever the text is."""
        await make_project(engine_craftdesk, "Website Redesign")
        for ref in (ABSENT, "website", "Website-Redesign", "1", "0", "%25", "a%20b", "x" * 2_000, "日本", "%FF"):
            assert ["project"] == fields(await engine_craftdesk.get(f"/projects/{ref}"), 404), ref

    async def test_nul_names_nothing_that_could_be_there(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """NUL anywhere in a string is 400, in a path too."""
        for path in ("/projects/%00", "/projects/a%00b", "/brand_kits/%00"):
            assert ["path"] == fields(await engine_craftdesk.get(path)), path
            assert ["path"] == fields(await engine_craftdesk.delete(path)), path


class TestChange:
    async def test_every_field_is_changed_alone(self, engine_office: Office) -> None:
        """The answer is the project as it is read from then on; what wasn't named is as before."""
        craftdesk = await (await engine_office.team()).craftdesk()
        now = await make_project(craftdesk, "Old name", description="old", color="#111")
        for body in CHANGES:
            engine_office.clock.advance(seconds=1)
            changed = data(await craftdesk.patch(f"/projects/{now['id']}", json=body))
            assert {**now, **body, "updated_at": changed["updated_at"]} == changed, body
            assert now["updated_at"] < changed["updated_at"], body
            assert changed == data(await craftdesk.get(f"/projects/{now['id']}")), body
            now = changed

    async def test_a_kit_is_put_on_and_taken_away(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """`brand_kit_id` takes a kit of the workspace, or null."""
        kit, made = await make_kit(engine_craftdesk), await make_project(engine_craftdesk)
        for id in (kit["id"], kit["id"], None, None):
            changed = data(await engine_craftdesk.patch(f"/projects/{made['id']}", json={"brand_kit_id": id}))
            assert id == changed["brand_kit_id"]

    async def test_a_slug_names_it_too(self, craftdesk: httpx2.AsyncClient) -> None:
        """What is read by slug is changed by slug."""
        made = await make_project(craftdesk, "Poster")
        changed = data(await craftdesk.patch("/projects/poster", json={"name": "Flyer"}))
        assert {**made, "name": "Flyer"} == changed

    async def test_an_empty_patch_changes_nothing(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """It is a 200 with the project as it was, and so is one that says what is so already."""
        made = await make_project(craftdesk, "Poster", description="d", color="#abc")
        office.clock.advance(days=1)
        same = {name: made[name] for name in ("name", "slug", "description", "color", "visibility", "brand_kit_id")}
        for body in ({}, same, {"name": "  Poster "}):
            assert made == data(await craftdesk.patch(f"/projects/{made['id']}", json=body)), body
        assert made == data(await craftdesk.get(f"/projects/{made['id']}"))

    async def test_a_name_is_kept_trimmed(self, craftdesk: httpx2.AsyncClient) -> None:
        """As on create."""
        made = await make_project(craftdesk)
        assert "New" == data(await craftdesk.patch(f"/projects/{made['id']}", json={"name": "\t New "}))["name"]

    async def test_what_is_wrong_is_named_and_nothing_is_changed(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """400, and a valid field beside an invalid one isn't changed either."""
        _, made = await make_projects(engine_craftdesk, "taken", "Poster")
        for body, named in REFUSED:
            assert named == fields(await engine_craftdesk.patch(f"/projects/{made['id']}", json=body)), body
        assert made == data(await engine_craftdesk.get(f"/projects/{made['id']}"))

    async def test_a_project_that_is_not_there_is_404(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Absent or another workspace's: the same bytes, and theirs stays as it is."""
        theirs = await (await office.team()).craftdesk()
        made = await make_project(theirs)
        answers = [await craftdesk.patch(f"/projects/{ref}", json={"name": "x"}) for ref in (ABSENT, made["id"])]
        assert ["project"] == fields(answers[0], 404)
        assert answers[0].content == answers[1].content
        assert made == data(await theirs.get(f"/projects/{made['id']}"))


class TestSlug:
    async def test_renaming_keeps_it(self, craftdesk: httpx2.AsyncClient) -> None:
        """Addresses that were given away go on leading here."""
        made = await make_project(craftdesk, "Poster")
        changed = data(await craftdesk.patch(f"/projects/{made['id']}", json={"name": "Flyer"}))
        assert "poster" == changed["slug"]

    async def test_null_makes_it_anew(self, craftdesk: httpx2.AsyncClient) -> None:
        """From the name it has, or gets in the same call; numbered where that is taken."""
        made = await make_project(craftdesk, "Poster", slug="of-my-own")
        path = f"/projects/{made['id']}"
        assert "poster" == data(await craftdesk.patch(path, json={"slug": None}))["slug"]
        assert "flyer" == data(await craftdesk.patch(path, json={"slug": None, "name": "Flyer"}))["slug"]
        await make_project(craftdesk, "Leaflet")
        assert "leaflet-2" == data(await craftdesk.patch(path, json={"slug": None, "name": "Leaflet"}))["slug"]

    async def test_made_anew_of_the_same_name_it_stays(self, craftdesk: httpx2.AsyncClient) -> None:
        """A project doesn't make way for itself, numbered or not."""
        made = await make_projects(craftdesk, "Poster", "Poster")
        for project in made:
            changed = data(await craftdesk.patch(f"/projects/{project['id']}", json={"slug": None}))
            assert project["slug"] == changed["slug"]

    async def test_the_old_one_is_free_again(self, craftdesk: httpx2.AsyncClient) -> None:
        """It names nothing any more, until another project takes it."""
        made = await make_project(craftdesk, "Poster")
        await craftdesk.patch(f"/projects/{made['id']}", json={"slug": "flyer"})
        assert ["project"] == fields(await craftdesk.get("/projects/poster"), 404)
        assert "poster" == (await make_project(craftdesk, "Poster"))["slug"]

    async def test_a_clash_is_told(self, craftdesk: httpx2.AsyncClient) -> None:
        """400 with a sentence for `slug`."""
        made, _ = await make_projects(craftdesk, "Poster", "Flyer")
        answer = await craftdesk.patch(f"/projects/{made['id']}", json={"slug": "flyer"})
        assert {"slug": ["The slug is already used in this workspace."]} == refusal(answer, 400)
