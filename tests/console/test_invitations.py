"""The page behind an invitation's link: for people, with a button and no script, and for programs."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from typing import Any

import pytest
from playwright.async_api import Page

from maquette.app import open_runtime
from maquette.domain.invitations import LASTS_MS
from maquette.model.actor import Role
from maquette.model.errors import Unavailable, Uncertain
from maquette.settings import Settings
from maquette.store import invitations
from tests.office import Office, StillClock, Team

TOKEN = "a-token_that-only-Ada_has"
PATH = f"/invitations/{TOKEN}"
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
async def team(office: Office) -> Team:
    """A team that has invited Ada as an admin."""
    team = await office.team(name="<b>Acme</b> & Co")
    await invite(team)
    return team


async def invite(team: Team) -> None:
    """Invite Ada, by a link that is known here."""
    craftdesk = await team.craftdesk()
    member = await craftdesk.post("/members", json={"email": "ada@example.com", "role": "admin"})
    user = await team.office.read(
        lambda tx: tx.value("SELECT serial FROM users WHERE id = $1", member.json()["data"]["id"])
    )
    now_ms = team.office.now_ms
    await team.office.write(
        lambda tx: invitations.insert(
            tx,
            workspace=team.workspace.serial,
            user=user,
            token_hash=hashlib.sha256(TOKEN.encode()).digest(),
            token_sealed=None,
            invited_by=team.owner.serial,
            expires_at=now_ms + LASTS_MS,
            now_ms=now_ms,
        )
    )


async def status_of_ada(team: Team) -> str:
    """What the team says of her."""
    found = await (await team.craftdesk()).get("/members", params={"q": "ada@"})
    return str(found.json()["data"][0]["status"])


class TestPage:
    async def test_it_offers_and_the_button_accepts(self, office: Office, team: Team) -> None:
        """GET shows workspace, role and address and changes nothing; POST makes a member, who chooses a password."""
        browser = office.http()
        for _ in range(2):
            page = await browser.get(PATH)
            assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
            for part in ("Join &lt;b&gt;Acme&lt;/b&gt; &amp; Co", "an admin", "ada@example.com", "Accept the"):
                assert part in page.text
            assert "invited" == await status_of_ada(team)
        answer = await browser.post(PATH, content=b"", headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert (303, True) == (answer.status_code, answer.headers["location"].startswith("/password/"))
        assert "active" == await status_of_ada(team)

    async def test_it_is_locked_down(self, office: Office, team: Team) -> None:
        """No script, nothing from elsewhere, not in a frame, never kept, and its address told to nobody."""
        for path in (PATH, "/invitations/other"):
            page = await office.http().get(path)
            policy = dict(
                part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";")
            )
            assert ("'none'", "'self'", "'none'", "'none'") == tuple(
                policy[name] for name in ("default-src", "form-action", "frame-ancestors", "base-uri")
            )
            assert "'self'" == policy["style-src"]
            assert "script-src" not in policy
            assert ("no-store", "no-referrer", "nosniff") == tuple(
                page.headers[name] for name in ("cache-control", "referrer-policy", "x-content-type-options")
            )
            assert "<script" not in page.text

    async def test_a_link_that_is_no_good_says_so_politely(self, office: Office, team: Team) -> None:
        """Unknown: 404. Used, too old or replaced: 410, one and the same page, whatever is tried with it."""
        browser = office.http()
        for path in ("/invitations/x", "/invitations/%C3%BC"):
            for method in ("GET", "POST"):
                answer = await browser.request(method, path)
                assert (404, True) == (answer.status_code, "There is no such invitation" in answer.text), path
        await browser.post(PATH)
        used = await browser.get(PATH)
        assert (410, True) == (used.status_code, "no longer works" in used.text)
        assert "Ask whoever invited you" in used.text
        assert used.text == (await browser.post(PATH)).text

    async def test_too_old_is_410(self, office: Office, team: Team) -> None:
        """After a week, to read and to accept."""
        office.clock.at_ms += LASTS_MS
        for method in ("GET", "POST"):
            assert 410 == (await office.http().request(method, PATH)).status_code
        assert "invited" == await status_of_ada(team)

    async def test_other_methods_are_refused(self, office: Office, team: Team) -> None:
        """With the methods that there are; HEAD is GET without the page."""
        browser = office.http()
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await browser.request(method, PATH)
            assert (405, "GET, HEAD, POST") == (answer.status_code, answer.headers["allow"])
        head, page = await browser.head(PATH), await browser.get(PATH)
        assert (200, b"", page.headers["content-length"]) == (
            head.status_code,
            head.content,
            head.headers["content-length"],
        )

    async def test_a_store_that_cannot_is_503(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And an error of ours 500, with nothing of the inside; both are pages."""

        failures: list[Exception] = [Unavailable("of no concern"), ZeroDivisionError("of no concern")]

        async def fail(_: Any) -> None:
            raise failures.pop(0)

        with monkeypatch.context() as patch:
            patch.setattr(office.database, "read", fail)
            for status in (503, 500):
                answer = await office.http().get(PATH)
                assert (status, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
                assert "concern" not in answer.text

    async def test_an_acceptance_that_may_have_been_kept_promises_nothing(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """503 too, in other words: the next look tells."""

        async def fail(_: Any) -> None:
            raise Uncertain("of no concern")

        monkeypatch.setattr(office.database, "write", fail)
        answer = await office.http().post(PATH)
        assert 503 == answer.status_code
        assert "may have been made" in answer.text
        assert "Nothing has been changed" not in answer.text

    async def test_too_large_a_body_is_413(self, office: Office, team: Team) -> None:
        """Nobody needs to send one at all."""
        answer = await office.http().post(PATH, content=b" " * (1024 * 1024 + 1))
        assert (413, "invited") == (answer.status_code, await status_of_ada(team))


class TestPrograms:
    async def test_they_get_json(self, office: Office, team: Team) -> None:
        """What is offered, what came of it, and what is wrong."""
        program = office.http(headers=PROGRAM)
        offered, accepted, used, unknown = (
            await program.get(PATH),
            await program.post(PATH),
            await program.post(PATH),
            await program.get("/invitations/x"),
        )
        member = offered.json()["member"]
        assert offered.json() == {
            "workspace": {"id": team.workspace.id, "name": "<b>Acme</b> & Co"},
            "member": {"id": member["id"], "email": "ada@example.com", "role": "admin", "status": "invited"},
        }
        assert {**offered.json(), "member": {**member, "status": "active"}} == accepted.json()
        for answer, status in ((used, 410), (unknown, 404)):
            assert (status, "application/json", ["error"]) == (
                answer.status_code,
                answer.headers["content-type"],
                list(answer.json()),
            )
        for answer in (offered, accepted, used, unknown):
            assert "no-store" == answer.headers["cache-control"]


class TestTransport:
    @pytest.fixture
    async def behind_proxy(self, settings: Settings, clock: StillClock) -> AsyncIterator[Office]:
        """A runtime that trusts a proxy."""
        proxied = Settings(
            data=settings.data, secret_key=settings.secret_key, trusted_proxies=(ip_network("10.0.0.0/8"),)
        )
        async with open_runtime(proxied, clock) as runtime:
            office = Office(runtime, clock)
            yield office
            await office.close()

    async def test_plain_http_is_refused(self, behind_proxy: Office) -> None:
        """A link that others could read on its way is not followed; over HTTPS its caller's own address is noted."""
        team = await behind_proxy.team()
        await invite(team)
        for scheme, status in (("http", 403), ("https", 303)):
            headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-For": "203.0.113.7"}
            browser = behind_proxy.http(client=("10.0.0.1", 1), headers=headers)
            assert status == (await browser.post(PATH)).status_code
        events = await (await team.craftdesk()).get("/events", params={"type": "member.joined"})
        assert ["203.0.113.7"] == [event["address"] for event in events.json()["data"]]


async def test_who_came_by_it_works_as_what_they_were_invited_as(office: Office, team: Team) -> None:
    """A key that acts as Ada does an admin's work once she has accepted, and not before."""
    await office.http().post(PATH)
    ada = (await (await team.craftdesk()).get("/members", params={"q": "ada@"})).json()["data"][0]
    assert ("active", Role.ADMIN) == (ada["status"], ada["role"])
    user = await team.member(Role.ADMIN, "ada@example.com")
    assert (await (await team.craftdesk(user)).post("/projects", json={"name": "Poster"})).status_code == 201


class TestBrowser:
    @pytest.mark.chromium
    async def test_a_person_clicks_and_is_in(
        self, team: Team, browser: Callable[[str], Awaitable[tuple[Page, list[str]]]], listening: str
    ) -> None:
        """In a real browser, under the page's own policy, without a complaint in its console."""
        page, complaints = await browser(listening + PATH)
        assert "Join <b>Acme</b> & Co" == await page.inner_text("h1")
        async with page.expect_navigation():
            await page.click("button")
        assert "Choose a password" == await page.inner_text("h1")
        assert [] == complaints
        assert "active" == await status_of_ada(team)
