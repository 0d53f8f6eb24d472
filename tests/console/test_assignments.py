"""Assignments in the console: on a project's page, by whoever may."""

from typing import Any

import pytest

from maquette.console import project_form
from maquette.model.actor import Role
from maquette.model.page import ByPage
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, Team

NOBODYS = "01890000-0000-7000-8000-000000000000"


async def made(team: Team, **fields: Any) -> str:
    """The path of a new project."""
    answer = await (await team.craftdesk()).post("/projects", json={"name": "Made", **fields})
    assert answer.status_code == 201, answer.text
    return f"/projects/{answer.json()['data']['id']}"


async def assigned(team: Team, path: str) -> list[str]:
    """The addresses of those assigned, as an API answers."""
    rows = (await (await team.craftdesk()).get(f"{path}/members")).json()["data"]
    return [row["email"] for row in rows]


def is_offered(page: str, text: str) -> bool:
    """Whether the page lets one choose something that reads so."""
    return f"({text})</option>" in page


async def test_a_member_is_assigned_and_taken_off(team: Team, owner: Person) -> None:
    """A private project is in their sight in between; each is offered only where it does something."""
    user = await team.member(Role.MEMBER)
    path, person = await made(team), await signed_in(team, user)
    await person.page(path, 404)
    page = (await owner.page(path)).text
    assert ("Nobody is assigned yet." in page, is_offered(page, user.email)) == (True, True)
    answer = await owner.submit(path, f"{path}/members", user=user.id)
    assert answer.headers["location"].endswith("#members")
    page = (await owner.followed(answer)).text
    assert ("is assigned to the project" in page, is_offered(page, user.email)) == (True, False)
    assert [user.email] == await assigned(team, path)
    await person.page(path)
    assert 303 == (await owner.force(f"{path}/members", user=user.id)).status_code
    page = (await owner.followed(await owner.submit(path, f"{path}/members/{user.id}/delete"))).text
    assert ("no longer assigned" in page, is_offered(page, user.email)) == (True, True)
    assert [] == await assigned(team, path)
    await person.page(path, 404)
    assert 404 == (await owner.force(f"{path}/members/{user.id}/delete")).status_code


async def test_only_active_members_are_offered(team: Team, owner: Person) -> None:
    """One who was shut out meanwhile is refused on the page; one who is assigned stays, and is marked."""
    user, other = await team.member(Role.MEMBER), await team.member(Role.MEMBER)
    path = await made(team)
    await team.assign(other, path.rpartition("/")[2])
    await owner.submit("/members/new", email="ada@example.com")
    for each in (user, other):
        await owner.force(f"/members/{each.id}/deactivate")
    page = (await owner.page(path)).text
    assert (False, False) == (is_offered(page, "ada@example.com"), is_offered(page, user.email))
    assert (True, True) == (other.email in page, ">deactivated<" in page)
    refused = await owner.force(f"{path}/members", user=user.id)
    assert (400, True) == (refused.status_code, "must be the id of an active member" in refused.text)
    for gone in (NOBODYS, ""):
        unknown = await owner.force(f"{path}/members", user=gone)
        assert (400, True) == (unknown.status_code, "The member is no longer there." in unknown.text)
    assert [other.email] == await assigned(team, path)


async def test_without_a_choice_nobody_is_assigned(team: Team, owner: Person) -> None:
    """The form begins at nobody, so that a press of its button alone is a mistake, not an assignment."""
    await team.member(Role.MEMBER)
    path = await made(team)
    (form,) = [form for form in forms_of(await owner.page(path)) if form.action == f"{path}/members"]
    assert "" == dict(form.values)["user"]


async def test_how_many_members_are_offered_is_said(team: Team, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more."""
    await team.member(Role.MEMBER)
    path = await made(team)
    assert "Others are assigned through the API." not in (await owner.page(path)).text
    monkeypatch.setattr(project_form, "CHOICES", ByPage(1, 1))
    assert "The first 1 of 2 members by name. Others are assigned through the API." in (await owner.page(path)).text


async def test_who_sees_it_is_said(team: Team, owner: Person) -> None:
    """A team-wide project is everybody's, whoever is assigned."""
    private, shared = await made(team), await made(team, visibility="team")
    assert "and the members who are assigned to it" in (await owner.page(private)).text
    assert "The whole team sees this project" in (await owner.page(shared)).text


async def test_members_see_the_list_only(team: Team, owner: Person) -> None:
    """Without a button; sent nevertheless, it's refused."""
    user, other = await team.member(Role.MEMBER), await team.member(Role.MEMBER)
    path, person = await made(team, visibility="team"), await signed_in(team, user)
    await owner.submit(path, f"{path}/members", user=other.id)
    page = await person.page(path)
    actions = {form.action for form in forms_of(page)}
    assert (True, {"/sign-out", path}, False) == (other.email in page.text, actions, "History" in page.text)
    for forced in ("", f"/{other.id}/delete"):
        answer = await person.force(f"{path}/members{forced}", user=user.id)
        assert (403, True) == (answer.status_code, "You may not do that" in answer.text)
    assert [other.email] == await assigned(team, path)


async def test_strangers_can_be_neither_assigned_nor_assign(office: Office, team: Team, owner: Person) -> None:
    """A member of another workspace isn't there, nor is its project."""
    other = await office.team()
    stranger, theirs = await other.member(Role.MEMBER), await made(other)
    refused = await owner.force(f"{await made(team)}/members", user=stranger.id)
    assert (400, True) == (refused.status_code, "The member is no longer there." in refused.text)
    for path in (f"{theirs}/members", f"{theirs}/members/{stranger.id}/delete"):
        assert 404 == (await owner.force(path, user=team.owner.id)).status_code
    assert [] == await assigned(other, theirs)
