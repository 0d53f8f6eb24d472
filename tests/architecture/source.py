"""The source as syntax trees, for the lints beside this file."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import maquette

SOURCE = Path(maquette.__file__).parent
TESTS = Path(__file__).parents[1]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """The Python files below these folders of the package; without any, all of them."""
    return sorted(file for folder in folders or (".",) for file in (SOURCE / folder).rglob("*.py"))


def suites() -> list[Path]:
    """The files that hold tests."""
    return sorted(TESTS.rglob("test_*.py"))


@cache
def tree(file: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(file.read_text("utf-8"))


def functions(node: ast.AST) -> Iterator[Function]:
    """All functions in a tree, methods and inner ones too."""
    return (part for part in ast.walk(node) if isinstance(part, Function))


def public_functions(file: Path) -> list[Function]:
    """The functions at the top of a file that others may call."""
    return [part for part in tree(file).body if isinstance(part, Function) and not part.name.startswith("_")]


def private_functions(file: Path) -> list[Function]:
    """The functions at the top of a file that are its own."""
    return [part for part in tree(file).body if isinstance(part, Function) and part.name.startswith("_")]


def name_of(file: Path) -> str:
    """The file as one would say it: `domain/projects`."""
    root = SOURCE if file.is_relative_to(SOURCE) else TESTS
    return str(file.relative_to(root).with_suffix(""))


def statements_of(function: Function) -> list[ast.stmt]:
    """Its statements after the docstring."""
    return function.body[1 if ast.get_docstring(function) else 0 :]
