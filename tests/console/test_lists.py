"""Lists and what they say when they are empty; the short names of browsers."""

import pytest

from maquette.console.browsers import browser_name
from maquette.console.lists import Listed
from maquette.console.pages import ENVIRONMENT
from maquette.model.page import Slice

HINTED = '{% import "macros.html" as m with context %}{{ m.field("name", "Name", hint="what it is for") }}'
NOTHING = '{% import "macros.html" as m with context %}{{ m.nothing(list, "None yet.", "None matches.") }}'


def listed(total: int = 0, number: int = 1, **parameters: str) -> Listed[int]:
    """A page without rows."""
    return Listed(Slice([], total, False), number, 25, "/things", parameters)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (listed(), "None yet."),
        (listed(sort="name"), "None yet."),
        (listed(q="x"), "None matches."),
        (listed(q="x", sort="name"), "None matches."),
        (listed(3, 2), "There is nothing on this page."),
        (listed(60, 9, q="x"), "There is nothing on this page."),
    ],
)
def test_an_empty_list_says_why(rows: Listed[int], text: str) -> None:
    """There is nothing at all, nothing matches, or the page is behind the last one; an order is no filter."""
    html = ENVIRONMENT.from_string(NOTHING).render(list=rows, problems={})
    assert [text] == [each for each in ("None yet.", "None matches.", "There is nothing on this page.") if each in html]
    assert ("Previous</a>" in html) == (rows.number > 1)


@pytest.mark.parametrize(
    ("problems", "described"),
    [({}, 'aria-describedby="hint-name"'), ({"name": "is bad"}, 'aria-describedby="hint-name problem-name"')],
)
def test_a_fields_hint_and_problem_describe_it(problems: dict[str, str], described: str) -> None:
    """They are no part of its label; both are there for who hears the page."""
    html = ENVIRONMENT.from_string(HINTED).render(problems=problems)
    for part in (described, '<label for="field-name">Name</label>', 'id="hint-name">what it is for<'):
        assert part in html
    assert bool(problems) == ('aria-invalid="true"' in html) == ('id="problem-name">Name is bad.<' in html)


WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/131.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.1 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604", "Safari on iPhone"),
        ("Firefox/1", "Firefox"),
        ("curl/8.5.0 (x86_64)", "curl/8.5.0"),
        ("x" * 300, "x" * 40),
        ("  ", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_browsers_short_name(agent: str, name: str) -> None:
    """Its maker's name and the system; of anything else, how it begins."""
    assert name == browser_name(agent)
