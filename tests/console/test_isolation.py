"""Every route of the console: with another workspace's ids, without a session, and with whatever a form may hold."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples_like
from hypothesis import strategies as st
from litestar.handlers import HTTPRouteHandler

from maquette.app import open_runtime
from maquette.console import ROUTES
from maquette.model.actor import Role
from maquette.settings import Settings
from tests.console.people import Person, forms_of, signed_in
from tests.office import Office, StillClock, Team

PARAMETER = re.compile(r"\{(\w+):str\}")
NOBODYS = "01890000-0000-7000-8000-000000000000"
WITHOUT_RECORD = {"token"}
"""Parameters that name no record of a workspace."""


def method_of(route: HTTPRouteHandler) -> str:
    """GET or POST."""
    return next(iter(route.http_methods))


def path_of(route: HTTPRouteHandler) -> str:
    """The path, with its parameters in braces."""
    return next(iter(route.paths))


def said(route: HTTPRouteHandler) -> str:
    """`GET /projects/{ref:str}`."""
    return f"{method_of(route)} {path_of(route)}"


CLOSED = [route for route in ROUTES if not route.opt.get("anybody")]
OF_A_RECORD = [route for route in CLOSED if set(PARAMETER.findall(path_of(route))) - WITHOUT_RECORD]
POSTED = [route for route in ROUTES if method_of(route) == "POST"]


async def ids_of(team: Team, section: str) -> dict[str, str]:
    """The ids of a new record of the section's kind, and of what belongs to it, by the names of the parameters."""
    caller = await team.craftdesk()
    if section == "projects":
        user = await team.member(Role.MEMBER)
        project = (await caller.post("/projects", json={"name": "Project"})).json()["data"]
        await caller.post(f"/projects/{project['id']}/members", json={"user_id": user.id})
        return {"ref": project["id"], "user": user.id}
    if section == "brand-kits":
        kit = (await caller.post("/brand_kits", json={"name": "Kit"})).json()["data"]
        return {"ref": kit["id"], "asset": (await team.logo(kit["id"]))["id"]}
    if section == "members":
        return {"ref": (await team.member(Role.MEMBER)).id}
    if section == "keys":
        return {"ref": (await team.key())[0].id}
    if section == "webhooks":
        webhook = await team.webhook()
        return {"ref": webhook["id"], "delivery": (await team.trial(webhook["id"]))["id"]}
    assert "workspaces" == section, "a section of records is added here"
    return {"ref": team.workspace.id}


async def path_to(team: Team, route: HTTPRouteHandler) -> str:
    """The route's path with the ids of new records of the team."""
    path = path_of(route)
    ids = await ids_of(team, path.split("/")[1])
    return PARAMETER.sub(lambda name: ids[name[1]], path)


async def send(person: Person, route: HTTPRouteHandler, path: str, fields: dict[str, Any]) -> Any:
    """Ask for the page, or send the form with the right token."""
    if method_of(route) == "GET":
        return await person.browser.get(path)
    token = {"form_token": (await form_token(person))}
    if route.opt.get("upload"):
        return await person.browser.post(path, data={**fields, **token}, files={"file": ("a.svg", b"<svg/>")})
    return await person.browser.post(path, data={**fields, **token})


async def form_token(person: Person) -> str:
    """The token of the person's session; nothing for one that has ended."""
    page = await person.browser.get("/account")
    return next((value for form in forms_of(page) for name, value in form.values if name == "form_token"), "")


@pytest.mark.parametrize("route", OF_A_RECORD, ids=said)
async def test_another_workspaces_records_are_not_there(office: Office, route: HTTPRouteHandler) -> None:
    """404 to read, to change and to delete, for an owner too, and nothing of them is told."""
    stranger = await signed_in(await office.team())
    theirs = await path_to(await office.team(name="Theirs"), route)
    answer = await send(stranger, route, theirs, {"name": "x"})
    assert 404 == answer.status_code, answer.text
    assert "Theirs" not in answer.text


@pytest.mark.parametrize("route", CLOSED, ids=said)
async def test_nobody_comes_in_without_a_session(office: Office, route: HTTPRouteHandler) -> None:
    """Pages lead to signing in; a form is refused, and so is what has no right token."""
    path = PARAMETER.sub(NOBODYS, path_of(route))
    anybody = await office.http().request(method_of(route), path)
    if method_of(route) == "POST":
        assert (401, True) == (anybody.status_code, "Please sign in" in anybody.text)
        forged = await (await signed_in(await office.team())).browser.post(path, data={"form_token": "x"})
        assert 403 == forged.status_code
    elif path != "/":
        assert (303, True) == (anybody.status_code, anybody.headers["location"].startswith("/sign-in"))


HARSH = examples_like(
    max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

NAMES = (
    "color colors[0].hex colors[0].name dialect description email event events expires from kind name next old_password"
    " overlap page password project q repeated role scope since slug sort state subject type until url user version"
)
ODD = ["*", "owner", "full", "custom", "#12345", "2026-13-01", "2026-02-01T10:00", "-1", "9" * 30, "true", "\u200d"]
FIELDS = st.dictionaries(
    st.sampled_from(NAMES.split()), st.one_of(st.text(max_size=30), st.sampled_from(ODD)), max_size=8
)


def drawn() -> list[dict[str, str]]:
    """Fields as somebody might send them who means no good."""
    examples: list[dict[str, str]] = []

    @HARSH
    @given(FIELDS)
    def collect(fields: dict[str, str]) -> None:
        examples.append(fields)

    collect()
    return examples


@pytest.mark.parametrize("route", POSTED, ids=said)
async def test_no_form_makes_a_500(settings: Settings, clock: StillClock, route: HTTPRouteHandler) -> None:
    """Whatever its fields hold: it is done, or refused in words."""
    async with open_runtime(settings, clock) as runtime:
        office = Office(runtime, clock)
        team = await office.team()
        path = await path_to(team, route) if route in OF_A_RECORD else PARAMETER.sub("x", path_of(route))
        for fields in drawn():
            answer = await send(await signed_in(team), route, path, fields)
            assert answer.status_code < 500, (fields, answer.text)
        await office.close()


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in POSTED], ids=said)
async def test_no_query_makes_a_500(office: Office, route: HTTPRouteHandler) -> None:
    """Nor do a search, a filter or a page number, whatever they are."""
    team = await office.team()
    path = await path_to(team, route) if route in OF_A_RECORD else PARAMETER.sub("x", path_of(route))
    person = await signed_in(team)
    for fields in drawn():
        assert (await person.browser.get(path, params=fields)).status_code < 500, fields
