"""Does the page about permissions still say what the code does?"""

from pathlib import Path

from click.testing import CliRunner

from maquette.cli import main
from maquette.cli.permissions import MEANING
from maquette.model.actor import Permission

PAGE = Path(__file__).parents[2] / "docs/permissions.md"


def test_the_page_is_what_the_command_prints() -> None:
    """`maquette permissions > docs/permissions.md` mends it."""
    assert CliRunner().invoke(main, ["permissions"]).stdout == PAGE.read_text("utf-8")


def test_every_permission_is_explained() -> None:
    """No permission goes without words, no words without a permission."""
    assert list(Permission) == list(MEANING)
