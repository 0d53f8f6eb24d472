"""What every page shows around its own part: headings, refusals, notices, the sections; and pages for anybody."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from maquette.console.navigation import SECTIONS
from tests.console.people import forms_of, signed_in
from tests.office import Office, Team

HTML = {"Accept": "text/html"}

Opens = Callable[[str], Awaitable[tuple[Page, list[str]]]]


async def test_what_a_page_refuses_is_its_heading(team: Team) -> None:
    """Once; the browser's title begins with `Error`, as it does where a form was refused."""
    person = await signed_in(team)
    page = (await person.browser.get("/nothing", headers=HTML)).text
    assert (True, 1) == ("<h1>There is no such page</h1>" in page, page.count("There is no such page</"))
    assert "<title>Error: There is no such page" in page
    refused = (await person.submit("/projects/new", name=" ")).text
    assert (True, True) == ("<title>Error: " in refused, "Please check the form." in refused)
    assert "<title>Error" not in (await person.page("/projects/new")).text


async def test_who_was_too_slow_can_look_at_the_new_state(team: Team) -> None:
    """The refusal links to the page, without what was typed."""
    person, (key, _) = await signed_in(team), await team.key()
    path = f"/keys/{key.id}"
    answer = await person.submit(path, path, name="Late", version="of before")
    assert (412, True) == (answer.status_code, f'<a href="{path}">Show it as it is now</a>' in answer.text)
    assert "Show it as it is now" not in (await person.submit(path, path, name=" ")).text


async def test_a_dead_link_says_how_to_get_another(office: Office) -> None:
    """A new one can be asked for."""
    answer = await office.http().get("/password/x", headers=HTML)
    assert (410, True) == (answer.status_code, 'href="/forgotten-password"' in answer.text)


async def test_without_a_mail_server_nobody_waits_for_a_link(office: Office) -> None:
    """The page says whom to ask, and has no form."""
    page = await office.http().get("/forgotten-password")
    assert ("ask whoever runs this server" in page.text, forms_of(page)) == (True, [])


async def test_the_front_page_names_whole_addresses(office: Office) -> None:
    """As they are pasted into a program."""
    page = (await office.http().get("/")).text
    for name in ("craftdesk", "creatopy"):
        assert f"<code>{office.runtime.services.public_url}/{name}/v1</code>" in page


@pytest.mark.chromium
async def test_a_notice_is_seen_where_the_page_opens(team: Team, browser: Opens, listening: str) -> None:
    """At an anchor far below it, too, and without covering what the anchor names."""
    person = await signed_in(team)
    page, complaints = await browser(f"{listening}/sign-in")
    cookies = {"maquette": str(person.browser.cookies["maquette"]), "maquette_notice": "saved"}
    await page.context.add_cookies(
        [{"name": name, "value": value, "url": listening} for name, value in cookies.items()]
    )
    await page.set_viewport_size({"width": 390, "height": 300})
    await page.goto(f"{listening}/keys/new#field-expires_at")
    notice = await page.locator(".notice").bounding_box()
    field = await page.locator("#field-expires_at").bounding_box()
    assert notice
    assert field
    assert 0 <= notice["y"] < notice["y"] + notice["height"] <= field["y"] < 300
    assert [] == complaints


@pytest.mark.chromium
async def test_a_phone_shows_every_section(team: Team, browser: Opens, listening: str) -> None:
    """None is cut off at the edge; buttons are as high as fields, for thumbs."""
    person = await signed_in(team)
    page, _ = await browser(f"{listening}/sign-in")
    session = str(person.browser.cookies["maquette"])
    await page.context.add_cookies([{"name": "maquette", "value": session, "url": listening}])
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.goto(f"{listening}/keys/new")
    for section in SECTIONS:
        box = await page.locator(f'.sections a[href="{section.path}"]').bounding_box()
        assert box
        assert 0 <= box["x"] < box["x"] + box["width"] <= 390, section.name
    boxes = [await page.locator(each).bounding_box() for each in ("#field-name", "main button")]
    assert [44, 44] == [round(box["height"]) for box in boxes if box]
