"""What do all commands that look into the store share? Where it is, how to ask it, and how to tell what it said."""

import asyncio
import json
import logging
import shlex
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from shutil import which
from typing import Any, NoReturn, TypeVar

import rich_click as click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maquette.cli.options import DATABASE_URL
from maquette.domain.seal import MissingSealingKey, Sealer, WrongSealingKey
from maquette.model.actor import Actor, operator
from maquette.model.clock import SystemClock
from maquette.model.errors import Invalid, LastOwner, NotFound, NotInPlan, Refusal, Unavailable, UnknownReference
from maquette.settings import Settings
from maquette.store.database import Transaction, embedded_file

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

NAME = "maquette"
WIDEST = 1_000

console = Console(emoji=False)
Body = Callable[[Transaction, "CommandContext"], Coroutine[Any, Any, T]]


class Absent(Exception):
    """Something that was named and isn't there, such as `workspace acme`; `known` are those that are."""

    def __init__(self, what: str, known: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.known = known


class CommandContext:
    """What a command has at hand beside its transaction."""

    def __init__(self, sealer: Sealer, now_ms: int) -> None:
        self.sealer = sealer
        self.now_ms = now_ms


def store_options(command: F) -> F:
    """Adds where the store is, and `--json`; the command gets `settings` and `as_json`."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
    @click.option("--secret-key", envvar="MAQUETTE_SECRET_KEY", help="The sealing key, instead of a file.")
    @click.option(
        "--secret-key-file",
        type=click.Path(path_type=Path),
        envvar="MAQUETTE_SECRET_KEY_FILE",
        help="The sealing key's file.",
    )
    @click.option(
        "--database-url",
        type=DATABASE_URL,
        metavar="URL",
        envvar="MAQUETTE_DATABASE_URL",
        help="PostgreSQL instead of the embedded store.",
    )
    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="MAQUETTE_DATA",
        default=Path("data"),
        show_default=True,
        help="The folder of the embedded store.",
    )
    @wraps(command)
    def wrapped(
        data: Path,
        database_url: str | None,
        secret_key: str | None,
        secret_key_file: Path | None,
        **rest: Any,
    ) -> Any:
        settings = Settings(
            data=data, database_url=database_url, secret_key=secret_key, secret_key_file=secret_key_file
        )
        return command(settings=settings, **rest)

    return wrapped  # type: ignore[return-value]


def ask(settings: Settings, body: Body[T]) -> T:
    """Run one transaction on the store, which has to be there; a refusal ends the command with a sentence."""
    if not settings.database_url:
        require_store(settings.data)
    return begin(settings, body)


def begin(settings: Settings, body: Body[T]) -> T:
    """As `ask`; where there is no store yet, one is made."""

    async def run() -> T:
        from maquette.foundation import open_store

        clock = SystemClock()
        async with open_store(settings, clock) as (database, sealer):
            context = CommandContext(sealer, clock.now_ms())
            return await database.write(lambda tx: body(tx, context))

    try:
        with _logging_to_stderr():
            return asyncio.run(run())
    except WrongSealingKey as error:
        fail(key_sentence(error))
    except Absent as absent:
        known = f"; there are {', '.join(absent.known)}" if absent.known else ""
        fail(f"There is no {absent.what} in {_place(settings)}{known}.")
    except Refusal as refusal:
        fail(sentence(refusal))


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    """What the store says of itself meanwhile goes to the error stream: a key that was made, an upgrade, a worry."""
    logger, handler = logging.getLogger(NAME), logging.StreamHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def require_store(data: Path) -> Path:
    """The embedded store in the folder; where there is none, the command ends: it may be the wrong folder."""
    store = embedded_file(data)
    if not store.is_file():
        fail(f"There is no store in {data.absolute()}; give --data.")
    return store


async def operator_of(tx: Transaction, slug: str) -> Actor:
    """The operator, in the workspace of that slug. Raises `Absent`."""
    from maquette.domain import workspaces

    try:
        return operator((await workspaces.by_slug(tx, slug)).serial)
    except NotFound as error:
        raise Absent(f"workspace {slug}") from error


def tell(as_json: bool, answer: Mapping[str, Any], text: str) -> None:
    """Print the answer for a program, or the text for a person."""
    if as_json:
        sys.stdout.write(json.dumps(dict(answer)) + "\n")
    else:
        console.print(text, highlight=False, soft_wrap=True)


def tell_table(as_json: bool, name: str, rows: Sequence[Mapping[str, Any]], none: str | None = None) -> None:
    """Print a list for a program under its name, or as a table for a person; `none` says why there is nothing."""
    if as_json:
        sys.stdout.write(json.dumps({name: [dict(row) for row in rows]}) + "\n")
        return
    if not rows:
        console.print(none or f"There are no {name} yet.", highlight=False, soft_wrap=True)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in rows[0]:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*("–" if value is None else escape(str(value)) for value in row.values()))
    Console(emoji=False, width=WIDEST).print(table, soft_wrap=True)  # ids must be there to copy, whole


def shown(at_ms: int | None) -> str | None:
    """A time for a person or a program: ISO 8601, UTC, whole seconds."""
    return None if at_ms is None else f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def sentence(refusal: Refusal) -> str:
    """A refusal for the person at the command line."""
    if isinstance(refusal, Invalid):
        told = [(_OPTIONS.get(field, f"The {field}"), texts) for field, texts in refusal.problems.items()]
        return " ".join(f"{subject} {text}." for subject, texts in told for text in texts)
    words = next((words for kind, words in _SENTENCES.items() if isinstance(refusal, kind)), "{reason}")
    return words.format_map({**vars(refusal), "reason": refusal})


def key_sentence(error: WrongSealingKey) -> str:
    """Why the store stays closed, for the person at the command line."""
    if isinstance(error, MissingSealingKey):
        file = error.file.absolute()
        words = f"There is no {file.name} in {file.parent}: put the one there that belongs to this store, or"
    else:
        words = "This store was sealed with another key:"
    return f"{words} give --secret-key or --secret-key-file."


def _place(settings: Settings) -> str:
    return "this database" if settings.database_url else str(settings.data.absolute())


_OPTIONS = {"expires_at": "--expires", "overlap_seconds": "--overlap-s"}
"""What was typed, where that isn't the name of the field."""

_SENTENCES = {
    NotFound: "There is no such {kind}.",
    UnknownReference: "The {kind} named in {field} does not exist.",
    NotInPlan: "The {plan} plan doesn't include {feature}.",
    LastOwner: "The last owner can't go: make somebody else an owner first.",
    Unavailable: "The store can't be used: {reason}",
}


def command_name() -> str:
    """What to type for another command: the path that this one was called by, where the name alone leads elsewhere."""
    called, known = Path(sys.argv[0]), which(NAME)
    if called.name != NAME or not called.is_file() or (known and called.samefile(known)):
        return NAME
    return shlex.quote(str(called))


def where(settings: Settings) -> str:
    """What another command needs to be given to find the same store."""
    key = f" --secret-key-file {shlex.quote(str(settings.secret_key_file))}" if settings.secret_key_file else ""
    store = " --database-url …" if settings.database_url else f" --data {shlex.quote(str(settings.data))}"
    return escape(store + key)


def fail(text: str) -> NoReturn:
    """End the command with status 1."""
    Console(stderr=True).print(f"[red]{escape(text)}[/]", highlight=False, soft_wrap=True)
    raise SystemExit(1)
