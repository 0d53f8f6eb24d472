"""The audit log in the console: who did what to which record, narrowed down, and led on to what is still there."""

import re
from typing import Any

import pytest

from maquette.domain.events import TYPES
from maquette.model.actor import Role
from maquette.model.page import ByPage
from tests.console.people import Person, signed_in
from tests.office import RECEIVER, Office, Team


async def made(team: Team, path: str = "/projects", **fields: Any) -> str:
    """The id of a new record."""
    answer = await (await team.craftdesk()).post(path, json={"name": "Made", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def rows(page: str) -> list[str]:
    """What happened, in words, in the order of the page."""
    return re.findall(r'<tr class="begun">\n<td>([^<\n]+)', page)


async def test_it_tells_who_did_what_to_which_record(team: Team, owner: Person) -> None:
    """The newest first, from which address and by which key, or with the console."""
    client = await team.craftdesk()
    project = (await client.post("/projects", json={"name": "<i>Poster</i>"})).json()["data"]["id"]
    await owner.submit(f"/projects/{project}", f"/projects/{project}/archive")
    page = (await owner.page("/events")).text
    assert ["Project archived", "Project created", "Credential created"] == rows(page)[:3]
    for part in (
        f'<a href="/projects/{project}">&lt;i&gt;Poster&lt;/i&gt;</a>',
        f'<a href="/members/{team.owner.id}">{team.owner.name}</a>, with the console',
        '<span class="under">127.0.0.1</span>',
        "<code>project.archived</code>",
        'Details<span class="visually-hidden"> of Project archived, &lt;i&gt;Poster&lt;/i&gt;</span>',
    ):
        assert part in page, part
    assert re.search(rf'{team.owner.name}</a>, with <a href="/keys/[0-9a-f-]{{36}}">key \d+</a>', page)
    told = (await client.get("/events", params={"subject_id": project})).json()["data"]
    assert all(event["request_id"] in page and event["id"] in page for event in told)


async def test_every_kind_of_record_is_found(team: Team, owner: Person) -> None:
    """By its name, on its page; what is gone is said to be, and leads nowhere."""
    kit, gone = await made(team, "/brand_kits"), await made(team)
    webhook = (await team.webhook())["id"]
    client, _ = await team.client_pair()
    user = await team.member(Role.MEMBER)
    await (await team.craftdesk()).delete(f"/projects/{gone}")
    page = (await owner.page("/events")).text
    for path, name in (
        (f"/brand-kits/{kit}", "Made"),
        (f"/webhooks/{webhook}", RECEIVER),
        (f"/keys/{client.id}", client.name),
        (f"/members/{user.id}", user.name),
    ):
        assert re.search(rf'<td>\s*<a href="{path}">{re.escape(name)}</a>\s*</td>', page), path
        await owner.page(path)
    assert 2 == page.count(f'deleted</span> <code class="under">{gone}</code>')
    assert f'href="/projects/{gone}"' not in page
    assert (True, True) == (bool(re.search(r"<td>\s*Acme\s*</td>", page)), "the operator" in page)


async def test_it_is_narrowed_to_a_type(team: Team, owner: Person) -> None:
    """Each type there is can be chosen; one that there isn't is no condition."""
    project = await made(team)
    await (await team.craftdesk()).delete(f"/projects/{project}")
    page = (await owner.page("/events?type=project.deleted")).text
    assert (["Project deleted"], True) == (rows(page), "1 event" in page)
    assert '<option value="project.deleted" selected>Project deleted</option>' in page
    for type in TYPES:
        assert f'<option value="{type}"' in page, type
    assert "No event matches." in (await owner.page("/events?type=webhook.deleted")).text
    assert "Project deleted" in rows((await owner.page("/events?type=x.y")).text)


async def test_it_is_narrowed_to_a_member(team: Team, owner: Person) -> None:
    """What one did, also after they have been removed."""
    admin = await team.member(Role.ADMIN)
    caller = await team.craftdesk(admin)
    await caller.post("/projects", json={"name": "Theirs"})
    await made(team)
    page = (await owner.page(f"/events?user={admin.id.upper()}")).text
    assert (["Project created"], True) == (rows(page), f'value="{admin.id}" selected' in page)
    await owner.force(f"/members/{admin.id}/delete")
    page = (await owner.page(f"/events?user={admin.id}&type=project.created")).text
    assert (["Project created"], True) == (rows(page), f'value="{admin.id}" selected>{admin.name}<' in page)
    assert f'href="/members/{admin.id}"' not in page
    for odd, status in (("x", 200), ("%00", 400), ("a%27b", 200)):
        await owner.page(f"/events?user={odd}&subject={odd}", status)


async def test_it_says_that_not_every_member_can_be_chosen(
    team: Team, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are too many."""
    await team.member(Role.MEMBER)
    assert "can be chosen here" not in (await owner.page("/events")).text
    monkeypatch.setattr("maquette.console.handlers.events.CHOICES", ByPage(1, 1))
    assert "Only the first 1 of 2 members can be chosen here." in (await owner.page("/events")).text


async def test_a_record_leads_to_its_history(team: Team, owner: Person) -> None:
    """From its page, to all that happened to it and to nothing else; the filters keep to it."""
    user, project = await team.member(Role.MEMBER), await made(team, name="Poster")
    await made(team)
    await owner.submit(f"/projects/{project}", f"/projects/{project}/members", user=user.id)
    history = f'href="/events?subject={project}"'
    assert history in (await owner.page(f"/projects/{project}")).text
    page = (await owner.page(f"/events?subject={project}")).text
    assert (["Project assigned", "Project created"], True) == (rows(page), "What happened to <a" in page)
    assert f'<input type="hidden" name="subject" value="{project}">' in page
    assert ', with <a href="/keys/' in page
    await owner.force(f"/projects/{project}/delete")
    page = (await owner.page(f"/events?subject={project}&type=project.deleted")).text
    assert (["Project deleted"], True) == (rows(page), f"What happened to <code>{project}</code>" in page)
    member = (await owner.page(f"/members/{user.id}")).text
    assert (True, True) == (f"/events?subject={user.id}" in member, f"/events?user={user.id}" in member)
    assert ["Member joined"] == rows((await owner.page(f"/events?subject={user.id}")).text)


async def test_it_is_paged(team: Team, owner: Person) -> None:
    """With all that it was narrowed by."""
    for number in range(26):
        await made(team, name=f"Poster {number}")
    first = (await owner.page(f"/events?type=project.created&user={team.owner.id}")).text
    assert ("26 events" in first, len(rows(first))) == (True, 25)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = (await owner.page(following[1].replace("&amp;", "&"))).text
    assert ("Poster 0" in second, "Poster 1<" in second, len(rows(second))) == (True, False, 1)
    for odd in ("?page=0", "?page=x"):
        assert "Page 1 of" in (await owner.page(f"/events{odd}")).text
    past = (await owner.page("/events?type=project.created&page=999999999")).text
    assert ("There is nothing on this page." in past, "No event matches." in past) == (True, False)
    assert 'href="/events?type=project.created&amp;page=2" rel="prev"' in past


async def test_it_is_for_owners_and_admins(office: Office, team: Team) -> None:
    """And of their own workspace only."""
    await made(await office.team(), name="Elsewhere")
    admin, user = await team.member(Role.ADMIN), await team.member(Role.MEMBER)
    assert "Elsewhere" not in (await (await signed_in(team, admin)).page("/events")).text
    assert "You may not do that" in (await (await signed_in(team, user)).page("/events", 403)).text
