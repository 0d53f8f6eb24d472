"""Is the source built as it is said to be? Small files with plain names, each saying what it is for."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import SOURCE, functions, modules, name_of, suites, tree

MAX_LINES = 320
MAX_FUNCTION_LINES = 40
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "impl", "misc", "lib"}
BELOW_DIALECTS = ("wire", "domain", "store", "model")
NAMES_OF_DIALECTS = re.compile("|".join(folder.name for folder in (SOURCE / "dialects").iterdir() if folder.is_dir()))


@pytest.mark.parametrize("file", modules(), ids=name_of)
class TestModule:
    def test_it_is_small(self, file: Path) -> None:
        """No file is longer than one can keep in mind."""
        assert len(file.read_text("utf-8").splitlines()) <= MAX_LINES

    def test_its_functions_are_small(self, file: Path) -> None:
        """No function is longer than a screen."""
        long = {
            each.name for each in functions(tree(file)) if (each.end_lineno or 0) - each.lineno >= MAX_FUNCTION_LINES
        }
        assert set() == long

    def test_its_name_says_something(self, file: Path) -> None:
        """No file is called by what could be said of any."""
        assert set() == VAGUE & set(file.relative_to(SOURCE).with_suffix("").parts)

    def test_it_says_what_it_is_for(self, file: Path) -> None:
        """It opens with a docstring of one to six lines."""
        docstring = ast.get_docstring(tree(file))
        assert docstring
        assert len(docstring.splitlines()) <= 6

    def test_it_leaves_the_standard_sqlite_alone(self, file: Path) -> None:
        """In one process with apsw, the standard module would undo its file locks."""
        assert set() == {"sqlite3", "_sqlite3", "aiosqlite"} & imported(file)


def test_nothing_we_import_brings_the_standard_sqlite() -> None:
    """The whole application, command line included, runs without it ever being loaded."""
    ours = "import sys, click, maquette.app; from maquette.cli import main"
    commands = (
        "context = click.Context(main); [main.get_command(context, name) for name in main.list_commands(context)]"
    )
    program = f"{ours}; {commands}; sys.exit('sqlite3' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode


@pytest.mark.parametrize("layer", BELOW_DIALECTS)
def test_nobody_below_the_dialects_names_one(layer: str) -> None:
    """Not in code, comments, templates or statements: another dialect needs no change there."""
    files = (file for file in (SOURCE / layer).rglob("*") if file.is_file() and file.suffix != ".pyc")
    naming = [str(file) for file in files if NAMES_OF_DIALECTS.search(file.read_text("utf-8").lower())]
    assert [] == naming


@pytest.mark.parametrize("file", suites(), ids=name_of)
def test_every_test_says_what_it_shows(file: Path) -> None:
    """Each test has a docstring, and it is one line."""
    shown = {
        each.name: ast.get_docstring(each) or "" for each in functions(tree(file)) if each.name.startswith("test_")
    }
    assert {} == {name: text for name, text in shown.items() if len(text.splitlines()) != 1}


def imported(file: Path) -> set[str]:
    """The top-level names of all that the file imports."""
    found = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found
