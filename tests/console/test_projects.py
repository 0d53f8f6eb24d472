"""Projects in the console: lists, forms, and both APIs seeing the same."""

import re
from typing import Any

import pytest

from maquette.console import project_form
from maquette.model.actor import Role
from maquette.model.page import ByPage
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, Team


async def made(team: Team, **fields: Any) -> dict[str, Any]:
    """A project, by the API."""
    answer = await (await team.craftdesk()).post("/projects", json={"name": "Made", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_a_project_made_here_is_read_through_the_apis(team: Team, owner: Person) -> None:
    """With every field; line ends are the APIs' own."""
    kit = (await (await team.craftdesk()).post("/brand_kits", json={"name": "Kit"})).json()["data"]
    answer = await owner.submit(
        "/projects/new",
        name="  <b>Größe</b> ",
        description="One\r\nTwo",
        color="#1A2B3C",
        visibility="team",
        brand_kit=kit["id"],
    )
    page = await owner.followed(answer)
    assert ("Created." in page.text, "&lt;b&gt;Größe&lt;/b&gt;" in page.text) == (True, True)
    (found,) = (await (await team.craftdesk()).get("/projects")).json()["data"]
    assert ("<b>Größe</b>", "One\nTwo", "#1A2B3C", "team", kit["id"]) == tuple(
        found[name] for name in ("name", "description", "color", "visibility", "brand_kit_id")
    )
    assert "<b>Größe</b>" in (await (await team.creatopy()).get("/projects")).text


async def test_what_is_wrong_is_said_beside_its_field(owner: Person) -> None:
    """And all that was typed stays."""
    answer = await owner.submit("/projects/new", name=" ", description="Kept", color="red")
    assert 400 == answer.status_code
    for sentence in ("Name must not be empty.", "Colour must be a colour", "Kept</textarea>"):
        assert sentence in answer.text
    gone = await owner.submit("/projects/new", name="X", brand_kit="01890000-0000-7000-8000-000000000000")
    assert (400, True) == (gone.status_code, "Brand kit is no longer there." in gone.text)
    odd = await owner.submit("/projects/new", name="X", visibility="everybody")
    assert (400, True) == (odd.status_code, "must be private or team" in odd.text)


async def test_the_form_changes_all_of_it(team: Team, owner: Person) -> None:
    """Sent untouched, it changes nothing; emptied fields are cleared."""
    project = await made(team, name="Old", description="a\n\nb", color="#ABCDEF", visibility="team")
    path = f"/projects/{project['id']}"
    assert "Saved." in (await owner.followed(await owner.submit(path, path))).text
    caller = await team.craftdesk()
    same = (await caller.get(path)).json()["data"]
    assert {**project, "updated_at": same["updated_at"]} == same
    await owner.submit(path, path, name="New", description="", color="", slug="")
    changed = (await caller.get(path)).json()["data"]
    assert ("New", None, None, "new") == tuple(changed[name] for name in ("name", "description", "color", "slug"))


async def test_a_form_without_its_version_is_refused(team: Team, owner: Person) -> None:
    """Nobody can tell what it was filled from."""
    project = await made(team)
    path = f"/projects/{project['id']}"
    answer = await owner.submit(path, path, without=("version",), name="Mine")
    assert 412 == answer.status_code
    assert "Made" == (await (await team.craftdesk()).get(path)).json()["data"]["name"]


async def test_nobody_overwrites_what_they_have_not_seen(team: Team, owner: Person) -> None:
    """A form that was opened before somebody else's change is refused, and keeps what was typed."""
    project = await made(team)
    path = f"/projects/{project['id']}"
    (form,) = [form for form in forms_of(await owner.page(path)) if form.action == path]
    await (await team.craftdesk()).patch(path, json={"name": "Theirs"})
    answer = await owner.browser.post(path, data={**dict(form.values), "name": "Mine"})
    assert (412, True) == (answer.status_code, "Somebody was faster" in answer.text)
    assert 'value="Mine"' in answer.text
    assert ("now: Theirs" in answer.text, answer.text.count("now: ")) == (True, 1)
    again = await owner.browser.post(path, data={**dict(form.values), "name": "Mine"})
    assert 412 == again.status_code
    assert "Theirs" == (await (await team.craftdesk()).get(path)).json()["data"]["name"]


async def test_each_field_says_what_it_is_now(team: Team, owner: Person) -> None:
    """Where somebody was faster: only those that differ from what is typed, kits by their names."""
    project = await made(team, description="One", color="#ABC")
    caller, path = await team.craftdesk(), f"/projects/{project['id']}"
    kit = (await caller.post("/brand_kits", json={"name": "House"})).json()["data"]
    (form,) = [form for form in forms_of(await owner.page(path)) if form.action == path]
    theirs = {"brand_kit_id": kit["id"], "visibility": "team", "description": "Two", "color": None}
    assert 200 == (await caller.patch(path, json=theirs)).status_code
    page = (await owner.browser.post(path, data=dict(form.values))).text
    assert ["now: Two", "now: empty", "now: the whole team", "now: House"] == re.findall(r"now: [^<]+", page)


async def test_a_form_that_is_sent_twice_makes_one_project(team: Team, owner: Person) -> None:
    """As by a double click: the second is told that it has been done."""
    (form,) = [form for form in forms_of(await owner.page("/projects/new")) if form.action == "/projects"]
    data = {**dict(form.values), "name": "Once"}
    first, second = [await owner.browser.post("/projects", data=data) for _ in range(2)]
    assert (303, 422) == (first.status_code, second.status_code)
    assert "That was sent before" in second.text
    assert ["Once"] == [row["name"] for row in (await (await team.craftdesk()).get("/projects")).json()["data"]]


async def test_its_own_kit_is_always_a_choice(team: Team, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are before it by name, so that a form sent untouched keeps it; that others aren't, is said."""
    monkeypatch.setattr(project_form, "CHOICES", ByPage(1, 2))
    caller = await team.craftdesk()
    kits = [(await caller.post("/brand_kits", json={"name": f"Kit {name}"})).json()["data"]["id"] for name in "abcd"]
    path = f"/projects/{(await made(team, brand_kit_id=kits[3]))['id']}"
    page = (await owner.page(path)).text
    assert [True, True, False, True] == [f'value="{kit}"' in page for kit in kits]
    assert "the first by name of 4; others through the API" in page
    assert 303 == (await owner.submit(path, path)).status_code
    assert kits[3] == (await caller.get(path)).json()["data"]["brand_kit_id"]
    refused = await owner.submit(path, path, name="", brand_kit=kits[2])
    assert [True] * 4 == [f'value="{kit}"' in refused.text for kit in kits]
    assert f'value="{kits[2]}" selected' in refused.text
    new = await owner.submit("/projects/new", name="", brand_kit=kits[2])
    assert f'value="{kits[2]}" selected' in new.text


async def test_who_made_it_is_said(team: Team, owner: Person) -> None:
    """As long as they are a member."""
    admin = await team.member(Role.ADMIN)
    project = (await (await team.craftdesk(admin)).post("/projects", json={"name": "Theirs"})).json()["data"]
    path = f"/projects/{project['id']}"
    assert f'by <a href="/members/{admin.id}">{admin.name}</a>' in (await owner.page(path)).text
    await owner.force(f"/members/{admin.id}/delete")
    assert "by a former member" in (await owner.page(path)).text


async def test_archiving_and_deleting(team: Team, owner: Person) -> None:
    """Each by its button; the plan's limit is told where a project can't come back."""
    project = await made(team)
    path = f"/projects/{project['id']}"
    assert "is archived" in (await owner.followed(await owner.submit(path, f"{path}/archive"))).text
    assert "Made" not in (await owner.page("/projects")).text
    assert "Made" in (await owner.page("/projects?state=archived")).text
    await team.on_plan(await team.office.plan(projects=0))
    refused = await owner.submit(path, f"{path}/unarchive")
    assert (402, True) == (refused.status_code, "The plan is full" in refused.text)
    await team.on_plan("unlimited")
    assert "active again" in (await owner.followed(await owner.submit(path, f"{path}/unarchive"))).text
    assert "Deleted." in (await owner.followed(await owner.submit(path, f"{path}/delete"))).text
    assert "There is no such project" in (await owner.page(path, 404)).text


async def test_a_list_is_searched_ordered_and_paged(team: Team, owner: Person) -> None:
    """The search and the order stay from page to page; a page past the end is empty, and says so."""
    for number in range(30):
        await made(team, name=f"Poster {number:02}")
    await made(team, name="Leaflet", description="no poster, und 中文")
    first = await owner.page("/projects?q=poster&sort=name")
    assert ("31 projects" in first.text, "Page 1 of 2" in first.text) == (True, True)
    assert first.text.index("Leaflet") < first.text.index("Poster 00")
    assert "Poster 29" in (await owner.page("/projects?q=poster&sort=name&page=2")).text
    assert 'href="/projects?q=poster&amp;sort=name&amp;page=2"' in first.text
    assert "Leaflet" in (await owner.page("/projects?q=%E4%B8%AD%E6%96%87")).text
    assert "No project matches." in (await owner.page("/projects?q=nothing")).text
    for odd in ("?page=0", "?page=-1", "?page=x", "?page=99999999999", "?state=x&sort=y"):
        assert "31 projects" in (await owner.page(f"/projects{odd}")).text
    past = (await owner.page("/projects?page=9")).text
    assert ("nothing on this page" in past, 'href="/projects?page=2"' in past) == (True, True)
    assert "There are no active projects" not in past


async def test_an_empty_list_leads_to_the_form(team: Team, owner: Person) -> None:
    """Those who may create projects, and nobody else."""
    person = await signed_in(team, await team.member(Role.MEMBER))
    for who, is_led in ((owner, True), (person, False)):
        page = (await who.page("/projects")).text
        assert ("There are no active projects." in page, "Create one" in page) == (True, is_led)


async def test_members_see_their_own(team: Team) -> None:
    """Others' private projects are not there; team-wide ones can be edited, and not archived."""
    user = await team.member(Role.MEMBER)
    person = await signed_in(team, user)
    private, shared = await made(team, name="Private"), await made(team, name="Shared", visibility="team")
    page = (await person.page("/projects")).text
    assert (False, True, False) == ("Private" in page, "Shared" in page, "New project" in page)
    await person.page(f"/projects/{private['id']}", 404)
    shown = (await person.page(f"/projects/{shared['id']}")).text
    assert (True, False) == ("Save" in shown, "Delete" in shown)
    await person.page("/projects/new", 403)


async def test_who_hides_a_project_from_themselves_is_warned_and_told(team: Team) -> None:
    """A member who isn't assigned makes it private, and lands on the list, not on a page that isn't there."""
    user = await team.member(Role.MEMBER)
    person = await signed_in(team, user)
    project = await made(team, visibility="team")
    path = f"/projects/{project['id']}"
    assert "so you no longer see it" in (await person.page(path)).text
    await team.assign(user, project["id"])
    assert "so you no longer see it" not in (await person.page(path)).text
    assert path == (await person.submit(path, path, visibility="private")).headers["location"]
    other = await signed_in(team, await team.member(Role.MEMBER))
    path = f"/projects/{(await made(team, visibility='team'))['id']}"
    page = await other.followed(await other.submit(path, path, visibility="private"))
    assert ("You no longer see this project." in page.text, "/projects") == (True, page.url.path)
    await other.page(path, 404)


async def test_another_workspace_is_not_there(office: Office, owner: Person) -> None:
    """Its projects are 404, to read and to change."""
    other = await made(await office.team())
    for path in ("", "/archive", "/unarchive", "/delete"):
        token = forms_of(await owner.page("/projects/new"))[-1].values[0][1]
        answer = await owner.browser.post(f"/projects/{other['id']}{path}", data={"form_token": token, "name": "x"})
        assert 404 == answer.status_code
    await owner.page(f"/projects/{other['id']}", 404)
