"""Is authority where it belongs? Verbs ask for it first, the store is told whose rows, and handlers decide nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import (
    SOURCE,
    Function,
    functions,
    modules,
    name_of,
    private_functions,
    public_functions,
    statements_of,
    tree,
)

UNASKED = {
    "domain/events.record": "it writes down what a verb, which has asked, has done",
    "domain/events.audit": "so does it",
}
"""Functions of the domain that take an actor and don't ask, and why not."""

PERMISSION = re.compile(r"Permission\.[A-Z_]+")

LOCK_AND_READ = {"lock", "get"}
"""All that a verb's helper may call before it asks: what is out of sight comes before what is not allowed."""

ENGINES = {"database", "sqlite", "postgres", "postgres_upgrade"}
"""Files of the store that hold no noun."""

SPELLS_ROLES = {"dialects/craftdesk/shapes/members", "dialects/creatopy/shapes/users"}
"""Shapes that show a member's role and take one: to them it is a word, and nobody's who calls."""

SERIALS = {"serial", "user", "holder", "project", "brand_kit", "webhook", "delivery", "event"}
"""Parameters that name a record by its bare serial, where they are integers."""

OF_A_RECORD = re.compile(r".+\.(serial|user|brand_kit|webhook|delivery|event|vouched_by)")
MADE = ("insert", "audit")
"""What has just been made gives back its serial."""

REFERENCES = {"ref", "id", "ids", "slug", "slugs"}
FINDS_THE_WORKSPACE = {"store/workspaces.by_slug": "it is how the operator names a workspace"}


def verbs() -> list[tuple[Path, Function]]:
    """The domain's public functions that take an actor."""
    return [
        (file, each)
        for file in modules("domain")
        for each in functions(tree(file))
        if not each.name.startswith("_") and "Actor" in annotations(each) and said((file, each)) not in UNASKED
    ]


def statements() -> list[tuple[Path, Function]]:
    """The store's public functions that say something to an engine."""
    files = (file for file in modules("store") if file.stem not in ENGINES)
    return [(file, each) for file in files for each in public_functions(file) if isinstance(each, ast.AsyncFunctionDef)]


def said(case: tuple[Path, Function]) -> str:
    """`domain/projects.create`."""
    return f"{name_of(case[0])}.{case[1].name}"


def annotations(function: Function) -> set[str]:
    """The names that its parameters' types are made of."""
    arguments = (each.annotation for each in (*function.args.args, *function.args.kwonlyargs) if each.annotation)
    return {name for each in arguments for name in re.findall(r"\w+", ast.unparse(each))}


def calls_in(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """What is called in a tree, and what it is given, as they are written."""
    calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
    return ((ast.unparse(each.func), [ast.unparse(given) for given in each.args]) for each in calls)


def whole_call(statement: ast.stmt) -> tuple[str, list[str]]:
    """The call that is all of a statement, but for the name that its answer gets; nothing is `""`."""
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    call = value.value if isinstance(value, ast.Await) else value
    return next(calls_in(call)) if isinstance(call, ast.Call) else ("", [])


def bare_serials(function: Function) -> set[str]:
    """Its parameters that name a record without the workspace that it must be in."""
    arguments = (*function.args.args, *function.args.kwonlyargs)
    typed = ((each.arg, ast.unparse(each.annotation)) for each in arguments if each.annotation)
    return {name for name, type in typed if name in SERIALS and type in ("int", "int | None")}


def serials_handed_on(file: Path) -> Iterator[tuple[Function, str, str]]:
    """By which function, to which parameter of the domain or the store, and how it is written."""
    known = names_known(file)
    for function in functions(tree(file)):
        for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
            called = known.get(ast.unparse(call.func))
            if called is None:
                continue
            by_place = dict(zip((each.arg for each in called.args.args), call.args, strict=False))
            given = by_place | {each.arg: each.value for each in call.keywords if each.arg}
            for name in bare_serials(called) & given.keys():
                yield function, f"{ast.unparse(call.func)}({name})", ast.unparse(given[name])


def names_known(file: Path) -> dict[str, Function]:
    """The functions of the domain and the store as this file calls them: its own, and those that it imports."""
    found = {}
    if file.is_relative_to(SOURCE / "domain"):
        found = {each.name: each for each in (*public_functions(file), *private_functions(file))}
    for statement in (each for each in ast.walk(tree(file)) if isinstance(each, ast.ImportFrom)):
        folder = SOURCE / str(statement.module).removeprefix("maquette.").replace(".", "/")
        for imported in statement.names:
            name = imported.asname or imported.name
            if folder.name in ("domain", "store"):
                found |= {f"{name}.{each.name}": each for each in public_functions(folder / f"{imported.name}.py")}
            elif folder.parent.name in ("domain", "store"):
                of_it = public_functions(folder.with_suffix(".py"))
                found.update((name, each) for each in of_it if each.name == imported.name)
    return found


def is_looked_up(serial: str, function: Function, file: Path) -> bool:
    """Whether it is a record's, has just been made, or is the function's own, whose callers are asked the same."""
    if OF_A_RECORD.fullmatch(serial):
        return True
    if not file.is_relative_to(SOURCE / "domain"):
        return False
    makes = (
        each.targets[0]
        for each in ast.walk(function)
        if isinstance(each, ast.Assign) and whole_call(each)[0].rpartition(".")[2] in MADE
    )
    return serial in bare_serials(function) | {ast.unparse(each) for each in makes}


def begins_by_asking(file: Path, verb: Function) -> bool:
    """`actor.require(Permission.X)`, or a helper beside it that is told to require that."""
    match whole_call(statements_of(verb)[0]):
        case "actor.require", [permission]:
            return bool(PERMISSION.fullmatch(permission))
        case helper, ["tx", "actor", permission, *_]:
            beside = {each.name: each for each in private_functions(file)}
            return bool(PERMISSION.fullmatch(permission)) and asks_before_it_writes(beside.get(helper))
    return False


def asks_before_it_writes(helper: Function | None) -> bool:
    """`actor.require(permission)` with its third parameter, after nothing but locking and reading."""
    if helper is None or ["tx", "actor", "permission"] != [each.arg for each in helper.args.args[:3]]:
        return False
    for statement in statements_of(helper):
        if whole_call(statement) == ("actor.require", ["permission"]):
            return True
        called = {name.rpartition(".")[2] for name, _ in calls_in(statement)}
        if not whole_call(statement)[0] or not called <= LOCK_AND_READ:
            return False
    return False


def names_used(file: Path) -> set[str]:
    """All names that a file's code mentions."""
    return {node.id for node in ast.walk(tree(file)) if isinstance(node, ast.Name)}


def test_there_is_something_to_lint() -> None:
    """The lints below would say nothing of a domain or a store that they don't find."""
    assert {"domain/projects.create", "domain/brand_kits.remove", "domain/plans.put"} <= {
        said(each) for each in verbs()
    }
    assert {"store/projects.get", "store/credentials.revoke"} <= {said(each) for each in statements()}
    handed_on = {to for file in modules("domain") for _, to, _ in serials_handed_on(file)}
    assert {"projects.delete(serial)", "project_store.assign(user)", "events.enqueue(webhook)"} <= handed_on


@pytest.mark.parametrize("verb", verbs(), ids=said)
def test_a_verb_begins_by_asking_for_a_permission(verb: tuple[Path, Function]) -> None:
    """Before anything is written, and whoever calls it."""
    assert begins_by_asking(*verb)


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


@pytest.mark.parametrize("file", modules("domain", "dialects", "console"), ids=name_of)
def test_a_bare_serial_is_of_a_record_that_was_looked_up(file: Path) -> None:
    """What a caller names is never taken for a serial: that would be anybody's record, of any workspace."""
    handed_on = serials_handed_on(file)
    assert [] == [(to, serial) for by, to, serial in handed_on if not is_looked_up(serial, by, file)]


@pytest.mark.parametrize("file", modules("dialects"), ids=name_of)
def test_a_dialect_decides_nothing(file: Path) -> None:
    """Who may do what is the domain's to know: no dialect names a permission, nor a role but to spell it."""
    deciding = {"Permission", "Actor", "Call"} if name_of(file) in SPELLS_ROLES else {"Permission", "Role"}
    assert set() == deciding & names_used(file)
