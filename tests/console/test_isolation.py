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
from tests.console.people import Form, Person, forms_of, signed_in
from tests.office import Office, StillClock, Team

PARAMETER = re.compile(r"\{(\w+):str\}")
NOBODYS = "01890000-0000-7000-8000-000000000000"
WITHOUT_RECORD = {"token"}
"""Parameters that name no record of a workspace."""
WITHOUT_FORM = {
    "POST /sign-out",
    "POST /forgotten-password",
    "POST /password/{token:str}",
    "POST /invitations/{token:str}",
    "POST /workspaces/{ref:str}",
    "POST /projects/{ref:str}/unarchive",
    "POST /members/{ref:str}/activate",
    "POST /members/{ref:str}/invite",
    "POST /webhooks/{ref:str}/enable",
}
"""Their forms need a link, a mail server, or a record that isn't new."""
FIELDS_OF_THOSE = {"confirmation", "email", "name", "password", "version"}


def method_of(route: HTTPRouteHandler) -> str:
    """GET or POST."""
    return next(iter(route.http_methods))


def path_of(route: HTTPRouteHandler) -> str:
    """The path, with its parameters in braces."""
    return next(iter(route.paths))


def said(route: HTTPRouteHandler) -> str:
    """`GET /projects/{ref:str}`."""
    return f"{method_of(route)} {path_of(route)}"


CLOSED = [route for route in ROUTES if not route.opt.get("public")]
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
    token = {"form_token": await person.token()}
    if route.opt.get("upload"):
        return await person.browser.post(path, data={**fields, **token}, files={"file": ("a.svg", b"<svg/>")})
    return await person.browser.post(path, data={**fields, **token})


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

ODD = ["*", "owner", "full", "custom", "#12345", "2026-13-01", "2026-02-01T10:00", "-1", "9" * 30, "true", "\u200d"]
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(ODD))
NEVER_DRAWN = {"form_token", "form_id"}
QUERY = {"q", "page", "sort", "state", "kind", "type", "user", "subject", "next"}
ODD_PARTS = ("%C3%A9", "%F0%9F%92%A9", "x" * 5000, "9" * 300, "..%2F..", "%20", NOBODYS.upper(), "a%3Fb%23c")
"""As parts of a path."""


def drawn(names: set[str]) -> list[dict[str, str]]:
    """Fields as somebody might send them who means no good."""
    examples: list[dict[str, str]] = []
    fields = st.dictionaries(st.sampled_from(sorted(names)), TEXTS, max_size=8)

    @HARSH
    @given(fields)
    def collect(example: dict[str, str]) -> None:
        examples.append(example)

    collect()
    return examples


async def visitor(team: Team, route: HTTPRouteHandler) -> Person:
    """Somebody who sees the route's form: the owner, or for a public one somebody who isn't signed in."""
    return Person(team.office.http()) if route.opt.get("public") else await signed_in(team)


async def forms_for(person: Person, path: str) -> list[Form]:
    """The forms that are sent to the path, of the pages beside and above it."""
    parts = path.split("/")
    pages = [path, f"{path}/new", *("/".join(parts[:count]) for count in range(len(parts) - 1, 1, -1))]
    found = [(page, form) for page in pages for form in forms_of(await person.browser.get(page))]
    return [form for page, form in found if form.method == "post" and (form.action or page) == path]


@pytest.mark.parametrize("route", POSTED, ids=said)
async def test_no_form_makes_a_500(settings: Settings, clock: StillClock, route: HTTPRouteHandler) -> None:
    """Whatever the fields hold that its page has: it is done, or refused in words."""
    async with open_runtime(settings, clock) as runtime:
        office = Office(runtime, clock)
        team = await office.team()
        path = await path_to(team, route) if route in OF_A_RECORD else PARAMETER.sub("x", path_of(route))
        shown = await forms_for(await visitor(team, route), path)
        names = set().union(*(form.names for form in shown)) - NEVER_DRAWN
        for fields in drawn(names or FIELDS_OF_THOSE):
            person = await visitor(team, route)
            filled = [form.filled() for form in await forms_for(person, path)]
            answer = await send(person, route, path, {**(filled[0] if filled else {}), **fields})
            assert answer.status_code < 500, (fields, answer.text)
        await office.close()


async def test_the_forms_of_most_routes_are_found(settings: Settings, clock: StillClock) -> None:
    """Else the test above would draw no field that anything reads."""
    async with open_runtime(settings, clock) as runtime:
        office = Office(runtime, clock)
        team, without = await office.team(), set[str]()
        for route in POSTED:
            path = await path_to(team, route) if route in OF_A_RECORD else PARAMETER.sub("x", path_of(route))
            if not await forms_for(await visitor(team, route), path):
                without.add(said(route))
        await office.close()
    assert WITHOUT_FORM == without


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in POSTED], ids=said)
async def test_no_query_makes_a_500(office: Office, route: HTTPRouteHandler) -> None:
    """Nor do a search, a filter or a page number, whatever they are."""
    team = await office.team()
    path = await path_to(team, route) if route in OF_A_RECORD else PARAMETER.sub("x", path_of(route))
    person = await signed_in(team)
    for fields in drawn(QUERY):
        assert (await person.browser.get(path, params=fields)).status_code < 500, fields


@pytest.mark.parametrize("route", [route for route in ROUTES if PARAMETER.search(path_of(route))], ids=said)
async def test_no_part_of_a_path_makes_a_500(office: Office, route: HTTPRouteHandler) -> None:
    """Not in ASCII, overlong, encoded slashes: each parameter in turn, beside real ones."""
    team = await office.team()
    person, path = await signed_in(team), path_of(route)
    ids = await ids_of(team, path.split("/")[1]) if route in OF_A_RECORD else {}
    for odd in ODD_PARTS:
        for name in PARAMETER.findall(path):
            filled = PARAMETER.sub(lambda found: {**ids, name: odd}[found[1]], path)  # noqa: B023
            answer = await send(person, route, filled, {"name": "x"})
            assert answer.status_code < 500, (filled, answer.text)
