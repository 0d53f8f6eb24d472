"""People with a browser: they are signed in, read pages, and fill in the forms that they find there."""

from html.parser import HTMLParser
from typing import Any

import httpx2

from maquette.domain import sessions
from maquette.model.records import User
from maquette.store import passwords
from tests.office import Team

HASH = "not a hash"
"""Of a password that nobody can enter: these people have signed in before the test."""


class Form:
    """A form of a page: where it is sent, what its fields hold, and all their names, also of boxes not checked."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get")
        self.values: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def filled(self) -> dict[str, list[str]]:
        """What its fields hold, by name."""
        values: dict[str, list[str]] = {}
        for name, value in self.values:
            values.setdefault(name, []).append(value)
        return values


class _Forms(HTMLParser):
    """Collects a page's forms as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "input" and self.forms and "name" in attributes:
            self.forms[-1].names.add(attributes["name"])
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
                self.forms[-1].values.append((attributes["name"], attributes.get("value", "on")))
        elif tag == "select":
            self._select, self._options = attributes["name"], []
        elif tag == "option" and self._select is not None:
            self._options.append((attributes["value"], "selected" in attributes))
        elif tag == "textarea":
            self._area, self._text = attributes["name"], ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None and self._options:
            chosen = next((value for value, is_chosen in self._options if is_chosen), self._options[0][0])
            self.forms[-1].values.append((self._select, chosen))
            self.forms[-1].names.add(self._select)
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self.forms[-1].values.append((self._area, self._text.removeprefix("\n")))
            self.forms[-1].names.add(self._area)
            self._area = None


def forms_of(page: httpx2.Response) -> list[Form]:
    """All forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class Person:
    """Somebody in front of a browser."""

    def __init__(self, browser: httpx2.AsyncClient) -> None:
        self.browser = browser

    async def page(self, path: str, status: int = 200) -> httpx2.Response:
        """The page at the path."""
        found = await self.browser.get(path)
        assert status == found.status_code, (path, found.status_code, found.text)
        return found

    async def form(self, path: str, action: str | None = None) -> Form:
        """The form of a page that is sent to `action`, by default its first one that is posted."""
        posted = [form for form in forms_of(await self.page(path)) if form.method == "post"]
        return next(form for form in posted if form.action == action or (action is None and form.action != "/sign-out"))

    async def token(self) -> str:
        """The token of their session's forms; nothing where they aren't signed in."""
        forms = forms_of(await self.browser.get("/account"))
        return next((value for form in forms for name, value in form.values if name == "form_token"), "")

    async def submit(
        self, path: str, action: str | None = None, *, files: Any = None, without: tuple[str, ...] = (), **fields: Any
    ) -> httpx2.Response:
        """Fill in the form of a page that is sent to `action` (by default its first one that is posted), and send it.

        A list stands for several values of one name; of `without`, nothing is sent, as of a box that isn't checked.
        """
        form = await self.form(path, action)
        filled: dict[str, Any] = {**form.filled(), **fields}
        values = {name: value for name, value in filled.items() if name not in without}
        return await self.browser.post(form.action or path, data=values, files=files)

    async def force(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form that no page shows them, with their session's token."""
        return await self.browser.post(path, data={"form_token": await self.token(), **fields})

    async def followed(self, answer: httpx2.Response) -> httpx2.Response:
        """The page that a form's answer leads to."""
        assert 303 == answer.status_code, answer.text
        return await self.page(answer.headers["location"])


async def signed_in(team: Team, user: User | None = None, **options: Any) -> Person:
    """Somebody who is signed in as the user, else as the owner."""
    who, office = user or team.owner, team.office

    async def body(tx: Any) -> str:
        await passwords.put(tx, who.serial, HASH, office.now_ms)
        token = await sessions.open_(tx, who, HASH, address="127.0.0.1", agent="a test", now_ms=office.now_ms)
        found = await sessions.identify(tx, token, now_ms=office.now_ms)
        assert found
        await sessions.switch_workspace(tx, found, team.workspace.id)
        return token

    browser = office.http(**options)
    browser.cookies.set("maquette", await office.write(body), domain="127.0.0.1")
    return Person(browser)
