"""Webhooks in the console: lists, forms, secrets shown once, and both APIs seeing the same."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook as Library

from maquette.domain import webhooks
from maquette.model.actor import Role
from maquette.outbound.http import Sender
from tests.console.people import Person, forms_of, signed_in
from tests.dialects.sending import OUTSIDE, REFUSED, send_due
from tests.endpoint import Got, Says, endpoint
from tests.office import Office, Team

ABSENT = "01890000-0000-7000-8000-000000000000"
VERBS = ("", "/enable", "/disable", "/rotate", "/test", "/delete", "/replay")
"""What is posted to below a webhook's page."""


async def read(team: Team, id: str) -> dict[str, Any]:
    """The webhook as CraftDesk shows it."""
    found: dict[str, Any] = (await (await team.craftdesk()).get(f"/webhooks/{id}")).json()["data"]
    return found


def secret_in(page: httpx2.Response) -> str:
    """The secret that the page shows."""
    shown = re.search(r'class="secret">(whsec_[^<]+)<', page.text)
    assert shown, page.text
    return shown[1]


def form_to(page: httpx2.Response, action: str) -> dict[str, str]:
    """What the page's form to that address holds."""
    (form,) = [form for form in forms_of(page) if (form.method, form.action) == ("post", action)]
    return dict(form.values)


def seen_in(page: httpx2.Response) -> str:
    """The page's text, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def signed_by(secret: str, got: Got) -> bool:
    """Whether one of the message's signatures was made with the secret."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return Library(secret).sign(got.id, at, got.body.decode()) in got.headers["webhook-signature"].split()


class TestCreate:
    async def test_one_made_here_is_read_through_the_apis(self, team: Team, owner: Person) -> None:
        """With every field; its name is shown as text."""
        page = await owner.submit(
            "/webhooks/new",
            url=f" {OUTSIDE} ",
            name=" <b>Größe</b> ",
            description="One\r\nTwo",
            events=["project.deleted", "brand_kit.created"],
            dialect="craftdesk",
        )
        assert (200, "no-store") == (page.status_code, page.headers["cache-control"])
        (found,) = (await (await team.craftdesk()).get("/webhooks")).json()["data"]
        assert (OUTSIDE, ["brand_kit.created", "project.deleted"], "One\nTwo", True) == tuple(
            found[name] for name in ("url", "events", "description", "enabled")
        )
        (same,) = (await (await team.creatopy()).get("/webhooks")).json()["response"]
        assert "<b>Größe</b>" == same["name"]
        assert "&lt;b&gt;Größe&lt;/b&gt;" in (await owner.page("/webhooks")).text

    async def test_its_secret_is_shown_this_once(self, office: Office, team: Team, owner: Person) -> None:
        """It signs what is sent, in the words of the chosen API, and is on no page afterwards."""
        async with endpoint() as there:
            fields: dict[str, Any] = {
                "url": there.url("/here"),
                "events": ["project.created", "*"],
                "dialect": "creatopy",
            }
            made = await owner.submit("/webhooks/new", **fields)
            (found,) = (await (await team.craftdesk()).get("/webhooks")).json()["data"]
            assert ["*"] == found["events"]
            path = f"/webhooks/{found['id']}"
            await (await team.craftdesk()).post("/projects", json={"name": "Told"})
            await send_due(office)
            (got,) = there.got
        assert signed_by(secret_in(made), got)
        assert "project/create" == got.message["type"]
        for shown in (path, "/webhooks", "/events"):
            assert "whsec_" not in (await owner.browser.get(shown)).text
        assert "Creatopy API" in (await owner.page(path)).text

    async def test_a_reload_of_its_page_makes_no_other(self, team: Team, owner: Person) -> None:
        """The form that is sent again is refused, and shows no secret."""
        form = form_to(await owner.page("/webhooks/new"), "/webhooks") | {"url": OUTSIDE, "events": "*"}
        first, again = [await owner.browser.post("/webhooks", data=form) for _ in range(2)]
        assert (200, 422) == (first.status_code, again.status_code)
        assert ("That was sent before." in again.text, "whsec_" in again.text) == (True, False)
        (found,) = (await (await team.craftdesk()).get("/webhooks")).json()["data"]
        assert f'href="/webhooks/{found["id"]}">I have copied it</a>' in first.text

    async def test_what_is_wrong_is_said_beside_its_field(self, team: Team, owner: Person) -> None:
        """And all that was typed stays, the checked boxes too; nothing is made."""
        answer = await owner.submit("/webhooks/new", url=OUTSIDE, name="Kept", description="x" * 10_001, events=["*"])
        assert 400 == answer.status_code
        assert "Description must have at most 10,000 characters." in answer.text
        assert ('value="Kept"' in answer.text, 'value="*" checked' in answer.text) == (True, True)
        told: dict[str, dict[str, Any]] = {
            "Choose at least one event, or Everything.": {"events": []},
            "Events can&#39;t be task.created, webhook.test.": {"events": ["webhook.test", "task.created"]},
            "Name must have at most 255 characters.": {"name": "x" * 256},
            "Message format must be one of those.": {"dialect": "klingon"},
        }
        for sentence, given in told.items():
            answer = await owner.submit("/webhooks/new", **{"url": OUTSIDE, "events": ["*"], **given})
            assert (400, True) == (answer.status_code, sentence in answer.text), sentence
            assert OUTSIDE in answer.text
        assert "There are no webhooks yet" in (await owner.page("/webhooks")).text

    async def test_no_url_leads_inside(self, owner: Person) -> None:
        """Nor anywhere but by HTTPS on its own port; NUL isn't even read."""
        for title, url in REFUSED.items():
            answer = await owner.submit("/webhooks/new", url=url, events=["*"])
            assert 400 == answer.status_code, title
            assert ("URL must " in answer.text) != (title == "NUL"), title
        assert "There are no webhooks yet" in (await owner.page("/webhooks")).text

    async def test_there_can_be_too_many(self, team: Team, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        """Which is said above the form."""
        monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 1)
        await team.webhook()
        answer = await owner.submit("/webhooks/new", url=OUTSIDE, events=["*"])
        assert (400, True) == (answer.status_code, "Webhooks are limited to 1 in a workspace." in answer.text)


class TestChange:
    async def test_the_form_is_open_where_something_is_wrong(self, team: Team, owner: Person) -> None:
        """With the settings, not with another form of the page; else the settings are read."""
        path = f"/webhooks/{(await team.webhook(url=OUTSIDE, description='For the press'))['id']}"
        closed, opened = '<details class="edit"><summary', '<details class="edit" open><summary'
        page = await owner.page(path)
        assert (True, True) == (closed in page.text, f"URL {OUTSIDE} Description For the press" in seen_in(page))
        assert page.text.index('id="deliveries"') < page.text.index("<h2>Settings</h2>")
        assert opened in (await owner.submit(path, path, events=[])).text
        assert closed in (await owner.submit(path, f"{path}/replay", since="")).text

    async def test_the_form_changes_all_of_it(self, team: Team, owner: Person) -> None:
        """Sent untouched, it changes nothing, and looks nothing up; emptied fields are cleared."""
        made = await team.webhook(url=OUTSIDE, events=["project.created", "member.joined"], description="a\n\nb")
        path = f"/webhooks/{made['id']}"
        before = await read(team, made["id"])
        assert "Saved." in (await owner.followed(await owner.submit(path, path))).text
        assert before == await read(team, made["id"])
        answer = await owner.submit(path, path, url=f"{OUTSIDE}/2", description="", events=["project.deleted"])
        assert "Saved." in (await owner.followed(answer)).text
        after = {"url": f"{OUTSIDE}/2", "description": None, "events": ["project.deleted"]}
        assert {**before, **after} == await read(team, made["id"])

    async def test_only_a_new_url_is_vetted(self, team: Team, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name is changed whatever has become of the host; the old URL stays where the new one is refused."""
        made = await team.webhook()
        path = f"/webhooks/{made['id']}"
        answer = await owner.submit(path, path, url="https://10.0.0.1/", name="Kept")
        assert (400, True, True) == (answer.status_code, "URL must " in answer.text, 'value="Kept"' in answer.text)
        assert 'value="https://10.0.0.1/"' in answer.text
        monkeypatch.setattr(Sender, "vet", None)
        assert 303 == (await owner.submit(path, path, name="New")).status_code
        assert made["url"] == (await read(team, made["id"]))["url"]

    async def test_nobody_overwrites_what_they_have_not_seen(self, office: Office, team: Team, owner: Person) -> None:
        """What the worker notes of a failure meanwhile is no change of the settings; what somebody else saves is."""
        async with endpoint() as there:
            there.says = lambda _: Says(500)
            made = await team.webhook(url=there.url(), events=["*"])
            path = f"/webhooks/{made['id']}"
            (form,) = [form for form in forms_of(await owner.page(path)) if form.action == path]
            await team.trial(made["id"])
            await send_due(office)
        assert (await read(team, made["id"]))["failing_since"]
        assert 303 == (await owner.browser.post(path, data={**dict(form.values), "name": "Mine"})).status_code
        for _ in range(2):
            answer = await owner.browser.post(path, data={**dict(form.values), "name": "Late"})
            assert (412, True) == (answer.status_code, "Somebody was faster" in answer.text)
            assert 'value="Late"' in answer.text
        assert "<h1>Mine " in (await owner.page(path)).text


class TestState:
    async def test_disabled_and_enabled_by_hand(self, team: Team, owner: Person) -> None:
        """Each by its button, with the reason in the list."""
        made = await team.webhook()
        path = f"/webhooks/{made['id']}"
        assert "The webhook is disabled." in (await owner.followed(await owner.submit(path, f"{path}/disable"))).text
        found = await read(team, made["id"])
        assert (False, "It was disabled by hand.") == (found["enabled"], found["disabled_reason"])
        assert "disabled It was disabled by hand." in seen_in(await owner.page("/webhooks"))
        shown = forms_of(await owner.page(path))
        assert {f"{path}/test", f"{path}/disable", f"{path}/replay"}.isdisjoint(form.action for form in shown)
        assert "The webhook is enabled." in (await owner.followed(await owner.submit(path, f"{path}/enable"))).text
        assert "enabled everything" in seen_in(await owner.page("/webhooks"))

    async def test_failing_paused_and_given_up(self, office: Office, team: Team, owner: Person) -> None:
        """Since when, until when, and why; in the list and on its own page."""
        async with endpoint() as there:
            said = [Says(500), Says(429, {"retry-after": "600"}), Says(410)]
            there.says = lambda _: said[len(there.got) - 1]
            path = f"/webhooks/{(await team.webhook(url=there.url()))['id']}"
            for state in (
                "failing Since 10 Mar 2026, 12:00",
                "paused Until 10 Mar 2026, 12:10:00, failing since 10 Mar 2026, 12:00",
                "disabled It answered 410 Gone.",
            ):
                await owner.submit(path, f"{path}/test")
                await send_due(office)
                for page in ("/webhooks", path):
                    assert state in seen_in(await owner.page(page)).replace(" , ", ", "), (state, page)

    async def test_a_pause_that_has_passed_is_none(self, office: Office, team: Team, owner: Person) -> None:
        """It is failing then."""
        async with endpoint() as there:
            there.says = lambda _: Says(429, {"retry-after": "600"})
            made = await team.webhook(url=there.url())
            await team.trial(made["id"])
            await send_due(office)
        office.clock.advance(seconds=601)
        assert "failing Since" in seen_in(await owner.page("/webhooks"))


class TestRotate:
    async def test_old_and_new_both_sign_for_a_day(self, office: Office, team: Team, owner: Person) -> None:
        """The new secret is shown this once."""
        async with endpoint() as there:
            made = await team.webhook(url=there.url())
            path = f"/webhooks/{made['id']}"
            page = await owner.submit(path, f"{path}/rotate")
            assert (200, "no-store") == (page.status_code, page.headers["cache-control"])
            new = secret_in(page)
            assert new != made["secret"]
            assert "whsec_" not in (await owner.page(path)).text
            for is_old_used in (True, False):
                await owner.submit(path, f"{path}/test")
                await send_due(office)
                assert (True, is_old_used) == (signed_by(new, there.got[-1]), signed_by(made["secret"], there.got[-1]))
                office.clock.advance(days=1)

    async def test_a_reload_of_its_page_makes_no_other(self, team: Team, owner: Person) -> None:
        """The form that is sent again is refused, and shows no secret."""
        path = f"/webhooks/{(await team.webhook())['id']}"
        form = form_to(await owner.page(path), f"{path}/rotate")
        first, again = [await owner.browser.post(f"{path}/rotate", data=form) for _ in range(2)]
        assert (200, 422) == (first.status_code, again.status_code)
        assert ("That was sent before." in again.text, "whsec_" in again.text) == (True, False)
        rotated = await (await team.craftdesk()).get("/events", params={"type": "webhook.secret_rotated"})
        assert 1 == len(rotated.json()["data"])


class TestDelete:
    async def test_it_is_gone(self, team: Team, owner: Person) -> None:
        """Its page too, and that of its deliveries."""
        made = await team.webhook()
        path, sent = f"/webhooks/{made['id']}", await team.trial(made["id"])
        assert "Deleted." in (await owner.followed(await owner.submit(path, f"{path}/delete"))).text
        assert "There is no such webhook" in (await owner.page(path, 404)).text
        await owner.page(f"{path}/deliveries/{sent['id']}", 404)


class TestAuthority:
    @pytest.mark.parametrize(
        "path",
        ["", *(f"/{{id}}{verb}" for verb in VERBS), "/{id}/deliveries/{delivery}/resend"],
    )
    async def test_members_change_nothing(self, team: Team, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        """403 throughout, and no URL is looked up for them."""
        made = await team.webhook()
        words = {"id": made["id"], "delivery": (await team.trial(made["id"]))["id"]}
        before = await read(team, made["id"])
        person = await signed_in(team, await team.member(Role.MEMBER))
        monkeypatch.setattr(Sender, "vet", None)
        form = {"url": OUTSIDE, "events": "*", "dialect": "craftdesk", "since": "2026-03-10T11:00"}
        answer = await person.browser.post("/webhooks" + path.format_map(words), data={**await token(person), **form})
        assert (403, True) == (answer.status_code, "You may not do that" in answer.text)
        assert before == await read(team, made["id"])

    async def test_members_see_nothing(self, team: Team) -> None:
        """Not even the form for a new one."""
        made = await team.webhook()
        path = f"/webhooks/{made['id']}"
        sent = await team.trial(made["id"])
        person = await signed_in(team, await team.member(Role.MEMBER))
        for each in ("/webhooks", "/webhooks/new", path, f"{path}/deliveries/{sent['id']}"):
            await person.page(each, 403)

    async def test_admins_manage_those_of_owners(self, team: Team) -> None:
        """All of it."""
        path = f"/webhooks/{(await team.webhook())['id']}"
        admin = await signed_in(team, await team.member(Role.ADMIN))
        assert "Saved." in (await admin.followed(await admin.submit(path, path, name="Theirs"))).text

    async def test_another_workspace_is_not_there(self, office: Office, owner: Person) -> None:
        """Its webhooks are 404, to read and to change, as those that never were."""
        other = await (await office.team()).webhook()
        form = {**await token(owner), "url": OUTSIDE, "events": "*", "since": "2026-03-10T11:00"}
        for id in (other["id"], ABSENT, "nonsense", "1"):
            await owner.page(f"/webhooks/{id}", 404)
            for path in VERBS:
                answer = await owner.browser.post(f"/webhooks/{id}{path}", data=form)
                assert (404, True) == (answer.status_code, "There is no such webhook" in answer.text), path


async def test_a_list_is_paged(team: Team, owner: Person) -> None:
    """The newest first; a page past the end is empty, and leads back."""
    for number in range(26):
        await team.webhook(url=f"{OUTSIDE}/{number:02}", events=["project.created"] if number else ["*"])
    first, second = (await owner.page("/webhooks")).text, (await owner.page("/webhooks?page=2")).text
    assert ("26 webhooks" in first, "Page 1 of 2" in first, "/00<" in first) == (True, True, False)
    assert ("/00<" in second, "everything" in second, "project.created" in first) == (True, True, True)
    past = (await owner.page("/webhooks?page=7")).text
    assert ("nothing on this page" in past, 'href="/webhooks?page=2"' in past) == (True, True)


async def token(person: Person) -> dict[str, str]:
    """The field that each form of the person's has."""
    return dict(forms_of(await person.page("/account"))[0].values)
