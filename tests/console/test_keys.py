"""Credentials in the console: made, shown once, narrowed, changed, rotated, revoked."""

import asyncio
import html
import json
import re
import shutil
from typing import Any

import httpx2
import pytest

from maquette.domain import members
from maquette.domain.credentials import MAX_OVERLAP_S
from maquette.model.actor import Role, Scope
from tests.conftest import missing
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, Team

PUBLIC_URL = "http://127.0.0.1:8080"
DAY = 86_400


async def made_key(person: Person, **fields: Any) -> str:
    """A new API key, as its page shows it."""
    page = await person.submit("/keys/new", **{"name": "Deploy", **fields})
    assert 200 == page.status_code, page.text
    return secrets_of(page)[0]


def secrets_of(page: httpx2.Response) -> list[str]:
    """What the page shows to be kept."""
    return re.findall(r'<code class="secret">(\w[\w-]*)</code>', page.text)


def lines_of(page: httpx2.Response) -> list[str]:
    """What the page shows to be pasted into a shell."""
    return [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page.text, re.DOTALL)]


async def run(line: str, address: str) -> Any:
    """What a line answers to, at this address."""
    if shutil.which("curl") is None:
        missing("curl")
    command = line.replace(PUBLIC_URL, address)
    process = await asyncio.create_subprocess_exec("bash", "-c", command, stdout=-1, stderr=-1)
    output, _ = await process.communicate()
    return json.loads(output)


async def keys_of(team: Team) -> list[dict[str, Any]]:
    """The team's keys, as the API lists them."""
    found = (await (await team.craftdesk()).get("/api_keys")).json()["data"]
    return [key for key in found if not key["name"].startswith("key ")]


async def answered(team: Team, key: str, path: str = "/workspace") -> int:
    """How a call with the key is answered now."""
    return (await team.office.http("/craftdesk/v1", key).get(path)).status_code


async def project(team: Team, name: str) -> str:
    """A new project's id."""
    return str((await (await team.craftdesk()).post("/projects", json={"name": name})).json()["data"]["id"])


class TestMake:
    async def test_a_key_is_shown_once_and_works_at_once(self, team: Team) -> None:
        """It acts as who made it, until the day that they said; no later page and no address has it."""
        admin = await team.member(Role.ADMIN)
        person = await signed_in(team, admin)
        page = await person.submit("/keys/new", name=" Deploy ", scope="read_only", expires_at="2026-04-01")
        (key,) = secrets_of(page)
        assert ("no-store", None) == (page.headers["cache-control"], page.headers.get("location"))
        (found,) = await keys_of(team)
        assert ("Deploy", "read_only", admin.id, "2026-04-01T00:00:00Z") == tuple(
            found[name] for name in ("name", "scope", "acts_as", "expires_at")
        )
        assert 200 == await answered(team, key)
        for path in ("/keys", f"/keys/{found['id']}", "/keys/new", "/events"):
            assert key not in (await person.page(path)).text

    async def test_its_lines_can_be_pasted(self, team: Team, owner: Person, listening: str) -> None:
        """They list projects and make one; of a key that only reads, they read."""
        read, make = lines_of(await owner.submit("/keys/new", name="Deploy"))
        assert "Website Redesign" == (await run(make, listening))["data"]["name"]
        assert ["Website Redesign"] == [each["name"] for each in (await run(read, listening))["data"]]
        (line,) = lines_of(await owner.submit("/keys/new", name="Deploy", scope="read_only"))
        assert 1 == len((await run(line, listening))["data"])
        custom = await owner.submit("/keys/new", name="Deploy", scope="custom", access_events="read")
        (line,) = lines_of(custom)
        assert team.workspace.id == (await run(line, listening))["data"]["id"]

    async def test_a_client_pair_is_shown_once_and_its_lines_work(self, team: Team, listening: str) -> None:
        """Both halves of it; it acts as who made it."""
        admin = await team.member(Role.ADMIN)
        person = await signed_in(team, admin)
        page = await person.submit("/keys/clients/new", name="Banner bot")
        client, secret = secrets_of(page)
        (line,) = lines_of(page)
        assert (True, True) == (client in line, secret in line)
        assert 0 == (await run(line, listening))["response"]["totalCount"]
        shown = (await person.page(f"/keys/{client}")).text
        for text in ("Banner bot", "client pair", client, f"…{secret[-4:]}", f"/members/{admin.id}"):
            assert text in shown
        assert (False, False) == (secret in shown, secret in (await person.page("/keys")).text)

    async def test_what_is_wrong_is_said_beside_its_field(self, team: Team, owner: Person) -> None:
        """And all that was typed stays."""
        answer = await owner.submit("/keys/new", name=" ", scope="read_only", expires_at="2020-01-01")
        for text in ("Name must not be empty.", "Expires must be in the future.", 'value="2020-01-01"'):
            assert (400, True) == (answer.status_code, text in answer.text)
        assert re.search(r'value="read_only"[^>]* checked', answer.text)
        for field, value, text in (
            ("expires_at", "soon", "Expires must be a date"),
            ("expires_at", "20310101", "Expires must be a date"),
            ("scope", "half", "Scope must be full, read_only or custom."),
        ):
            fields: dict[str, Any] = {"name": "Kept", field: value}
            answer = await owner.submit("/keys/new", **fields)
            assert (400, True) == (answer.status_code, text in answer.text)
            assert 'value="Kept"' in answer.text
        answer = await owner.submit("/keys/clients/new", name=" ")
        assert (400, True) == (answer.status_code, "Name must not be empty." in answer.text)
        assert [] == await keys_of(team)


class TestCustom:
    async def test_it_reaches_what_was_chosen(self, team: Team, owner: Person) -> None:
        """The resources, and of the projects those that were checked; its page says so."""
        mine, other = await project(team, "Mine"), await project(team, "Other")
        key = await made_key(
            owner, scope="custom", access_projects="write", access_events="read", which="some", projects=[mine]
        )
        (found,) = await keys_of(team)
        assert {"projects": {"access": "write", "ids": [mine]}, "events": {"access": "read"}} == found["grants"]
        assert [200, 404, 200, 403] == [
            await answered(team, key, path)
            for path in (f"/projects/{mine}", f"/projects/{other}", "/events", "/brand_kits")
        ]
        page = (await owner.page(f"/keys/{found['id']}")).text
        for text in ("Projects: read and write", "Audit log: read", f'<a href="/projects/{mine}">Mine</a>'):
            assert text in page
        assert f"/projects/{other}" not in page
        await (await team.craftdesk()).delete(f"/projects/{mine}")
        assert "1 that has been deleted" in (await owner.page(f"/keys/{found['id']}")).text

    async def test_without_a_choice_it_sees_all_projects(self, team: Team, owner: Person) -> None:
        """What is checked counts only where it was asked for, and grants only with the scope custom."""
        mine, other = await project(team, "Mine"), await project(team, "Other")
        key = await made_key(owner, scope="custom", access_projects="read", projects=[mine])
        assert 200 == await answered(team, key, f"/projects/{other}")
        await made_key(owner, scope="full", access_projects="read", which="some", projects=[mine])
        assert [None, {"projects": {"access": "read"}}] == [key["grants"] for key in await keys_of(team)]

    async def test_what_cannot_be_is_said_and_stays_chosen(self, team: Team, owner: Person) -> None:
        """Nothing at all, no project of those, one that is gone, and what was never on offer."""
        mine, gone = await project(team, "Mine"), "01890000-0000-7000-8000-000000000000"
        some = {"access_projects": "read", "which": "some"}
        cases: tuple[tuple[dict[str, Any], str], ...] = (
            ({}, "A custom key must name what a custom key may reach."),
            (some, "One of the projects must be chosen, or all of them be allowed."),
            ({**some, "projects": [mine, gone]}, "One of the projects is no longer there."),
            ({"access_members": "all"}, "A custom key must be none, read or write."),
        )
        for fields, text in cases:
            answer = await owner.submit("/keys/new", name="Kept", scope="custom", **fields)
            assert (400, True) == (answer.status_code, text in answer.text), text
            again = dict(forms_of(answer)[-1].values)
            assert ("custom", "Kept") == (again["scope"], again["name"])
            assert fields.get("which", "every") == again["which"]
            assert (mine in fields.get("projects", ())) == (mine == again.get("projects"))
        assert [] == await keys_of(team)

    async def test_only_some_plans_have_it(self, team: Team, owner: Person) -> None:
        """On the others it isn't offered, and refused to who insists."""
        assert 'id="scope-custom"' in (await owner.page("/keys/new")).text
        await team.on_plan("professional")
        page = (await owner.page("/keys/new")).text
        assert (False, True) == ('id="scope-custom"' in page, "professional plan doesn't include custom" in page)
        answer = await owner.submit("/keys/new", name="Kept", scope="custom", access_projects="read")
        assert (402, True) == (answer.status_code, "Not in your plan" in answer.text)

    async def test_the_first_hundred_projects_are_offered(self, team: Team, owner: Person) -> None:
        """By name; the page says that there are more."""
        caller = await team.craftdesk()
        for number in range(101):
            await caller.post("/projects", json={"name": f"Poster {number:03}"})
        page = (await owner.page("/keys/new")).text
        assert (True, False) == ("Poster 099" in page, "Poster 100" in page)
        assert "The first 100 of 101" in page


class TestList:
    async def test_it_shows_what_lives_and_what_has_ended(self, team: Team, owner: Person) -> None:
        """Name, hint, scope, whom it acts as, last use and end of each; ended ones apart."""
        ann, now_ms = await team.member(), team.office.now_ms
        read, key = await team.key(ann, scope=Scope.READ_ONLY, expires_at=now_ms + DAY * 1000)
        pair, _ = await team.client_pair()
        gone, _ = await team.key()
        await owner.submit(f"/keys/{gone.id}", f"/keys/{gone.id}/revoke")
        await answered(team, key)
        await team.office.runtime.services.calls.flush()
        live, ended = (await owner.page("/keys")).text.split("<details")
        for text in (read.name, read.hint, "read only", ann.name, "10 Mar 2026, 12:00", "11 Mar 2026, 12:00"):
            assert text in live
        assert (True, True) == (pair.name in live, "client pair" in live)
        assert (False, True, True) == (gone.name in live, gone.name in ended, "revoked <time" in ended)
        team.office.clock.advance(days=2)
        live, ended = (await owner.page("/keys")).text.split("<details")
        assert (False, True, True) == (read.name in live, read.name in ended, "expired <time" in ended)

    async def test_whose_holder_is_shut_out_is_marked(self, team: Team, owner: Person) -> None:
        """It lives, and is refused for the time being."""
        ann = await team.member()
        key, _ = await team.key(ann)
        await team.office.write(lambda tx: members.deactivate(tx, team.operator, ann.serial, now_ms=team.office.now_ms))
        assert f"refused: {ann.name} is deactivated" in (await owner.page("/keys")).text
        assert f"refused while {ann.name} is deactivated" in (await owner.page(f"/keys/{key.id}")).text

    async def test_whose_holder_has_left_is_listed(self, team: Team, owner: Person) -> None:
        """As somebody's who has left, there and on its own page."""
        ann = await team.member()
        key, _ = await team.key(ann)
        await (await team.craftdesk()).delete(f"/members/{ann.id}")
        for path in ("/keys", f"/keys/{key.id}"):
            assert "somebody who has left" in (await owner.page(path)).text

    async def test_what_others_have_is_not_there(self, office: Office, team: Team, owner: Person) -> None:
        """Another workspace's is 404, to read and to change; to a member, all of it is forbidden."""
        other, _ = await (await office.team()).key()
        own, _ = await team.key()
        member = await signed_in(team, await team.member())
        token = await owner.token()
        for path in ("", "/rotate", "/revoke"):
            answer = await owner.browser.post(f"/keys/{other.id}{path}", data={"form_token": token, "name": "x"})
            assert 404 == answer.status_code
        await owner.page(f"/keys/{other.id}", 404)
        assert other.name not in (await owner.page("/keys")).text
        for path in ("/keys", "/keys/new", "/keys/clients/new", f"/keys/{own.id}"):
            await member.page(path, 403)
        token = await member.token()
        for path in ("/keys", "/keys/clients", *(f"/keys/{own.id}{act}" for act in ("", "/rotate", "/revoke"))):
            answer = await member.browser.post(path, data={"form_token": token, "name": "x"})
            assert 403 == answer.status_code


class TestChange:
    async def test_the_form_renames_it_and_moves_its_end(self, team: Team, owner: Person) -> None:
        """Sent untouched, it leaves the end to the second; emptied, the key never ends."""
        key, _ = await team.key(expires_at=team.office.now_ms + 30 * DAY * 1000)
        path, caller = f"/keys/{key.id}", await team.craftdesk()

        async def end() -> Any:
            return (await caller.get(f"/api_keys/{key.id}")).json()["data"]["expires_at"]

        assert "Saved." in (await owner.followed(await owner.submit(path, path, name="New"))).text
        assert "2026-04-09T12:00:00Z" == await end()
        await owner.submit(path, path, expires_at="2026-05-01")
        assert "2026-05-01T00:00:00Z" == await end()
        await owner.submit(path, path, expires_at="")
        assert None is await end()
        assert "<h1>New</h1>" in (await owner.page(path)).text

    async def test_what_is_wrong_is_said_and_stays(self, team: Team, owner: Person) -> None:
        """Beside its field."""
        key, _ = await team.key()
        path = f"/keys/{key.id}"
        answer = await owner.submit(path, path, name=" ", expires_at="2020-01-01")
        for text in ("Name must not be empty.", "Expires must be in the future.", 'value="2020-01-01"'):
            assert (400, True) == (answer.status_code, text in answer.text)

    async def test_nobody_overwrites_what_they_have_not_seen(self, team: Team, owner: Person) -> None:
        """A change by somebody else is one; a call with the key is none."""
        key, text = await team.key()
        path = f"/keys/{key.id}"
        form = await owner.form(path, path)
        await answered(team, text)
        await team.office.runtime.services.calls.flush()
        assert 303 == (await owner.browser.post(path, data={**dict(form.values), "name": "Mine"})).status_code
        answer = await owner.browser.post(path, data={**dict(form.values), "name": "Mine again"})
        assert (412, True) == (answer.status_code, "Somebody was faster" in answer.text)
        assert 'value="Mine again"' in answer.text

    async def test_a_client_pair_is_not_changed(self, team: Team, owner: Person) -> None:
        """Neither renamed nor rotated; it has no form for it."""
        pair, _ = await team.client_pair()
        actions = [form.action for form in forms_of(await owner.page(f"/keys/{pair.id}"))]
        assert ["/sign-out", f"/keys/{pair.id}/revoke"] == actions
        token = await owner.token()
        for path in ("", "/rotate"):
            answer = await owner.browser.post(f"/keys/{pair.id}{path}", data={"form_token": token, "name": "x"})
            assert 404 == answer.status_code


class TestRotate:
    @pytest.mark.parametrize(
        ("overlap_s", "text"),
        [
            (0, "which has ended"),
            (3600, "10 Mar 2026, 13:00"),
            (DAY, "11 Mar 2026, 12:00"),
            (7 * DAY, "17 Mar 2026, 12:00"),
        ],
    )
    async def test_the_old_one_goes_on_for_the_overlap(
        self, team: Team, owner: Person, overlap_s: int, text: str
    ) -> None:
        """The new one is shown once, and says until when the old one goes on."""
        key, old = await team.key()
        path = f"/keys/{key.id}"
        page = await owner.submit(path, f"{path}/rotate", overlap_seconds=str(overlap_s))
        (new,) = secrets_of(page)
        assert (200, True, True) == (page.status_code, text in page.text, key.hint in page.text)
        if overlap_s:
            team.office.clock.advance(seconds=overlap_s - 0.001)
            assert [200, 200] == [await answered(team, each) for each in (old, new)]
            team.office.clock.advance(seconds=0.001)
        assert [401, 200] == [await answered(team, each) for each in (old, new)]

    async def test_once(self, team: Team, owner: Person) -> None:
        """A rotated key says so, and has no such button; who insists is told."""
        key, _ = await team.key()
        path = f"/keys/{key.id}"
        form = await owner.form(path, f"{path}/rotate")
        assert ("overlap_seconds", str(DAY)) in form.values
        await owner.browser.post(form.action, data=dict(form.values))
        page = await owner.page(path)
        assert ("rotated</span>" in page.text, f"{path}/rotate" in page.text) == (True, False)
        again = {**dict(form.values), "form_id": "another form's"}
        answer = await owner.browser.post(form.action, data=again)
        assert (400, True) == (answer.status_code, "The key was already rotated." in answer.text)
        assert "rotated</span>" in (await owner.page("/keys")).text

    async def test_anothers_only_by_an_owner(self, team: Team, owner: Person) -> None:
        """An admin isn't offered it, and is refused; their own they rotate."""
        admin = await team.member(Role.ADMIN)
        person = await signed_in(team, admin)
        (others, _), (own, _) = await team.key(), await team.key(admin)
        assert f"/keys/{others.id}/rotate" not in (await person.page(f"/keys/{others.id}")).text
        token = await person.token()
        fields = {"form_token": token, "overlap_seconds": "0"}
        answer = await person.browser.post(f"/keys/{others.id}/rotate", data=fields)
        assert 403 == answer.status_code
        for rotating, key in ((person, own), (owner, others)):
            assert 200 == (await rotating.submit(f"/keys/{key.id}", f"/keys/{key.id}/rotate")).status_code

    @pytest.mark.parametrize("overlap", ["", "a day", "-1", "9" * 30, str(MAX_OVERLAP_S + 1)])
    async def test_an_overlap_that_is_none_is_refused(self, team: Team, owner: Person, overlap: str) -> None:
        """It isn't taken for a day; the key is as it was."""
        key, _ = await team.key()
        answer = await owner.submit(f"/keys/{key.id}", f"/keys/{key.id}/rotate", overlap_seconds=overlap)
        assert (400, True) == (answer.status_code, "This one goes on must be 0 to" in answer.text)
        assert "rotated</span>" not in (await owner.page("/keys")).text


class TestOnce:
    @pytest.mark.parametrize("page", ["/keys/new", "/keys/clients/new", "{key}"])
    async def test_a_form_that_is_sent_again_makes_no_second_one(self, team: Team, owner: Person, page: str) -> None:
        """Reloading the page that shows a secret says so, and shows none."""
        key, _ = await team.key()
        path = page.format(key=f"/keys/{key.id}")
        action = {"/keys/new": "/keys", "/keys/clients/new": "/keys/clients"}.get(path, f"{path}/rotate")
        form = await owner.form(path, action)
        fields = {**dict(form.values), "name": "Made once"}
        first, second = [await owner.browser.post(form.action, data=fields) for _ in range(2)]
        assert (200, []) == (first.status_code, secrets_of(second))
        listed = (await owner.page("/keys")).text
        if action.endswith("/rotate"):
            assert (True, 2) == (second.status_code in (400, 422), listed.count(f">{key.name}</a>"))
        else:
            assert (422, True) == (second.status_code, "That was sent before" in second.text)
            assert 1 == listed.count(">Made once</a>")


class TestRevoke:
    async def test_a_key_ends_at_once(self, team: Team, owner: Person) -> None:
        """Its page says so, and has nothing left to do; an admin may end an owner's too."""
        key, text = await team.key()
        path, person = f"/keys/{key.id}", await signed_in(team, await team.member(Role.ADMIN))
        page = await person.followed(await person.submit(path, f"{path}/revoke"))
        assert ("It is revoked" in page.text, "revoked</span>" in page.text) == (True, True)
        assert 401 == await answered(team, text)
        assert ["/sign-out"] == [form.action for form in forms_of(await owner.page(path))]

    async def test_a_client_pair_ends_with_its_tokens(self, team: Team, owner: Person) -> None:
        """A token that was made before is refused too."""
        client, secret = secrets_of(await owner.submit("/keys/clients/new", name="Banner bot"))
        pair = {"clientId": client, "clientSecret": secret}
        office = team.office
        token = (await office.http().post("/creatopy/v1/auth/token", json=pair)).json()["token"]
        caller = office.http("/creatopy/v1", token)
        assert 200 == (await caller.get("/projects")).status_code
        await owner.submit(f"/keys/{client}", f"/keys/{client}/revoke")
        assert 401 == (await caller.get("/projects")).status_code
        assert 401 == (await office.http().post("/creatopy/v1/auth/token", json=pair)).status_code
