"""The month's calls in the console: who made them, and what the plan allows."""

import re

import pytest

from maquette.model.actor import Role
from tests.console.people import Person, signed_in
from tests.office import Office, Team


async def rows(person: Person) -> list[list[str]]:
    """The page's tables, as the text of their cells."""
    page = (await person.page("/usage")).text
    found = re.findall(r"<tr>(<td>.*?)</tr>", page)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in found]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]


@pytest.fixture
async def team(office: Office) -> Team:
    """A team with limits."""
    return await office.team(plan="professional")


async def test_it_shows_who_called_through_which_api(office: Office, team: Team) -> None:
    """Each credential by its name, the busiest first; then each day, the newest first."""
    (key, text), person = await team.key(), await signed_in(team)
    caller, creatopy = office.http("/craftdesk/v1", text), await team.creatopy()
    await creatopy.get("/projects")
    office.clock.advance(days=1)
    for _ in range(2):
        await caller.get("/projects")
    (first, second, *days) = await rows(person)
    assert [key.name, "CraftDesk API", "2"] == first
    assert ["Creatopy API", "1"] == second[1:]
    assert [["11 March 2026", "2", ""], ["10 March 2026", "1", ""]] == days
    page = (await person.page("/usage")).text
    assert f'<a href="/keys/{key.id}">' in page
    assert "3 of 50,000 on the professional plan" in page


async def test_it_shows_what_the_plan_allows(office: Office, team: Team) -> None:
    """The month, the burst of each API, the projects; without limits, it says so."""
    person = await signed_in(team)
    page = (await person.page("/usage")).text
    for text in ("50,000", "100 in 60 seconds", "100 in 10 seconds", "<dd>25</dd>", "1 April 2026"):
        assert text in page
    assert "No program has called this month." in page
    await team.on_plan("unlimited")
    page = (await person.page("/usage")).text
    assert ("without limit on the unlimited plan" in page, "<meter" in page) == (True, False)
    assert 4 == page.count("<dd>no limit</dd>")


async def test_a_member_is_told_sums_alone(office: Office, team: Team) -> None:
    """No name of a key and no link to one; the overview leads here."""
    (key, text), person = await team.key(), await signed_in(team, await team.member(Role.MEMBER))
    for token in (text, (await team.key())[1]):
        await office.http("/craftdesk/v1", token).get("/projects")
    assert [["the team's keys", "CraftDesk API", "2"], ["10 March 2026", "2"]] == await rows(person)
    page = (await person.page("/usage")).text
    assert (False, False) == (key.name in page, "/keys/" in page)
    assert '<a href="/usage">' in (await person.page("/")).text


async def test_another_teams_calls_are_not_in_it(office: Office, team: Team) -> None:
    """Each team sees its own."""
    await (await (await office.team()).craftdesk()).get("/projects")
    assert [] == await rows(await signed_in(team))
