"""What holds for all pages: how they are locked down, forged forms, refusals, and what programs are told."""

import inspect
import re

import pytest

import maquette.console
from maquette.console import ROUTES
from maquette.console.navigation import SECTIONS
from maquette.console.refusals import MESSAGES, describe
from maquette.model import errors
from maquette.model.actor import Role
from maquette.model.errors import Refusal
from tests.console.people import signed_in
from tests.office import Office, Team

HTML = {"Accept": "text/html"}
PROGRAM = {"Accept": "application/json"}

MADE = {
    errors.Forbidden: ("project.edit",),
    errors.OutOfScope: ("project.edit",),
    errors.Expired: ("link",),
    errors.NotInPlan: ("starter", "custom scopes"),
    errors.PlanLimit: ("starter", 5),
    errors.NotFound: ("brand_kit",),
    errors.Invisible: ("brand_kit",),
    errors.UnknownReference: ("brand_kit", "brand_kit"),
    errors.Invalid: ({"name": ["must not be empty"]},),
    errors.InUse: ("brand_kit", 3, ("One",)),
    errors.MethodNotAllowed: (("GET",),),
    errors.TooLarge: (1024,),
    errors.QuotaSpent: (10, 60),
    errors.BurstSpent: (10, 60, 5),
    errors.TooManyFailures: (30,),
    errors.InternalError: ("an-id",),
}


def refusals() -> list[type[Refusal]]:
    """The closed set."""
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Refusal)]
    return [each for each in found if each is not Refusal]


class TestEveryPage:
    async def test_it_is_locked_down(self, office: Office, team: Team) -> None:
        """No script, nothing from elsewhere, in no frame, never kept; each section, and pages for anybody."""
        person = await signed_in(team)
        anybody = ("/forgotten-password", "/nothing", "/account", "/workspaces", "/projects/new", "/password/x")
        for path in (*(section.path for section in SECTIONS), *anybody):
            page = await person.browser.get(path, headers=HTML)
            policy = dict(
                part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";")
            )
            assert {
                "default-src": "'none'",
                "style-src": "'self'",
                "img-src": "'self' data:",
                "form-action": "'self'",
                "base-uri": "'none'",
                "frame-ancestors": "'none'",
            } == policy
            assert ("no-store", "nosniff") == tuple(
                page.headers[name] for name in ("cache-control", "x-content-type-options")
            )
            assert not re.search(r"<script|<iframe|\son\w+=|\sstyle=", page.text)

    async def test_the_stylesheet_is_kept_for_ever(self, office: Office, team: Team) -> None:
        """Its path changes with what it says, so it needs asking for once."""
        page = await office.http().get("/sign-in")
        path = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
        assert path
        style = await office.http().get(path[1])
        assert ("text/css; charset=utf-8", True) == (
            style.headers["content-type"],
            "immutable" in style.headers["cache-control"],
        )
        assert not re.search(r"url\(|@import|//", style.text)

    async def test_a_member_is_shown_what_they_can_use(self, office: Office, team: Team) -> None:
        """The sections of owners and admins aren't there, and refuse whoever types their address."""
        person = await signed_in(team, await team.member(Role.MEMBER))
        page = (await person.page("/")).text
        hidden = {"/keys", "/webhooks", "/events"}
        for section in SECTIONS:
            assert (section.path not in hidden) == (f'<a href="{section.path}"' in page), section
        for path in hidden:
            assert "You may not do that" in (await person.page(path, 403)).text

    async def test_head_is_answered_as_get(self, office: Office, team: Team) -> None:
        """Without the page."""
        answer = await (await signed_in(team)).browser.head("/projects")
        assert (200, b"") == (answer.status_code, answer.content)

    def test_the_table_of_routes_says_what_they_are(self) -> None:
        """The comments beside them name method and path."""
        source = inspect.getsource(maquette.console)
        listed = re.findall(r"^    \w+\.(\w+),  # (\w+) +(\S+)$", source, re.MULTILINE)
        routed = [(route.fn.__name__, next(iter(route.http_methods)), next(iter(route.paths))) for route in ROUTES]
        assert [(name, method, path.replace(":str", "")) for name, method, path in routed] == listed

    def test_every_route_is_one_of_ours(self) -> None:
        """GET shows, POST acts; nothing else is routed."""
        methods = {method for route in ROUTES for method in route.http_methods}
        assert {"GET", "POST"} == methods


class TestCosts:
    async def test_nobody_makes_it_fold_long_texts(self, office: Office) -> None:
        """An address of a megabyte of combining marks would hold up everybody for a minute."""
        browser, kind = office.http(), {"Content-Type": "application/x-www-form-urlencoded"}
        for path in ("/sign-in", "/forgotten-password", "/password/x", "/invitations/x"):
            answer = await browser.post(path, content=b"email=" + b"a" * 20_000, headers=kind)
            assert 413 == answer.status_code, path
            marks = await browser.post(path, data={"email": "a" + "\u0301\u0323" * 40})
            assert (400, True) == (marks.status_code, "check the form" in marks.text), path
        assert 400 == (await browser.get("/sign-in", params={"next": "a" + "\u0301\u0323" * 40})).status_code

    async def test_a_text_of_a_form_with_a_file_is_short(self, office: Office, team: Team) -> None:
        """The form may be as large as a file; its other fields needn't."""
        person = await signed_in(team)
        files, token = {"file": ("a.svg", b"<svg/>")}, await person.token()
        data = {"form_token": token, "file_name": "x" * (64 * 1024 + 1)}
        answer = await person.browser.post("/brand-kits/x/assets", data=data, files=files)
        assert 413 == answer.status_code

    async def test_headers_sent_twice_are_refused(self, office: Office) -> None:
        """As the APIs do."""
        twice = [("Content-Type", "text/plain"), ("Content-Type", "application/x-www-form-urlencoded")]
        assert 400 == (await office.http().post("/sign-in", content=b"", headers=twice)).status_code


class TestForgery:
    async def test_a_form_acts_in_the_workspace_that_it_was_shown_in(self, office: Office, team: Team) -> None:
        """Another tab may have switched meanwhile: then nothing is done, in neither."""
        other = await office.team()
        await other.member(Role.OWNER, team.owner.email)
        person = await signed_in(team)
        form = await person.form("/projects/new", "/projects")
        await person.submit("/workspaces", f"/workspaces/{other.workspace.id}")
        answer = await person.browser.post("/projects", data={**form.filled(), "name": "Lost"})
        assert (403, True) == (answer.status_code, "came from another page" in answer.text)
        for each in (team, other):
            found = await (await each.craftdesk()).get("/projects")
            assert 0 == found.json()["meta"]["pagination"]["total"]
        assert 303 == (await person.submit("/", "/sign-out")).status_code

    async def test_a_form_needs_its_sessions_token(self, office: Office, team: Team) -> None:
        """Without it, with another session's, or with nonsense, nothing is done."""
        person, other = await signed_in(team), await signed_in(team)
        for given in ({}, {"form_token": ""}, {"form_token": "é"}, {"form_token": await other.token()}):
            answer = await person.browser.post("/projects", data={"name": "Forged", **given})
            assert (403, True) == (answer.status_code, "came from another page" in answer.text)
        await other.submit("/projects/new", name="Real")
        page = (await person.page("/projects")).text
        assert (False, True) == ("Forged" in page, "Real" in page)

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "http://127.0.0.1:8080"}, 303),
            ({}, 303),
        ],
    )
    async def test_a_form_comes_from_this_server(
        self, office: Office, team: Team, headers: dict[str, str], status: int
    ) -> None:
        """Even one that carries the right token; a program that says nothing of its origin has none to forge."""
        person = await signed_in(team)
        person.browser.headers.update(headers)
        assert status == (await person.submit("/projects/new", name="Sent")).status_code

    async def test_signing_in_cannot_be_forged_either(self, office: Office, team: Team) -> None:
        """Else somebody could be signed in to another's account without noticing."""
        answer = await office.http(headers={"Sec-Fetch-Site": "cross-site"}).post("/sign-in", data={"email": "a@b.c"})
        assert 403 == answer.status_code


class TestRefusals:
    @pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
    def test_there_are_words_for_each(self, kind: type[Refusal]) -> None:
        """Every refusal has a status, a title and a sentence, with what it knows filled in."""
        assert set(refusals()) == set(MESSAGES)
        status, title, sentence = describe(kind(*MADE.get(kind, ())))
        assert 400 <= status < 600
        assert "{" not in title + sentence

    async def test_unknown_pages_and_methods(self, office: Office, team: Team) -> None:
        """404 and 405 with `Allow`, as pages; programs get the default dialect's envelope for a path without a page."""
        person = await signed_in(team)
        assert "There is no such page" in (await person.browser.get("/nothing", headers=HTML)).text
        answer = await person.browser.delete("/projects")
        assert (405, "GET, HEAD, POST") == (answer.status_code, answer.headers["allow"])
        told = (await office.http().get("/nothing", headers=PROGRAM)).json()
        assert {"message", "code", "errors"} == set(told)

    async def test_a_program_is_told_in_json(self, office: Office, team: Team) -> None:
        """A page that wants a session says so to whoever takes no HTML."""
        answer = await office.http().post("/projects", headers=PROGRAM)
        assert (401, "Please sign in. Your session has ended.") == (answer.status_code, answer.json()["error"])

    async def test_plain_http_from_elsewhere_is_refused(self, office: Office, team: Team) -> None:
        """No session, and no password, over a connection that others can read."""
        stranger = office.http(client=("203.0.113.9", 1), origin="http://maquette.example")
        assert 403 == (await stranger.get("/sign-in")).status_code

    async def test_what_no_browser_sends_is_a_refusal(self, office: Office, team: Team) -> None:
        """Other media types, broken encodings, NUL, and more than may be sent."""
        person = await signed_in(team)
        for content, kind, status in (
            (b"{}", "application/json", 415),
            (b"name=%FF", "application/x-www-form-urlencoded", 400),
            (b"name=%00", "application/x-www-form-urlencoded", 400),
            (b"a=1&" * 2001, "application/x-www-form-urlencoded", 400),
            (b"x" * (1024 * 1024 + 1), "application/x-www-form-urlencoded", 413),
        ):
            answer = await person.browser.post("/projects", content=content, headers={"Content-Type": kind})
            assert status == answer.status_code, (content[:20], answer.text)
        assert 400 == (await person.browser.get("/projects?q=%ff")).status_code

    async def test_an_error_of_ours_shows_nothing_of_the_inside(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Its request id is on the page and in the log."""

        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("inside")

        monkeypatch.setattr("maquette.domain.projects.list_", broken)
        page = (await (await signed_in(team)).page("/projects", 500)).text
        named = re.search(r"request ([0-9a-f-]{36})", page)
        assert (True, False) == (named is not None and named[1] in caplog.text, "inside" in page)
