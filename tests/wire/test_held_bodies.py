"""A body that comes in slowly: what its sender may do is asked again when it is there."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from maquette.domain import credentials, sessions
from maquette.domain.pictures import Picture
from maquette.model.actor import Role
from maquette.settings import Settings
from tests.console.people import signed_in
from tests.office import LOGO, Office, Team


@pytest.fixture
async def team(office: Office) -> Team:
    """A team."""
    return await office.team()


async def held(content: bytes, meanwhile: Callable[[], Awaitable[object]]) -> AsyncIterator[bytes]:
    """The content in two pieces, with something between them."""
    yield content[:4]
    await meanwhile()
    yield content[4:]


@pytest.mark.parametrize(("seconds", "status"), [(0.9, 201), (1, 401)])
async def test_a_key_that_is_revoked_meanwhile_does_nothing(
    office: Office, team: Team, seconds: float, status: int
) -> None:
    """Within a second, as across processes; a body can be held back for minutes."""
    key, secret = await team.key()
    caller = office.http("/craftdesk/v1", secret)

    async def revoke() -> None:
        await office.write(lambda tx: credentials.revoke(tx, team.operator, key.id, now_ms=office.now_ms))
        office.clock.advance(seconds=seconds)

    body = held(json.dumps({"name": "Late"}).encode(), revoke)
    answer = await caller.post("/projects", content=body, headers={"Content-Type": "application/json"})
    total = (await (await team.craftdesk()).get("/projects")).json()["meta"]["pagination"]["total"]
    assert (status, int(status == 201)) == (answer.status_code, total)


async def test_somebody_who_is_demoted_meanwhile_may_no_more(office: Office, team: Team) -> None:
    """They are asked for as what they are by then."""
    user = await team.member(Role.ADMIN)
    caller = await team.craftdesk(user)

    async def demote() -> None:
        await team.put(user, Role.MEMBER)
        office.clock.advance(seconds=2)

    body = held(b'{"name":"Late"}', demote)
    answer = await caller.post("/projects", content=body, headers={"Content-Type": "application/json"})
    assert 403 == answer.status_code
    assert 0 == (await (await team.craftdesk()).get("/projects")).json()["meta"]["pagination"]["total"]


async def test_a_session_that_has_ended_meanwhile_sends_no_form(office: Office, team: Team) -> None:
    """Nor one of somebody who has been removed: pages ask with every form."""
    person = await signed_in(team)
    other = await signed_in(team)
    page = await person.page("/projects/new")
    form_token = page.text.partition('name="form_token" value="')[2].partition('"')[0]
    found = await office.read(lambda tx: sessions.identify(tx, other.browser.cookies["maquette"], now_ms=office.now_ms))
    assert found

    async def end() -> None:
        await office.write(lambda tx: sessions.end_others(tx, found.session))

    answer = await person.browser.post(
        "/projects",
        content=held(f"form_token={form_token}&name=Late".encode(), end),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (401, True) == (answer.status_code, "Please sign in" in answer.text)
    assert "Late" not in (await other.page("/projects")).text


async def test_a_picture_that_waited_for_its_turn_asks_again(
    office: Office, team: Team, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examining may take minutes; a key or a session that has ended meanwhile adds nothing, and leaves no bytes."""
    caller, person, other = await team.craftdesk(), await signed_in(team), await signed_in(team)
    kit = (await caller.post("/brand_kits", json={"name": "Kit"})).json()["data"]
    key, secret = await team.key()
    found = await office.read(lambda tx: sessions.identify(tx, other.browser.cookies["maquette"], now_ms=office.now_ms))
    assert found
    sandbox = office.runtime.services.files.sandbox
    examine = sandbox.examine

    async def slowly(content: bytes, workspace: int) -> Picture:
        picture = await examine(content, workspace)
        await office.write(lambda tx: credentials.revoke(tx, team.operator, key.id, now_ms=office.now_ms))
        await office.write(lambda tx: sessions.end_others(tx, found.session))
        office.clock.advance(seconds=60)
        return picture

    monkeypatch.setattr(sandbox, "examine", slowly)
    upload = {"file": ("a.svg", LOGO)}
    late = await office.http("/craftdesk/v1", secret).post(
        f"/brand_kits/{kit['id']}/assets", data={"kind": "logo"}, files=upload
    )
    assert 401 == late.status_code
    form = {"form_token": await person.token(), "kind": "logo"}
    late = await person.browser.post(f"/brand-kits/{kit['id']}/assets", data=form, files=upload)
    assert 401 == late.status_code
    assert [] == (await caller.get(f"/brand_kits/{kit['id']}/assets")).json()["data"]
    assert not [path for path in (settings.data / "objects").rglob("*") if path.is_file()]
