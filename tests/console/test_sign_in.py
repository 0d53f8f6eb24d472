"""Signing in and out: by password, throttled, without telling who has an account; sessions that end."""

import re
from typing import Any

import pytest

from maquette.domain import passwords
from maquette.domain.sessions import IDLE_MS, LASTS_MS
from maquette.model.actor import Role
from maquette.model.errors import Unavailable
from tests.console.people import Person, signed_in
from tests.office import Office, Team

PASSWORD = "correct horse battery"


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose owner has a password."""
    team = await office.team(name="Acme & Co")
    await choose(team)
    return team


async def choose(team: Team, password: str = PASSWORD) -> None:
    """Choose the owner's password, by a link."""
    office = team.office
    token = await office.write(lambda tx: passwords.issue_link(tx, team.owner, now_ms=office.now_ms))
    person = Person(office.http())
    answer = await person.submit(f"/password/{token}", password=password, confirmation=password)
    assert "Your password is set" in (await person.followed(answer)).text


class TestSignIn:
    async def test_the_right_password_opens_a_session(self, office: Office, team: Team) -> None:
        """The cookie is out of reach of scripts and of other sites' forms; the overview greets."""
        person = Person(office.http())
        answer = await person.submit("/sign-in", email=f" {team.owner.email.upper()}", password=PASSWORD)
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(r"maquette=[\w-]{43}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", cookie)
        assert "Acme &amp; Co" in (await person.followed(answer)).text

    async def test_over_https_the_cookie_is_bound_to_the_host(self, office: Office, team: Team) -> None:
        """With the prefix that browsers check, and never over plain HTTP."""
        person = Person(office.http(origin="https://maquette.example"))
        answer = await person.submit("/sign-in", email=team.owner.email, password=PASSWORD)
        assert re.match(r"__Host-maquette=.+; Secure$", answer.headers["set-cookie"])
        assert 200 == (await person.followed(answer)).status_code

    async def test_wrong_and_unknown_look_alike(self, office: Office, team: Team) -> None:
        """Nobody finds out who has an account; the address stays in the form, the password doesn't."""
        pages = []
        for email in (team.owner.email, "nobody@example.com", "no address"):
            answer = await Person(office.http()).submit("/sign-in", email=email, password="wrong horse battery")
            assert (400, False) == (answer.status_code, "set-cookie" in answer.headers)
            assert email in answer.text
            assert "wrong horse" not in answer.text
            pages.append(answer.text.replace(email, ""))
        assert 1 == len(set(pages))

    async def test_guessing_is_slowed_down(self, office: Office, team: Team) -> None:
        """After twenty failures from one network even the right password has to wait for the minute to end."""
        person = Person(office.http())
        for _ in range(20):
            await person.submit("/sign-in", email=team.owner.email, password="guess")
        answer = await person.submit("/sign-in", email=team.owner.email, password=PASSWORD)
        assert (429, True) == (answer.status_code, "Too many attempts" in answer.text)
        elsewhere = Person(office.http(client=("127.0.0.2", 1)))
        assert 303 == (await elsewhere.submit("/sign-in", email=team.owner.email, password=PASSWORD)).status_code
        office.clock.advance(seconds=60)
        assert 303 == (await person.submit("/sign-in", email=team.owner.email, password=PASSWORD)).status_code

    async def test_it_leads_back_to_the_page_that_was_asked_for(self, office: Office, team: Team) -> None:
        """Only to this server's own pages."""
        person = Person(office.http())
        first = await person.browser.get("/projects?q=a%20b&state=all")
        assert 303 == first.status_code
        answer = await person.submit(first.headers["location"], email=team.owner.email, password=PASSWORD)
        assert "/projects?q=a%20b&state=all" == answer.headers["location"]
        for hostile in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "/\r\nX: y", "/é"):
            form: dict[str, Any] = {"email": team.owner.email, "password": PASSWORD, "next": hostile}
            answer = await Person(office.http()).submit("/sign-in", **form)
            assert "/" == answer.headers["location"], hostile

    async def test_a_changed_password_signs_out_everywhere_else(self, office: Office, team: Team) -> None:
        """Whoever knew the old one is out at once; the new one is needed, and the old one of no use."""
        here, there = Person(office.http()), Person(office.http())
        for person in (here, there):
            await person.submit("/sign-in", email=team.owner.email, password=PASSWORD)
        new = "another fine password"
        wrong = await here.submit("/account", "/account/password", current_password="x", password=new, confirmation=new)
        assert (400, True) == (wrong.status_code, "Current password is wrong." in wrong.text)
        answer = await here.submit(
            "/account", "/account/password", current_password=PASSWORD, password=new, confirmation=new
        )
        assert "Your password is changed" in (await here.followed(answer)).text
        assert 303 == (await there.browser.get("/account")).status_code
        assert 400 == (await there.submit("/sign-in", email=team.owner.email, password=PASSWORD)).status_code
        assert 303 == (await there.submit("/sign-in", email=team.owner.email, password=new)).status_code


class TestSessions:
    async def test_signing_out_ends_it_for_good(self, office: Office, team: Team) -> None:
        """The cookie is forgotten, and worth nothing to whoever kept it."""
        person = await signed_in(team)
        token = person.browser.cookies["maquette"]
        page = await person.page("/projects")
        form_token = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert form_token
        answer = await person.browser.post("/sign-out", data={"form_token": form_token[1]})
        assert "maquette=; Path=/; Max-Age=0" in answer.headers["set-cookie"]
        thief = office.http(headers={"Cookie": f"maquette={token}"})
        assert "/sign-in" in (await thief.get("/account")).headers["location"]

    async def test_it_ends_when_it_is_old_or_unused(self, office: Office, team: Team) -> None:
        """Three days without use, or two weeks in any case."""
        idle, busy = await signed_in(team), await signed_in(team)
        for _ in range(LASTS_MS // (IDLE_MS - 1000)):
            office.clock.advance(seconds=IDLE_MS / 1000 - 1)
            await busy.page("/account")
        assert 303 == (await idle.browser.get("/account")).status_code
        office.clock.advance(seconds=(LASTS_MS % (IDLE_MS - 1000)) / 1000 - 1)
        await busy.page("/account")
        office.clock.advance(seconds=1)
        assert 303 == (await busy.browser.get("/account")).status_code

    async def test_rights_end_at_once(self, office: Office, team: Team) -> None:
        """Whoever is demoted sees less with the next page, whoever is removed nothing."""
        user = await team.member(Role.ADMIN)
        person = await signed_in(team, user)
        await person.page("/projects/new")
        await team.put(user, Role.MEMBER)
        assert "You may not do that" in (await person.page("/projects/new", 403)).text
        caller = await team.craftdesk()
        await caller.delete(f"/members/{user.id}")
        assert "/workspaces" == (await person.browser.get("/projects")).headers["location"]
        assert "a member of any workspace" in (await person.page("/workspaces")).text

    async def test_one_signs_out_elsewhere_from_the_account(self, office: Office, team: Team) -> None:
        """The other browsers have to sign in anew."""
        here, there = await signed_in(team), await signed_in(team)
        answer = await here.submit("/account", "/account/sessions/end")
        assert "signed out everywhere else" in (await here.followed(answer)).text
        assert 303 == (await there.browser.get("/account")).status_code

    async def test_a_person_of_two_workspaces_chooses(self, office: Office, team: Team) -> None:
        """The session remembers which one; those of others can't be chosen."""
        other, strangers = await office.team(name="Other"), await office.team(name="Strangers")
        await other.member(Role.MEMBER, team.owner.email)
        person = await signed_in(team)
        answer = await person.submit("/workspaces", f"/workspaces/{other.workspace.id}")
        assert "<h1>Other</h1>" in (await person.followed(answer)).text
        token = re.search(r'name="form_token" value="([^"]+)"', (await person.page("/")).text)
        assert token
        refused = await person.browser.post(f"/workspaces/{strangers.workspace.id}", data={"form_token": token[1]})
        assert 404 == refused.status_code


class TestCookie:
    @pytest.mark.parametrize("name", ["\xa0maquette", "\x85maquette", "\x0bmaquette", "Maquette", "maquette "])
    async def test_only_its_exact_name_counts(self, office: Office, team: Team, name: str) -> None:
        """Browsers protect prefixes of exact names: what only looks like one may come from another host."""
        token = (await signed_in(team)).browser.cookies["maquette"]
        stranger = office.http()
        answer = await stranger.get("/account", headers={b"Cookie": f"{name}={token}".encode("latin-1")})
        assert 303 == answer.status_code

    async def test_two_are_none(self, office: Office, team: Team) -> None:
        """One of them may be somebody else's; blanks around one, and other cookies, are no matter."""
        mine, theirs = [(await signed_in(each)).browser.cookies["maquette"] for each in (team, await office.team())]
        for cookie, status in (
            (f"maquette={theirs}; maquette={mine}", 303),
            (f"a=b;\tmaquette={mine} ; c", 200),
            (f"maquette=; maquette={mine}", 200),
        ):
            assert status == (await office.http().get("/account", headers={"Cookie": cookie})).status_code, cookie


async def test_pages_are_read_on_a_full_disk(office: Office, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the use of a session can't be recorded hinders nobody."""
    person = await signed_in(team)
    office.clock.advance(seconds=3600)

    async def full(_: object) -> None:
        raise Unavailable("full")

    monkeypatch.setattr(office.database, "write", full)
    await person.page("/account")
