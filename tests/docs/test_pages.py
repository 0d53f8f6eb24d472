"""Do the pages still tell the truth? They name settings, tests, files and commands; each has to be there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import rich_click as click

from maquette.cli import main
from maquette.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("benchmarks/*.md")]
)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
SHELL = re.compile(r"^(?:\$ )?maquette ([^|#\n]+)", re.MULTILINE)
MAX_DECISION_LINES = 40


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented(field: "object") -> None:
    """Each has its row with its environment name."""
    name = str(getattr(field, "name"))  # noqa: B009
    assert f"`{ENVIRONMENT_PREFIX}{name.upper()}`" in (ROOT / "docs/settings.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """What a page links to inside the project is there."""
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert [] == missing


def test_every_promise_names_a_test_that_is_there() -> None:
    """The table of guarantees points at real files."""
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs/guarantees.md").read_text())
    assert named
    assert [] == [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("record", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_is_short_and_whole(record: Path) -> None:
    """Context, decision, consequences, rejected, on one screen."""
    text = record.read_text()
    assert len(text.splitlines()) <= MAX_DECISION_LINES
    parts = ("**Context.**", "**Decision.**", "**Consequences.**", "**Rejected.**")
    assert [] == [part for part in parts if part not in text]


@pytest.mark.parametrize("line", SHELL.findall((ROOT / "README.md").read_text()))
def test_every_command_of_the_readme_is_understood(line: str) -> None:
    """Each `maquette` line names commands and options that there are."""
    words = re.findall(r'"[^"]*"|\S+', line)
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert [] == [word for word in words if word.startswith("--") and word not in known]


def test_what_looks_after_the_store_speaks_json() -> None:
    """Each command of that part of the README takes `--json`, as it says."""
    part = (ROOT / "README.md").read_text().partition("## Looking after it")[2].partition("\n## ")[0]
    lines = SHELL.findall(part)
    assert ("each of these takes `--json`" in part, True) == (True, bool(lines))
    for first, second in (line.split()[:2] for line in lines):
        command = main.get_command(click.Context(main), first)
        command = command.commands[second] if isinstance(command, click.Group) else command
        assert command
        assert "--json" in {option for parameter in command.params for option in parameter.opts}, first


def test_the_make_targets_that_pages_name_are_there() -> None:
    """`make something` in a page is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert set() == named - targets
