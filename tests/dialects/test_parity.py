"""One domain under both dialects: what is written through one is read, changed and deleted through the other."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from maquette.dialects.creatopy.shapes.actions import ACTIONS
from maquette.model.actor import Role
from tests.dialects.craftdesk import calls as craftdesk
from tests.dialects.creatopy import calls as creatopy
from tests.dialects.sending import OUTSIDE, send_due
from tests.endpoint import endpoint
from tests.office import Office, StillClock, Team

SAME = {"name": "name", "description": "description", "color": "color"}
"""Fields of a project that both show in the same words, CraftDesk's name first."""

TRANSLATED = {"id": "id", "brand_kit_id": "brandKit", "created_by": "createdBy"}
"""Fields that each shows in its own words."""

CRAFTDESK_ALONE = {"slug", "visibility", "archived_at", "created_at", "updated_at"}
CREATOPY_ALONE = {"teamId", "isBrandKitSelectable"}

VALUES: dict[str, list[str | None]] = {
    "name": ["Ünïcode ✓", "名前", "x" * 255, "Poster"],
    "description": ["two\nlines", "", None, "As it is"],
    "color": ["#AbC", None, "#123456"],
}
"""What each of the shared fields is set to, one after the other."""


@dataclass
class Both:
    """A team, as a client of each dialect sees it."""

    team: Team
    craftdesk: httpx2.AsyncClient
    creatopy: httpx2.AsyncClient

    @classmethod
    async def of(cls, team: Team) -> "Both":
        """Clients of the team's owner."""
        return cls(team, await team.craftdesk(), await team.creatopy())

    async def project(self, serial: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The project of that integer id, as CraftDesk and as Creatopy shows it."""
        shown = creatopy.success(await creatopy.change(self.creatopy, serial))["project"]
        found = (await craftdesk.listed(self.craftdesk, name=shown["name"], archived="any"))["data"]
        return only(found), shown

    async def kit(self, id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The kit of that UUID, as CraftDesk and as Creatopy shows it."""
        shown = craftdesk.data(await self.craftdesk.get(f"/brand_kits/{id}"))
        node = only((await creatopy.listed(self.creatopy, "/brandkits", keyword=shown["name"]))["nodes"])
        answer = await self.creatopy.put("/brandkits", json={"brandkitId": node["id"]})
        return shown, creatopy.success(answer)["brandKit"]

    async def serial(self, name: str) -> int:
        """The integer id of the project with that name."""
        return int(only((await creatopy.listed(self.creatopy, keyword=name))["nodes"])["id"])


@pytest.fixture
async def both(engine_office: Office) -> Both:
    """A team on each engine in turn."""
    return await Both.of(await engine_office.team())


def only(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The one that there is."""
    (one,) = found
    return one


async def require_same(both: Both, serial: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both show the same project: its own fields, its maker, its kit."""
    one, other = await both.project(serial)
    assert {name: one[name] for name in SAME} == {name: other[there] for name, there in SAME.items()}
    assert (both.team.owner.id, both.team.owner.serial) == (one["created_by"], other["createdBy"])
    if other["brandKit"] is None:
        assert one["brand_kit_id"] is None
    else:
        _, kit = await both.kit(one["brand_kit_id"])
        assert kit == other["brandKit"]
    return one, other


class TestProjects:
    async def test_every_field_is_looked_at_here(self, both: Both) -> None:
        """A field that is new in either dialect has to be put into one of the tables above."""
        kit = await creatopy.make_kit(both.creatopy)
        one, other = await both.project((await creatopy.make_project(both.creatopy, kit["id"]))["id"])
        assert SAME.keys() | TRANSLATED.keys() | CRAFTDESK_ALONE == one.keys()
        assert {*SAME.values(), *TRANSLATED.values()} | CREATOPY_ALONE == other.keys()
        assert VALUES.keys() == SAME.keys()

    async def test_made_through_craftdesk_it_is_read_through_creatopy(self, both: Both) -> None:
        """Alone and in the list, with every field that Creatopy shows."""
        kit = await craftdesk.make_kit(both.craftdesk)
        fields = {"name": "Ünïcode ✓", "description": "two\nlines", "color": "#AbC", "brand_kit_id": kit["id"]}
        await craftdesk.make_project(both.craftdesk, **fields)
        node = only((await creatopy.listed(both.creatopy))["nodes"])
        one, other = await require_same(both, node["id"])
        assert fields == {name: one[name] for name in fields}
        assert {
            "id": node["id"],
            "name": "Ünïcode ✓",
            "createdBy": both.team.owner.serial,
            "color": "#AbC",
            "description": "two\nlines",
            "brandKit": {"id": other["brandKit"]["id"], "name": "House style"},
        } == node
        assert (both.team.workspace.serial, True) == (other["teamId"], other["isBrandKitSelectable"])

    async def test_made_through_creatopy_it_is_read_through_craftdesk(self, both: Both) -> None:
        """By its UUID, by its slug and in the list, with every field that CraftDesk shows."""
        kit = await creatopy.make_kit(both.creatopy)
        made = await creatopy.make_project(
            both.creatopy, kit["id"], "Ünïcode ✓", color="#AbC", description="two\nlines"
        )
        one, other = await require_same(both, made["id"])
        assert made == other
        assert ("Ünïcode ✓", "#AbC", "two\nlines") == (one["name"], one["color"], one["description"])
        assert ("unicode-v", "private", None) == (one["slug"], one["visibility"], one["archived_at"])
        assert one["created_at"] == one["updated_at"]
        for ref in (one["id"], one["slug"]):
            assert one == craftdesk.data(await both.craftdesk.get(f"/projects/{ref}"))
        assert [one] == (await craftdesk.listed(both.craftdesk))["data"]

    async def test_each_field_changed_through_craftdesk_is_read_through_creatopy(self, both: Both) -> None:
        """Set, emptied and cleared, one field at a time; the others stay."""
        made = await craftdesk.make_project(both.craftdesk, "Poster")
        serial = await both.serial("Poster")
        for name, values in VALUES.items():
            for value in values:
                _, before = await both.project(serial)
                craftdesk.data(await both.craftdesk.patch(f"/projects/{made['id']}", json={name: value}))
                _, after = await require_same(both, serial)
                assert {**before, SAME[name]: value} == after

    async def test_each_field_changed_through_creatopy_is_read_through_craftdesk(self, both: Both) -> None:
        """Set, emptied and cleared, one field at a time; the others stay."""
        await craftdesk.make_project(both.craftdesk, "Poster")
        serial = await both.serial("Poster")
        for name, values in VALUES.items():
            for value in values:
                before, _ = await both.project(serial)
                creatopy.success(await creatopy.change(both.creatopy, serial, **{SAME[name]: value}))
                after, _ = await require_same(both, serial)
                assert {**before, name: value} == after

    async def test_its_kit_is_changed_through_either(self, both: Both) -> None:
        """Put on through one, exchanged and taken away through the other."""
        made = await craftdesk.make_project(both.craftdesk, "Poster")
        serial = await both.serial("Poster")
        kits = [await both.kit((await craftdesk.make_kit(both.craftdesk, name))["id"]) for name in ("One", "Two")]
        for index in (0, 1, None, 1):
            kit = None if index is None else kits[index][0]["id"]
            await both.craftdesk.patch(f"/projects/{made['id']}", json={"brand_kit_id": kit})
            _, other = await require_same(both, serial)
            assert (None if index is None else kits[index][1]) == other["brandKit"]
        for index in (0, 1, None, 1):
            number = None if index is None else kits[index][1]["id"]
            await creatopy.change(both.creatopy, serial, assignedBrandKitId=number)
            one, _ = await require_same(both, serial)
            assert (None if index is None else kits[index][0]["id"]) == one["brand_kit_id"]

    async def test_what_one_dialect_alone_knows_outlives_the_others_changes(self, both: Both) -> None:
        """Slug, visibility and archive through PUT; whether the kit can be chosen through PATCH."""
        body = {"name": "Poster", "slug": "its-own", "visibility": "team"}
        made = craftdesk.data(await both.craftdesk.post("/projects", json=body), 201)
        serial = await both.serial("Poster")
        await creatopy.change(both.creatopy, serial, isBrandKitSelectable=False)
        archived = craftdesk.data(await both.craftdesk.post(f"/projects/{made['id']}/archive"))
        await creatopy.change(both.creatopy, serial, name="After", color="#123")
        one, _ = await both.project(serial)
        assert {**archived, "name": "After", "color": "#123"} == one
        assert ("its-own", "team") == (one["slug"], one["visibility"])
        await both.craftdesk.patch("/projects/its-own", json={"name": "Again", "slug": None, "visibility": "private"})
        _, other = await both.project(serial)
        assert ("Again", False) == (other["name"], other["isBrandKitSelectable"])

    async def test_deleted_through_craftdesk_it_is_gone_from_creatopy(self, both: Both) -> None:
        """Neither listed nor counted nor there."""
        made = await craftdesk.make_project(both.craftdesk, "Poster")
        serial = await both.serial("Poster")
        assert 204 == (await both.craftdesk.delete(f"/projects/{made['id']}")).status_code
        assert 0 == (await creatopy.listed(both.creatopy))["totalCount"]
        creatopy.refusal(await creatopy.change(both.creatopy, serial), 404)
        creatopy.refusal(await creatopy.remove(both.creatopy, serial), 404)

    async def test_deleted_through_creatopy_it_is_gone_from_craftdesk(self, both: Both) -> None:
        """Neither listed nor counted nor there, by UUID or slug, and its slug is free."""
        made = await craftdesk.make_project(both.craftdesk, "Poster")
        creatopy.success(await creatopy.remove(both.creatopy, await both.serial("Poster")))
        assert 0 == await craftdesk.total(both.craftdesk)
        for ref in (made["id"], made["slug"]):
            craftdesk.refusal(await both.craftdesk.get(f"/projects/{ref}"), 404)
        assert "poster" == (await craftdesk.make_project(both.craftdesk, "Poster"))["slug"]

    async def test_archived_through_craftdesk_it_is_hidden_in_creatopy(self, both: Both) -> None:
        """Out of the list and the total until it is unarchived, by id still there."""
        await craftdesk.make_project(both.craftdesk, "Poster")
        serial = await both.serial("Poster")
        await both.craftdesk.post("/projects/poster/archive")
        assert 0 == (await creatopy.listed(both.creatopy))["totalCount"]
        creatopy.success(await creatopy.change(both.creatopy, serial, name="After"))
        await both.craftdesk.post("/projects/poster/unarchive")
        assert ["After"] == await creatopy.names(both.creatopy)
        await both.craftdesk.post("/projects/poster/archive")
        creatopy.success(await creatopy.remove(both.creatopy, serial))
        assert 0 == await craftdesk.total(both.craftdesk, archived="any")

    async def test_a_change_through_one_is_a_new_version_in_the_other(self, both: Both) -> None:
        """Each dialect's ETag guards against the other's writers."""
        made = await both.craftdesk.post("/projects", json={"name": "Poster"})
        serial, one = await both.serial("Poster"), f"/projects/{craftdesk.data(made, 201)['id']}"
        seen = await creatopy.change(both.creatopy, serial)
        await creatopy.change(both.creatopy, serial, name="By Creatopy")
        stale = {"If-Match": made.headers["etag"]}
        assert 412 == (await both.craftdesk.patch(one, json={"name": "Late"}, headers=stale)).status_code
        assert 412 == (await both.craftdesk.delete(one, headers=stale)).status_code
        await both.craftdesk.patch(one, json={"name": "By CraftDesk"})
        creatopy.refusal(await creatopy.remove(both.creatopy, serial, **{"If-Match": seen.headers["etag"]}), 412)
        assert ["By CraftDesk"] == await creatopy.names(both.creatopy)

    async def test_times_move_with_either_dialects_changes(self, both: Both, clock: StillClock) -> None:
        """A change is one in both orders by `updated_at`; one that changes nothing is in neither."""
        for name in ("One", "Two"):
            await craftdesk.make_project(both.craftdesk, name)
            clock.advance(seconds=1)
        serial = await both.serial("One")
        for fields, expected in (({}, ["Two", "One"]), ({"color": "#123"}, ["One", "Two"])):
            await creatopy.change(both.creatopy, serial, **fields)
            assert expected == await creatopy.names(both.creatopy, orderBy="UPDATED_AT")
            assert expected == await craftdesk.names(both.craftdesk, sort="-updated_at")
        clock.advance(seconds=1)
        await both.craftdesk.patch("/projects/two", json={"color": "#123"})
        assert ["Two", "One"] == await creatopy.names(both.creatopy, orderBy="UPDATED_AT")

    async def test_both_list_search_and_order_alike(self, both: Both) -> None:
        """The same names in the same order, whichever dialect they were made through, and the same totals."""
        kit = (await creatopy.make_kit(both.creatopy))["id"]
        for name in ("Straße", "b", "Äpfel", "A", "STRASSE", "ﬁne", "東京"):
            await craftdesk.make_project(both.craftdesk, f"{name} 1")
            await creatopy.make_project(both.creatopy, kit, f"{name} 2")
        for sort, by in (("name", "NAME"), ("created_at", "CREATED_AT"), ("updated_at", "UPDATED_AT")):
            for sign, direction in (("", "ASC"), ("-", "DESC")):
                expected = await craftdesk.names(both.craftdesk, sort=sign + sort, per_page=100)
                found = await creatopy.listed(both.creatopy, orderBy=by, orderDirection=direction, limit=100)
                assert expected == [node["name"] for node in found["nodes"]]
                assert len(expected) == found["totalCount"] == await craftdesk.total(both.craftdesk) == 14
        for text in ("strasse", "ÄPFEL", "fi", "1", "京"):
            expected = await craftdesk.names(both.craftdesk, q=text)
            assert expected == await creatopy.names(both.creatopy, keyword=text)
            assert expected

    async def test_a_slug_is_made_of_either_dialects_names(self, both: Both) -> None:
        """Names that repeat get numbers, whoever sends them."""
        kit = (await creatopy.make_kit(both.creatopy))["id"]
        for _ in range(2):
            await craftdesk.make_project(both.craftdesk, "Poster")
            await creatopy.make_project(both.creatopy, kit, "Poster")
        found = (await craftdesk.listed(both.craftdesk, sort="created_at"))["data"]
        assert ["poster", "poster-2", "poster-3", "poster-4"] == [project["slug"] for project in found]

    async def test_the_plans_projects_are_counted_together(self, engine_office: Office) -> None:
        """One made through each fills a plan of two for both."""
        both = await Both.of(await engine_office.team(plan=await engine_office.plan(projects=2)))
        kit = (await creatopy.make_kit(both.creatopy))["id"]
        await craftdesk.make_project(both.craftdesk)
        await creatopy.make_project(both.creatopy, kit)
        assert ["plan"] == craftdesk.fields(await both.craftdesk.post("/projects", json={"name": "More"}), 403)
        creatopy.refusal(await both.creatopy.post("/projects", json={"name": "More", "brandKitId": kit}), 403)

    async def test_the_same_people_see_the_same(self, both: Both) -> None:
        """What a member's key shows, their client shows; what is hidden is 404 there and 410 here."""
        member = await both.team.member()
        theirs = Both(both.team, await both.team.craftdesk(member), await both.team.creatopy(member))
        for name, visibility in (("Hidden", "private"), ("Assigned", "private"), ("Shared", "team")):
            made = await craftdesk.make_project(both.craftdesk, name, visibility=visibility)
            if name == "Assigned":
                await both.team.assign(member, made["id"])
        assert ["Shared", "Assigned"] == await craftdesk.names(theirs.craftdesk)
        assert ["Shared", "Assigned"] == await creatopy.names(theirs.creatopy)
        craftdesk.refusal(await theirs.craftdesk.patch("/projects/hidden", json={}), 404)
        creatopy.refusal(await creatopy.change(theirs.creatopy, await both.serial("Hidden")), 410)

    async def test_made_through_either_it_is_its_makers(self, both: Both) -> None:
        """`created_by` and `createdBy` are one person."""
        admin = await both.team.member(Role.ADMIN)
        kit = (await creatopy.make_kit(both.creatopy))["id"]
        await creatopy.make_project(await both.team.creatopy(admin), kit, "By a client")
        await craftdesk.make_project(await both.team.craftdesk(admin), "By a key")
        for name in ("By a client", "By a key"):
            one, other = await both.project(await both.serial(name))
            assert (admin.id, admin.serial) == (one["created_by"], other["createdBy"])


class TestBrandKits:
    async def test_made_through_craftdesk_it_is_read_through_creatopy(self, both: Both) -> None:
        """Every field that Creatopy shows, its typography too."""
        made = await craftdesk.make_kit(both.craftdesk, "Ünïcode ✓")
        one, other = await both.kit(made["id"])
        require_same_kit(both, one, other)
        assert ("Ünïcode ✓", both.team.workspace.serial) == (other["name"], other["teamId"])

    async def test_made_through_creatopy_it_is_read_through_craftdesk(self, both: Both) -> None:
        """Every field that CraftDesk shows, alone and in the list."""
        made = await creatopy.make_kit(both.creatopy, "Ünïcode ✓")
        found = only((await craftdesk.listed(both.craftdesk, "/brand_kits"))["data"])
        one, other = await both.kit(found["id"])
        require_same_kit(both, one, other)
        assert (found, made) == (one, other)

    async def test_renamed_through_either_it_is_so_in_the_other(self, both: Both) -> None:
        """Back and forth, and its projects show it."""
        kit, other = await both.kit((await craftdesk.make_kit(both.craftdesk, "One"))["id"])
        project = await creatopy.make_project(both.creatopy, other["id"])
        craftdesk.data(await both.craftdesk.patch(f"/brand_kits/{kit['id']}", json={"name": "Two"}))
        assert ["Two"] == await creatopy.names(both.creatopy, "/brandkits")
        assert "Two" == (await both.project(project["id"]))[1]["brandKit"]["name"]
        creatopy.success(await both.creatopy.put("/brandkits", json={"brandkitId": other["id"], "name": "Three"}))
        assert {**kit, "name": "Three"} == craftdesk.data(await both.craftdesk.get(f"/brand_kits/{kit['id']}"))

    async def test_deleted_through_either_it_is_gone_from_the_other(self, both: Both) -> None:
        """Neither listed nor there."""
        kits = [await both.kit((await craftdesk.make_kit(both.craftdesk, name))["id"]) for name in ("One", "Two")]
        (one, _), (_, other) = kits
        assert 204 == (await both.craftdesk.delete(f"/brand_kits/{one['id']}")).status_code
        assert ["Two"] == await creatopy.names(both.creatopy, "/brandkits")
        gone = {"brandkitId": kits[0][1]["id"]}
        creatopy.refusal(await both.creatopy.request("DELETE", "/brandkits", json=gone), 404)
        creatopy.success(await both.creatopy.request("DELETE", "/brandkits", json={"brandkitId": other["id"]}))
        assert [] == await craftdesk.names(both.craftdesk, "/brand_kits")
        craftdesk.refusal(await both.craftdesk.get(f"/brand_kits/{kits[1][0]['id']}"), 404)

    async def test_one_in_use_is_kept_by_both(self, both: Both) -> None:
        """A project made through one dialect holds its kit against the other's DELETE."""
        one, other = await both.kit((await craftdesk.make_kit(both.craftdesk))["id"])
        project = await creatopy.make_project(both.creatopy, other["id"])
        craftdesk.refusal(await both.craftdesk.delete(f"/brand_kits/{one['id']}"), 400)
        await both.craftdesk.post("/projects/website-redesign/archive")
        answer = await both.creatopy.request("DELETE", "/brandkits", json={"brandkitId": other["id"]})
        assert "The brand kit is used by 1 project (Website Redesign)." == creatopy.refusal(answer, 400)
        await creatopy.remove(both.creatopy, project["id"])
        assert 204 == (await both.craftdesk.delete(f"/brand_kits/{one['id']}")).status_code

    async def test_both_list_search_and_order_alike(self, both: Both) -> None:
        """The same names in the same order, and the same totals."""
        for name in ("Straße", "b", "Äpfel", "A"):
            await craftdesk.make_kit(both.craftdesk, f"{name} 1")
            await creatopy.make_kit(both.creatopy, f"{name} 2")
        for sort, by, direction in (("name", "NAME", "ASC"), ("-name", "NAME", "DESC"), ("-created_at", "ID", "DESC")):
            expected = await craftdesk.names(both.craftdesk, "/brand_kits", sort=sort)
            assert expected == await creatopy.names(both.creatopy, "/brandkits", orderBy=by, orderDirection=direction)
            assert 8 == len(expected)
        assert ["Straße 2", "Straße 1"] == await creatopy.names(both.creatopy, "/brandkits", keyword="STRASSE")
        assert ["Straße 2", "Straße 1"] == await craftdesk.names(both.craftdesk, "/brand_kits", q="STRASSE")


class TestPeople:
    async def test_people_are_the_same_through_both(self, engine_office: Office) -> None:
        """Somebody invited through one is changed, assigned and removed through the other."""
        team = await engine_office.team()
        craftdesk, creatopy = await team.craftdesk(), await team.creatopy()
        made = await creatopy.post("/users", json={"name": "Ada Lovelace", "email": "ada@example.com", "role": "Admin"})
        serial = made.json()["response"]["id"]
        (ada,) = (await craftdesk.get("/members", params={"q": "ada"})).json()["data"]
        assert ("Ada Lovelace", "admin", "invited") == (ada["name"], ada["role"], ada["status"])
        await craftdesk.patch(f"/members/{ada['id']}", json={"role": "member"})
        (node,) = (await creatopy.get("/users", params={"keyword": "ada"})).json()["response"]["nodes"]
        assert (serial, "Viewer") == (node["id"], node["role"]["name"])
        bob, project = await team.member(), (await craftdesk.post("/projects", json={"name": "Poster"})).json()["data"]
        (shown,) = (await creatopy.get("/projects")).json()["response"]["nodes"]
        await creatopy.post("/project/users", json={"userId": bob.serial, "projectId": shown["id"]})
        assigned = (await craftdesk.get(f"/projects/{project['id']}/members")).json()["data"]
        assert [bob.id] == [member["id"] for member in assigned]
        await craftdesk.delete(f"/members/{ada['id']}")
        assert 0 == (await creatopy.get("/users", params={"keyword": "ada"})).json()["response"]["totalCount"]


class TestWebhooks:
    async def test_made_through_craftdesk_it_is_managed_through_creatopy(self, both: Both) -> None:
        """Everything is every action there; without a name of its own it is called by its host."""
        made = craftdesk.data(await both.craftdesk.post("/webhooks", json={"url": OUTSIDE, "events": ["*"]}), 201)
        shown = only(creatopy.success(await both.creatopy.get("/webhooks")))
        assert ("93.184.215.14", OUTSIDE, True) == (shown["name"], shown["webhookUrl"], shown["enabled"])
        assert [*ACTIONS] == [each["actionId"] for each in shown["actions"]]
        body = {"webhookId": shown["id"], "enabled": False}
        creatopy.success(await both.creatopy.put("/webhooks", json=body))
        seen = craftdesk.data(await both.craftdesk.get(f"/webhooks/{made['id']}"))
        assert (False, ["*"]) == (seen["enabled"], seen["events"])
        creatopy.success(await both.creatopy.put("/webhooks", json={**body, "actions": [11]}))
        path = f"/webhooks/{made['id']}"
        assert ["member.role_changed"] == craftdesk.data(await both.craftdesk.get(path))["events"]
        creatopy.success(await both.creatopy.request("DELETE", "/webhooks", json={"webhookId": shown["id"]}))
        craftdesk.refusal(await both.craftdesk.get(path), 404)

    async def test_made_through_creatopy_it_is_managed_through_craftdesk(self, both: Both) -> None:
        """Each action is a type there; what only Creatopy knows outlives the change."""
        body = {"name": "Shop", "url": OUTSIDE, "actions": [7, 1]}
        made = creatopy.success(await both.creatopy.post("/webhooks", json=body))
        seen = only((await craftdesk.listed(both.craftdesk, "/webhooks"))["data"])
        assert (OUTSIDE, ["brand_kit.updated", "project.created"]) == (seen["url"], seen["events"])
        path = f"/webhooks/{seen['id']}"
        craftdesk.data(await both.craftdesk.patch(path, json={"events": ["project.created", "member.joined"]}))
        shown = only(creatopy.success(await both.creatopy.get("/webhooks")))
        assert ("Shop", [1, 10]) == (shown["name"], [each["actionId"] for each in shown["actions"]])
        assert made["actions"][0] == shown["actions"][0]
        rotated = craftdesk.data(await both.craftdesk.post(path + "/rotate_secret"))
        assert made["secret"] != rotated["secret"]
        assert 204 == (await both.craftdesk.delete(path)).status_code
        assert [] == creatopy.success(await both.creatopy.get("/webhooks"))

    async def test_messages_are_in_the_words_of_who_made_it(self, own_office: Office) -> None:
        """Whichever dialect the change came through; the log is the same through both."""
        both = await Both.of(await own_office.team())
        async with endpoint() as there:
            await both.craftdesk.post("/webhooks", json={"url": there.url("/c"), "events": ["brand_kit.created"]})
            body = {"name": "Shop", "url": there.url("/d"), "actions": [6]}
            hook = creatopy.success(await both.creatopy.post("/webhooks", json=body))
            kits = [await craftdesk.make_kit(both.craftdesk), await creatopy.make_kit(both.creatopy)]
            await send_due(own_office)
            told = {(got.path, got.message["type"], got.message["data"]["id"]) for got in there.got}
            shown = [await both.kit(id) for id in await kit_ids(both)]
            expected = {("/c", "brand_kit.created", one["id"]) for one, _ in shown}
            assert expected | {("/d", "brandkit/create", other["id"]) for _, other in shown} == told
            assert {kits[0]["id"], kits[1]["id"]} <= {id for _, _, id in told}
            nodes = await creatopy.listed(both.creatopy, "/webhooks/deliveries", webhookId=hook["id"])
            row = (await craftdesk.listed(both.craftdesk, "/webhooks"))["data"][0]
            rows = await craftdesk.listed(both.craftdesk, f"/webhooks/{row['id']}/deliveries")
            assert [node["id"] for node in nodes["nodes"]] == [each["id"] for each in rows["data"]]
            assert [{"brandkit/create"}, {"brand_kit.created"}] == [
                {node["action"] for node in nodes["nodes"]},
                {each["type"] for each in rows["data"]},
            ]


async def kit_ids(both: Both) -> list[str]:
    """The UUIDs of all kits; their names differ."""
    rows = (await craftdesk.listed(both.craftdesk, "/brand_kits"))["data"]
    for number, row in enumerate(rows):
        await both.craftdesk.patch(f"/brand_kits/{row['id']}", json={"name": f"Kit {number}"})
    return [row["id"] for row in rows]


def require_same_kit(both: Both, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Both show the same kit, and there is no field but these."""
    assert {
        "id", "name", "colors", "typography", "logos", "created_by", "created_at", "updated_at",
    } == one.keys()  # fmt: skip
    assert {"id", "name", "teamId", "typography", "createdBy"} == other.keys()
    assert one["name"] == other["name"]
    assert (both.team.owner.id, both.team.owner.serial) == (one["created_by"], other["createdBy"])
    words = {"font_id": "fontId", "font_name": "fontName", "font_size": "fontSize", "font_weight": "fontWeight"}
    renamed = [{words.get(name, name): value for name, value in font.items()} for font in one["typography"]]
    assert renamed == other["typography"]
    assert renamed
