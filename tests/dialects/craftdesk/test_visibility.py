"""Who sees a project, and who may do what with it? In every list, every count and every verb."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from maquette.model.records import User
from tests.dialects.craftdesk.calls import (
    data,
    fields,
    listed,
    make_kit,
    make_project,
    names,
    total,
)
from tests.office import Office, Team


@dataclass
class Case:
    """A team with a private project, one that a member is assigned to, and one for all."""

    team: Team
    owner: httpx2.AsyncClient
    projects: dict[str, dict[str, Any]]
    members: dict[str, httpx2.AsyncClient]

    def path(self, name: str) -> str:
        """Where the project is."""
        return f"/projects/{self.projects[name]['id']}"


async def case(team: Team) -> Case:
    """The member `anna` is assigned to one project, active or archived of each kind; `ben` to none."""
    owner = await team.craftdesk()
    kit = await make_kit(owner)
    anna, ben = await team.member(), await team.member()
    made: dict[str, dict[str, Any]] = {}
    for prefix in ("", "archived "):
        for name, visibility in (("private", "private"), ("assigned", "private"), ("team", "team")):
            given = {"visibility": visibility, "brand_kit_id": kit["id"], "description": "Poster"}
            made[prefix + name] = project = await make_project(owner, prefix + name, **given)
            if prefix:
                made[prefix + name] = data(await owner.post(f"/projects/{project['id']}/archive"))
            if name == "assigned":
                await team.assign(anna, project["id"])
    return Case(team, owner, made, {"anna": await team.craftdesk(anna), "ben": await team.craftdesk(ben)})


SEEN = {"anna": ["assigned", "team"], "ben": ["team"]}


class TestLists:
    async def test_a_member_is_shown_what_is_theirs_and_what_is_the_teams(self, engine_office: Office) -> None:
        """Rows, total and pages agree in every kind of list."""
        here = await case(await engine_office.team())
        ids = ",".join(project["id"] for project in here.projects.values())
        kit, owner = here.projects["team"]["brand_kit_id"], here.team.owner.id
        archived = {member: [f"archived {name}" for name in seen] for member, seen in SEEN.items()}
        for member, seen in SEEN.items():
            cases: list[tuple[dict[str, str | int], list[str]]] = [
                ({}, seen),
                ({"archived": "true"}, archived[member]),
                ({"archived": "any"}, seen + archived[member]),
                ({"q": "poster"}, seen),
                ({"q": "private"}, []),
                ({"q": "r", "archived": "any"}, seen + archived[member]),
                ({"name": "private"}, []),
                ({"name": "team"}, ["team"]),
                ({"slug": "private"}, []),
                ({"brand_kit_id": kit}, seen),
                ({"created_by": owner}, seen),
                ({"created_after": "2026-01-01"}, seen),
                ({"updated_after": "2026-01-01"}, seen),
                ({"ids": ids}, seen + archived[member]),
            ]
            for query, expected in cases:
                caller = here.members[member]
                assert expected == await names(caller, **{"sort": "created_at", **query}), (member, query)
                assert len(expected) == await total(caller, **query), (member, query)
                assert len(expected) == await total(caller, **query, page=9), (member, query)

    async def test_owners_and_admins_are_shown_everything(self, engine_office: Office) -> None:
        """Assigned or not."""
        here = await case(await engine_office.team())
        admin = await here.team.craftdesk(await here.team.member(Role.ADMIN))
        for caller in (here.owner, admin):
            for archived, expected in (("false", 3), ("true", 3), ("any", 6)):
                assert expected == len(await names(caller, archived=archived))
                assert expected == await total(caller, archived=archived)

    async def test_a_page_of_one_is_never_sent_to_another(self, office: Office) -> None:
        """The same address, one after the other, from memory too."""
        here = await case(await office.team())
        for _ in range(2):
            assert ["team", "assigned", "private"] == await names(here.owner)
            assert ["team", "assigned"] == await names(here.members["anna"])
            assert ["team"] == await names(here.members["ben"])

    async def test_what_becomes_private_is_out_of_sight_at_once(self, engine_office: Office) -> None:
        """And into sight again, rows and totals."""
        here = await case(await engine_office.team())
        ben = here.members["ben"]
        for visibility, expected in (("private", []), ("team", ["team"])):
            data(await here.owner.patch(here.path("team"), json={"visibility": visibility}))
            assert expected == await names(ben)
            assert len(expected) == await total(ben)
            assert len(expected) == await total(ben, q="t")

    async def test_what_was_assigned_and_is_the_teams_counts_once(self, engine_office: Office) -> None:
        """Seen in two ways, it is one project."""
        here = await case(await engine_office.team())
        data(await here.owner.patch(here.path("assigned"), json={"visibility": "team"}))
        for member in ("anna", "ben"):
            assert ["team", "assigned"] == await names(here.members[member])
            assert 2 == await total(here.members[member])

    async def test_an_assignment_goes_with_its_project(self, engine_office: Office) -> None:
        """A deleted project is in nobody's total."""
        here = await case(await engine_office.team())
        await here.owner.delete(here.path("assigned"))
        assert (["team"], 1) == (await names(here.members["anna"]), await total(here.members["anna"]))

    async def test_an_assignment_elsewhere_shows_nothing_here(self, engine_office: Office) -> None:
        """Somebody in two workspaces sees in each what is theirs there."""
        here = await case(await engine_office.team())
        other = await engine_office.team()
        anna = await _anna_of(here)
        again = await other.member(email=anna.email)
        owner = await other.craftdesk()
        theirs = await make_project(owner, "assigned there")
        await other.assign(again, theirs["id"])
        assert ["assigned there"] == await names(await other.craftdesk(again))
        assert ["team", "assigned"] == await names(await here.team.craftdesk(again))
        assert 2 == await total(await here.team.craftdesk(again))


async def _anna_of(here: Case) -> User:
    """A second member who is assigned to what anna is."""
    anna = await here.team.member()
    await here.team.assign(anna, here.projects["assigned"]["id"])
    await here.team.assign(anna, here.projects["archived assigned"]["id"])
    return anna


MATRIX: dict[str, dict[str, int]] = {
    "GET": {"owner": 200, "admin": 200, "private": 404, "assigned": 200, "team": 200},
    "PATCH": {"owner": 200, "admin": 200, "private": 404, "assigned": 200, "team": 200},
    "archive": {"owner": 200, "admin": 200, "private": 404, "assigned": 403, "team": 403},
    "unarchive": {"owner": 200, "admin": 200, "private": 404, "assigned": 403, "team": 403},
    "DELETE": {"owner": 204, "admin": 204, "private": 404, "assigned": 403, "team": 403},
}
"""What each verb is answered: owners and admins on any project, a member on one of each kind."""


async def attempt(caller: httpx2.AsyncClient, verb: str, path: str) -> httpx2.Response:
    """The verb on the project at that path."""
    if verb == "PATCH":
        return await caller.patch(path, json={"description": "edited"})
    if verb in ("GET", "DELETE"):
        return await caller.request(verb, path)
    return await caller.post(f"{path}/{verb}")


class TestVerbs:
    @pytest.mark.parametrize("verb", MATRIX)
    @pytest.mark.parametrize("kept", ["", "archived "])
    async def test_a_member_may_edit_what_they_see_and_no_more(self, office: Office, verb: str, kept: str) -> None:
        """404 for what is out of sight, by id and by slug; 403 for what takes an admin."""
        here = await case(await office.team())
        anna = here.members["anna"]
        for name in ("private", "assigned", "team"):
            for ref in (here.projects[kept + name]["id"], here.projects[kept + name]["slug"]):
                answer = await attempt(anna, verb, f"/projects/{ref}")
                assert MATRIX[verb][name] == answer.status_code, (name, ref)
                if answer.status_code == 404:
                    assert ["project"] == fields(answer, 404)
                if answer.status_code == 403:
                    assert ["permission"] == fields(answer, 403)

    @pytest.mark.parametrize("verb", MATRIX)
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    async def test_owners_and_admins_may_do_everything(self, office: Office, verb: str, role: Role) -> None:
        """With private projects too, whoever made them."""
        here = await case(await office.team())
        caller = await here.team.craftdesk(await here.team.member(role))
        for name in here.projects:
            assert MATRIX[verb][role.value] == (await attempt(caller, verb, here.path(name))).status_code, name

    async def test_only_owners_and_admins_create(self, office: Office) -> None:
        """A member gets 403, and nothing is made."""
        team = await office.team()
        for role, status in ((Role.OWNER, 201), (Role.ADMIN, 201), (Role.MEMBER, 403)):
            caller = await team.craftdesk(await team.member(role))
            assert status == (await caller.post("/projects", json={"name": role.value})).status_code, role
        assert ["admin", "owner"] == await names(await team.craftdesk())

    async def test_a_refusal_changes_nothing(self, office: Office) -> None:
        """What a member tried in vain has left no trace."""
        here = await case(await office.team())
        for verb in MATRIX:
            for name in ("private", "archived private"):
                await attempt(here.members["anna"], verb, here.path(name))
        for name in ("archive", "DELETE"):
            await attempt(here.members["anna"], name, here.path("team"))
        shown = (await listed(here.owner, archived="any", sort="created_at"))["data"]
        assert list(here.projects.values()) == shown

    async def test_out_of_sight_is_as_absent(self, office: Office) -> None:
        """The bytes don't tell a private project from none."""
        here = await case(await office.team())
        ben = here.members["ben"]
        for verb in MATRIX:
            hidden = await attempt(ben, verb, here.path("private"))
            absent = await attempt(ben, verb, "/projects/nothing-of-the-sort")
            assert (404, hidden.content) == (absent.status_code, absent.content), verb

    async def test_a_member_who_makes_it_private_has_edited_it(self, office: Office) -> None:
        """The answer shows what they did; then it's out of their sight."""
        here = await case(await office.team())
        ben = here.members["ben"]
        assert "private" == data(await ben.patch(here.path("team"), json={"visibility": "private"}))["visibility"]
        assert ["project"] == fields(await ben.get(here.path("team")), 404)
        assert [] == await names(ben)

    async def test_the_project_of_a_demoted_admin_is_out_of_their_sight(self, office: Office) -> None:
        """Having made it is no assignment; the past work stays, in their name."""
        team = await office.team()
        admin = await team.member(Role.ADMIN)
        caller, owner = await team.craftdesk(admin), await team.craftdesk()
        made = await make_project(caller)
        await team.member(Role.MEMBER, admin.email)
        assert ["project"] == fields(await caller.get(f"/projects/{made['id']}"), 404)
        assert admin.id == data(await owner.get(f"/projects/{made['id']}"))["created_by"]
