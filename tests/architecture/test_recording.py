"""Is what happened seen at once? Whoever records an event moves the workspace's version, which caches go by."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import Function, functions, modules, name_of, tree

RECORDS = {"events.record", "events.audit"}
MOVES = {"workspaces.bump_version", "workspaces.insert"}
"""One that is new has no cached responses yet."""


def recording() -> list[tuple[Path, Function]]:
    """The functions that write down what happened."""
    return [(file, each) for file in modules() for each in functions(tree(file)) if RECORDS & called(each)]


def called(function: Function) -> set[str]:
    """What it calls of other modules: `events.record`."""
    return {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}


def said(case: tuple[Path, Function]) -> str:
    """`domain/projects.remove`."""
    return f"{name_of(case[0])}.{case[1].name}"


def test_there_is_something_to_lint() -> None:
    """The lint below would say nothing of verbs that it doesn't find."""
    assert {"domain/projects.remove", "domain/sending.disable", "domain/deliveries.send_test"} <= {
        said(each) for each in recording()
    }


@pytest.mark.parametrize("function", recording(), ids=said)
def test_an_event_moves_its_workspaces_version(function: tuple[Path, Function]) -> None:
    """Else a cached response from before would be sent again."""
    assert MOVES & called(function[1])
