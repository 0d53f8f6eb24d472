"""Is authority where it belongs? Verbs ask for it first, the store is told whose rows, and handlers decide nothing."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import Function, first_statement, modules, name_of, public_functions, tree

UNASKED = {
    "domain/events.record": "it writes down what a verb, which has asked, has done",
    "domain/events.noted": "so does it",
}
"""Functions of the domain that take an actor and don't ask, and why not."""

ENGINES = {"database", "sqlite", "postgres"}
"""Files of the store that hold no noun."""

SPELLS_ROLES = {"dialects/craftdesk/shapes/members", "dialects/creatopy/shapes/users"}
"""Shapes that show a member's role and take one: to them it is a word, and nobody's who calls."""

REFERENCES = {"ref", "id", "ids", "slug", "slugs"}
FINDS_THE_WORKSPACE = {"store/workspaces.by_slug": "it is how the operator names a workspace"}


def verbs() -> list[tuple[Path, Function]]:
    """The domain's public functions that take an actor."""
    return [
        (file, each)
        for file in modules("domain")
        for each in public_functions(file)
        if "Actor" in annotations(each) and f"{name_of(file)}.{each.name}" not in UNASKED
    ]


def statements() -> list[tuple[Path, Function]]:
    """The store's public functions that say something to an engine."""
    files = (file for file in modules("store") if file.stem not in ENGINES)
    return [(file, each) for file in files for each in public_functions(file) if isinstance(each, ast.AsyncFunctionDef)]


def said(case: tuple[Path, Function]) -> str:
    """`domain/projects.create`."""
    return f"{name_of(case[0])}.{case[1].name}"


def annotations(function: Function) -> set[str]:
    """The names of its parameters' types."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return {each.annotation.id for each in arguments if isinstance(each.annotation, ast.Name)}


def asks_for_a_permission(statement: ast.stmt) -> bool:
    """`actor.require(…)`, or a call that is given a `Permission` to require."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(
        isinstance(argument, ast.Attribute)
        and isinstance(argument.value, ast.Name)
        and argument.value.id == "Permission"
        for call in calls
        for argument in call.args
    )


def names_used(file: Path) -> set[str]:
    """All names that a file's code mentions."""
    return {node.id for node in ast.walk(tree(file)) if isinstance(node, ast.Name)}


def test_there_is_something_to_lint() -> None:
    """The lints below would say nothing of a domain or a store that they don't find."""
    assert {"domain/projects.create", "domain/brand_kits.remove", "domain/plans.put"} <= {
        said(each) for each in verbs()
    }
    assert {"store/projects.get", "store/credentials.revoke"} <= {said(each) for each in statements()}


@pytest.mark.parametrize("verb", verbs(), ids=said)
def test_a_verb_begins_by_asking_for_a_permission(verb: tuple[Path, Function]) -> None:
    """Before anything else happens, and whoever calls it."""
    assert asks_for_a_permission(first_statement(verb[1]))


@pytest.mark.parametrize("statement", statements(), ids=said)
def test_the_store_takes_the_transaction_first(statement: tuple[Path, Function]) -> None:
    """Its caller decides what belongs together."""
    first = statement[1].args.args[0]
    assert ("tx", "Transaction") == (first.arg, ast.unparse(first.annotation or first))


@pytest.mark.parametrize("statement", statements(), ids=said)
def test_the_store_is_told_the_workspace_before_any_reference(statement: tuple[Path, Function]) -> None:
    """A record is looked up as `(workspace, ref)`, so that no reference reaches into another workspace."""
    names = [each.arg for each in statement[1].args.args]
    refers = REFERENCES & set(names) and said(statement) not in FINDS_THE_WORKSPACE
    assert not refers or names[1] == "workspace"


@pytest.mark.parametrize("file", modules("dialects"), ids=name_of)
def test_a_dialect_decides_nothing(file: Path) -> None:
    """Who may do what is the domain's to know: no dialect names a permission, nor a role but to spell it."""
    deciding = {"Permission", "Actor", "Call"} if name_of(file) in SPELLS_ROLES else {"Permission", "Role"}
    assert set() == deciding & names_used(file)
