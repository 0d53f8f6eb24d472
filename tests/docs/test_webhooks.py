"""Does the page on webhooks name every action, and only routes that there are?"""

import re
from pathlib import Path

from maquette.dialects.creatopy.shapes.actions import ACTIONS
from tests.described import operations

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text("utf-8")


def test_every_action_has_its_row() -> None:
    """With its id, and its name in both APIs."""
    rows = {f"| {id} | `{name}` | `{type}` |" for id, (type, name, _) in ACTIONS.items()}
    assert rows == set(re.findall(r"^\| \d+ \|.*\|$", PAGE, re.MULTILINE))


def test_every_route_is_there_and_named() -> None:
    """What the table of routes says, and no webhook's route is missing from it."""
    named = set()
    for craftdesk, creatopy in re.findall(r"\| `(\w+ /v1/\S+)` \| `(\w+ /v1/\S+)` \|$", PAGE, re.MULTILINE):
        named |= {f"craftdesk {craftdesk}", f"creatopy {creatopy}"}
    described = {str(each) for each in operations() if "/webhooks" in each.path}
    untold = {"craftdesk POST /v1/webhooks", "creatopy POST /v1/webhooks", "craftdesk GET /v1/webhooks/{ref}"}
    assert described - untold == named
