"""Members in the console: inviting, changing and removing them, and what follows for whoever did it."""

import asyncio
import logging
import re
from typing import Any

import pytest

from maquette.domain import invitations
from maquette.model.actor import Role
from maquette.model.records import User
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, Team

INVITED = "The invitation is on its way"


async def found(team: Team, email: str) -> dict[str, Any]:
    """The member of that address, as an API answers; nothing for nobody."""
    rows = (await (await team.craftdesk()).get("/members", params={"q": email})).json()["data"]
    return next((dict(row) for row in rows if row["email"] == email), {})


async def invited(person: Person, email: str = "ada@example.com", **fields: Any) -> str:
    """Invite somebody; returns the path of their page."""
    answer = await person.submit("/members/new", email=email, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def offered(page: str) -> set[str]:
    """What can be done about the member whose page that is."""
    return set(re.findall(r'action="/members/[0-9a-f-]+/(\w+)"', page))


class TestList:
    async def test_it_shows_roles_and_states(self, team: Team, owner: Person) -> None:
        """Invited and deactivated members too; whoever looks finds themselves marked."""
        admin = await team.member(Role.ADMIN)
        await team.member(Role.MEMBER)
        await invited(owner, name="<b>Ada</b>")
        await owner.submit(f"/members/{admin.id}", f"/members/{admin.id}/deactivate")
        page = (await owner.page("/members")).text
        for part in ("4 members", "&lt;b&gt;Ada&lt;/b&gt;", ">invited<", ">deactivated<", ">you<", "<td>admin</td>"):
            assert part in page, part

    async def test_it_is_searched_and_paged(self, team: Team, owner: Person) -> None:
        """By name and address, in any case and script; the search stays from page to page."""
        for number in range(27):
            await team.member(Role.MEMBER, f"pat{number:02}@{team.workspace.slug}.example")
        await invited(owner, "lin@example.com", name="林美玲")
        first = (await owner.page("/members?q=PAT")).text
        assert ("27 members" in first, "Page 1 of 2" in first, "林美玲" in first) == (True, True, False)
        assert 'href="/members?q=PAT&amp;page=2"' in first
        assert "pat26@" in (await owner.page("/members?q=PAT&page=2")).text
        assert "lin@example.com" in (await owner.page("/members?q=%E7%BE%8E")).text
        assert "No member matches." in (await owner.page("/members?q=nobody")).text
        past = (await owner.page("/members?page=9")).text
        assert ("nothing on this page" in past, 'href="/members?page=2"' in past) == (True, True)

    async def test_members_look_and_change_nothing(self, team: Team) -> None:
        """They see everybody, without a button; what they send nevertheless is refused."""
        user, other = await team.member(), await team.member()
        person = await signed_in(team, user)
        assert "Invite" not in (await person.page("/members")).text
        for who in (user, other, team.owner):
            page = (await person.page(f"/members/{who.id}")).text
            assert (True, 1, False) == (who.email in page, len(posted(page)), "History" in page)
        await person.page("/members/new", 403)
        for path in ("", f"/{other.id}", *(f"/{user.id}/{verb}" for verb in ("delete", "transfer", "deactivate"))):
            answer = await person.force(f"/members{path}", email="x@example.com", role="admin")
            assert (403, True) == (answer.status_code, "You may not do that" in answer.text), path
        assert ("member", {}) == ((await found(team, user.email))["role"], await found(team, "x@example.com"))


class TestInvitation:
    async def test_the_person_is_sent_a_link(self, own_office: Office, caplog: pytest.LogCaptureFixture) -> None:
        """It makes them a member; a new one ends the old one."""
        team = await own_office.team(name="Acme")
        owner = await signed_in(team)
        path = await invited(owner, " Ada@Example.com ", role="admin", name="Ada Lovelace")
        member = await found(team, "ada@example.com")
        assert ("Ada Lovelace", "admin", "invited") == tuple(member[name] for name in ("name", "role", "status"))
        (old,) = await links(own_office, caplog, 1)
        page = (await owner.followed(await owner.submit(path, f"{path}/invite"))).text
        assert "The earlier one no longer works." in page
        _, new = await links(own_office, caplog, 2)
        assert member["role"] == (await found(team, "ada@example.com"))["role"]
        guest = Person(own_office.http())
        await guest.page(old, 410)
        assert "/password/" in (await guest.submit(new)).headers["location"]
        assert "active" == (await found(team, "ada@example.com"))["status"]
        again = await owner.force(f"{path}/invite")
        assert (400, True) == (again.status_code, "The address already belongs to a member." in again.text)

    async def test_a_second_invitation_says_what_it_does_to_the_first(self, team: Team, owner: Person) -> None:
        """Sent from the form too; a form that is sent twice invites once."""
        answer = await owner.submit("/members/new", email="ada@example.com")
        assert INVITED in (await owner.followed(answer)).text
        answer = await owner.submit("/members/new", email=" ADA@example.com")
        assert "The earlier one no longer works." in (await owner.followed(answer)).text
        (form,) = [form for form in forms_of(await owner.page("/members/new")) if form.action == "/members"]
        data = {**dict(form.values), "email": "lin@example.com"}
        first, second = [await owner.browser.post("/members", data=data) for _ in range(2)]
        assert (303, 422, True) == (first.status_code, second.status_code, "That was sent before" in second.text)

    async def test_what_is_wrong_is_said_beside_its_field(self, team: Team, owner: Person) -> None:
        """And all that was typed stays."""
        wrong = await owner.submit("/members/new", email="no address", role="admin", name="Kept")
        assert 400 == wrong.status_code
        for part in ("E-mail address must be an e-mail address.", 'value="Kept"', '"admin" selected'):
            assert part in wrong.text, part
        known = await owner.submit("/members/new", email=team.owner.email)
        assert (400, True) == (known.status_code, "already belongs to a member" in known.text)
        odd = await owner.submit("/members/new", email="a@example.com", role="king")
        assert (400, True) == (odd.status_code, "Role must be member, admin or owner." in odd.text)
        long = await owner.submit("/members/new", email="a@example.com", name="x" * 256)
        assert (400, True) == (long.status_code, 'id="problem-name"' in long.text)
        assert {} == await found(team, "a@example.com")

    async def test_the_default_is_a_member_named_by_the_address(self, team: Team, owner: Person) -> None:
        """The role that can do the least."""
        await invited(owner)
        assert {"name": "ada", "role": "member"}.items() <= (await found(team, "ada@example.com")).items()

    async def test_it_is_taken_back(self, team: Team, owner: Person) -> None:
        """Nobody can be shut out who has yet to come in."""
        path = await invited(owner)
        assert {"invite", "delete"} == offered((await owner.page(path)).text)
        early = await owner.force(f"{path}/deactivate")
        assert (400, True) == (early.status_code, "The status can&#39;t change while the invitation" in early.text)
        assert "no member of the workspace" in (await owner.followed(await owner.submit(path, f"{path}/delete"))).text
        assert {} == await found(team, "ada@example.com")


class TestRole:
    async def test_it_is_changed(self, team: Team, owner: Person) -> None:
        """In force at once, for keys too."""
        user = await team.member(Role.MEMBER)
        path, caller = f"/members/{user.id}", await team.craftdesk(user)
        assert 403 == (await caller.post("/projects", json={"name": "Poster"})).status_code
        assert "Saved." in (await owner.followed(await owner.submit(path, path, role="admin"))).text
        assert 201 == (await caller.post("/projects", json={"name": "Poster"})).status_code
        odd = await owner.submit(path, path, role="")
        assert (400, True) == (odd.status_code, "Role must be member, admin or owner." in odd.text)

    async def test_nobody_overwrites_what_they_have_not_seen(self, team: Team, owner: Person) -> None:
        """A form that was opened before somebody else's change is refused, and again when it is sent on as shown."""
        user = await team.member(Role.ADMIN)
        path = f"/members/{user.id}"
        page = await owner.page(path)
        await team.put(user, Role.MEMBER)
        for _ in range(2):
            (form,) = [form for form in forms_of(page) if form.action == path]
            page = await owner.browser.post(path, data={**dict(form.values), "role": "owner"})
            assert (412, True) == (page.status_code, "Somebody was faster" in page.text)
            assert ("now: member" in page.text, 'value="owner" selected' in page.text) == (True, True)
        assert "member" == (await found(team, user.email))["role"]

    async def test_owners_are_the_owners_business(self, team: Team, owner: Person) -> None:
        """An admin is offered neither to make one nor to touch one, and refused if they try."""
        admin, user = await team.member(Role.ADMIN), await team.member(Role.MEMBER)
        person = await signed_in(team, admin)
        page = (await person.page(f"/members/{team.owner.id}")).text
        assert (set(), 1, True) == (offered(page), len(posted(page)), "only owners can change that" in page)
        page = (await person.page(f"/members/{user.id}")).text
        assert ({"deactivate", "delete"}, False) == (offered(page), 'value="owner"' in page)
        assert 'value="owner"' not in (await person.page("/members/new")).text
        seen = next(dict(form.values) for form in forms_of(await person.page(f"/members/{user.id}")) if form.values[1:])
        tries: list[tuple[str, dict[str, str]]] = [
            ("/members", {"email": "x@example.com", "role": "owner"}),
            (f"/members/{user.id}", {"role": "owner", "version": seen["version"]}),
            (f"/members/{user.id}/transfer", {}),
            (f"/members/{team.owner.id}", {"role": "member"}),
            (f"/members/{team.owner.id}/deactivate", {}),
            (f"/members/{team.owner.id}/delete", {}),
        ]
        for path, fields in tries:
            assert 403 == (await person.force(path, **fields)).status_code, path
        assert "owner" == (await found(team, team.owner.email))["role"]
        assert "member" == (await found(team, user.email))["role"]

    async def test_ownership_is_handed_over(self, team: Team, owner: Person) -> None:
        """Whoever does it is told before that they become an admin, and is one after; only an active member can."""
        user = await team.member(Role.MEMBER)
        path, guest = f"/members/{user.id}", await invited(owner)
        assert "You become an admin" in (await owner.page(path)).text
        assert "transfer" not in offered((await owner.page(f"/members/{team.owner.id}")).text)
        same = await owner.followed(await owner.force(f"/members/{team.owner.id}/transfer"))
        assert ("You are an owner, as before." in same.text, "handed over" in same.text) == (True, False)
        refused = await owner.force(f"{guest}/transfer")
        assert (400, True) == (refused.status_code, "The new owner must be" in refused.text)
        page = (await owner.followed(await owner.submit(path, f"{path}/transfer"))).text
        assert ("Ownership is handed over" in page, "only owners can change that" in page) == (True, True)
        assert ("owner", "admin") == (
            (await found(team, user.email))["role"],
            (await found(team, team.owner.email))["role"],
        )


class TestShuttingOut:
    async def test_a_member_is_shut_out_and_let_in_again(self, team: Team, owner: Person) -> None:
        """Their session shows nothing meanwhile, and all of it afterwards."""
        user = await team.member(Role.ADMIN)
        person, path = await signed_in(team, user), f"/members/{user.id}"
        assert "is deactivated" in (await owner.followed(await owner.submit(path, f"{path}/deactivate"))).text
        assert "/workspaces" == (await person.browser.get("/projects")).headers["location"]
        assert {"activate", "delete"} == offered((await owner.page(path)).text)
        assert "is active again" in (await owner.followed(await owner.submit(path, f"{path}/activate"))).text
        await person.page("/projects")

    async def test_what_is_no_id_is_no_member(self, owner: Person) -> None:
        """404, whatever it is written in."""
        for verb in ("", "/deactivate", "/activate", "/invite", "/transfer", "/delete"):
            assert 404 == (await owner.force(f"/members/%E4%B8%AD{verb}", role="admin")).status_code

    async def test_removed_is_gone(self, team: Team, owner: Person) -> None:
        """From the list, from their own session, and their page is no more."""
        user = await team.member(Role.MEMBER)
        person, path = await signed_in(team, user), f"/members/{user.id}"
        page = (await owner.followed(await owner.submit(path, f"{path}/delete"))).text
        assert ("no member of the workspace" in page, user.email in page) == (True, False)
        assert "/workspaces" == (await person.browser.get("/members")).headers["location"]
        assert "There is no such member" in (await owner.page(path, 404)).text

    async def test_the_last_owner_stays(self, team: Team, owner: Person) -> None:
        """Told on their page, whatever way out they try."""
        path = f"/members/{team.owner.id}"
        tries = [
            await owner.submit(path, path, role="member"),
            await owner.submit(path, f"{path}/delete"),
            await owner.force(f"{path}/deactivate"),
        ]
        for answer in tries:
            assert (409, True, True) == (
                answer.status_code,
                "The last owner can&#39;t go" in answer.text,
                f"<h1>{team.owner.name}" in answer.text,
            )
        assert {"role": "owner", "status": "active"}.items() <= (await found(team, team.owner.email)).items()


class TestOneself:
    async def test_who_demotes_themselves_sees_what_is_left(self, team: Team, owner: Person) -> None:
        """Their page works, with nothing to press any more."""
        await team.member(Role.OWNER)
        path = f"/members/{team.owner.id}"
        assert "what you may do changes at once" in (await owner.page(path)).text
        page = (await owner.followed(await owner.submit(path, path, role="member"))).text
        assert ("Saved." in page, set(), 'href="/events"' in page) == (True, offered(page), False)

    @pytest.mark.parametrize("verb", ["delete", "deactivate"])
    async def test_who_leaves_lands_outside(self, office: Office, team: Team, owner: Person, verb: str) -> None:
        """On the page of the workspaces that are left, from where they go on."""
        await team.member(Role.OWNER)
        other = await office.team(name="Other")
        await other.member(Role.MEMBER, team.owner.email)
        answer = await owner.force(f"/members/{team.owner.id.upper()}/{verb}")
        page = (await owner.followed(answer)).text
        assert ("You have left the workspace." in page, "Acme" in page) == (True, False)
        opened = await owner.submit("/workspaces", f"/workspaces/{other.workspace.id}")
        assert "<h1>Other</h1>" in (await owner.followed(opened)).text

    async def test_leaving_is_called_that(self, team: Team) -> None:
        """One's own page offers no other way to end a membership."""
        admin: User = await team.member(Role.ADMIN)
        page = (await (await signed_in(team, admin)).page(f"/members/{admin.id}")).text
        assert ({"delete"}, True) == (offered(page), "Leave the workspace" in page)


def posted(page: str) -> list[str]:
    """The forms of a page that are posted; signing out is one of them."""
    return re.findall(r'<form method="post"', page)


async def links(office: Office, caplog: pytest.LogCaptureFixture, count: int) -> list[str]:
    """The paths of the links that have been e-mailed, once there are so many; without a mail server they're logged."""
    services = office.runtime.services
    caplog.set_level(logging.INFO, "maquette.mail")
    for _ in range(100):
        await invitations.send_due(
            services.database, services.clock, services.sealer, services.mailer, services.public_url
        )
        texts = [record.getMessage() for record in caplog.records if record.name == "maquette.mail"]
        paths = [path for text in texts for path in re.findall(r"/invitations/\S+", text)]
        if len(paths) >= count:
            return paths
        await asyncio.sleep(0.05)
    raise AssertionError("no e-mail has been sent")
