"""What do all commands that use the store share? Its options, a transaction in it, and how to print the result."""

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
TABLE_WIDTH = 1_000
"""So wide that no id is cut: they are there to be copied."""

console = Console(emoji=False)
Body = Callable[[Transaction, "CommandContext"], Coroutine[Any, Any, T]]


class Absent(Exception):
    """Something that was named doesn't exist, such as `workspace acme`; `known` are those that do."""

    def __init__(self, what: str, known: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.known = known


class CommandContext:
    """What a command's body is given besides its transaction."""

    def __init__(self, sealer: Sealer, now_ms: int) -> None:
        self.sealer = sealer
        self.now_ms = now_ms


def store_options(command: F) -> F:
    """Decorate a command with the store's options and `--json`; it is called with `settings` and `as_json`."""

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


def run_in_store(settings: Settings, body: Body[T], *, may_create: bool = False) -> T:
    """Run one transaction in the store. A refusal, or a missing embedded store, ends the command with a sentence.

    With `may_create`, an embedded store that is missing is created instead.
    """
    if not (settings.database_url or may_create):
        require_store(settings.data)

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
    """Log to stderr during the block: that a key was made, an upgrade, a warning."""
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
    """The embedded store's file. Where there is none, the command ends: it may be the wrong folder."""
    store = embedded_file(data)
    if not store.is_file():
        fail(f"There is no store in {data.absolute()}; give --data.")
    return store


async def operator_of(tx: Transaction, slug: str) -> Actor:
    """The operator as an actor in the workspace of that slug. Raises `Absent`."""
    from maquette.domain import workspaces

    try:
        return operator((await workspaces.by_slug(tx, slug)).serial)
    except NotFound as error:
        raise Absent(f"workspace {slug}") from error


def print_result(as_json: bool, answer: Mapping[str, Any], text: str) -> None:
    """Print the answer as JSON, else the text."""
    if as_json:
        sys.stdout.write(json.dumps(dict(answer)) + "\n")
    else:
        console.print(text, highlight=False, soft_wrap=True)


def print_table(as_json: bool, name: str, rows: Sequence[Mapping[str, Any]], if_empty: str | None = None) -> None:
    """Print the rows as JSON under that name, else as a table; `if_empty` is the text for no rows."""
    if as_json:
        sys.stdout.write(json.dumps({name: [dict(row) for row in rows]}) + "\n")
        return
    if not rows:
        console.print(if_empty or f"There are no {name} yet.", highlight=False, soft_wrap=True)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in rows[0]:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*("–" if value is None else escape(str(value)) for value in row.values()))
    Console(emoji=False, width=TABLE_WIDTH).print(table, soft_wrap=True)


def format_time(at_ms: int | None) -> str | None:
    """The time as ISO 8601 in UTC, in whole seconds."""
    return None if at_ms is None else f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def sentence(refusal: Refusal) -> str:
    """A refusal in the words of the command line."""
    if isinstance(refusal, Invalid):
        problems = [(_OPTIONS.get(field, f"The {field}"), texts) for field, texts in refusal.problems.items()]
        return " ".join(f"{subject} {text}." for subject, texts in problems for text in texts)
    words = next((words for kind, words in _SENTENCES.items() if isinstance(refusal, kind)), "{reason}")
    return words.format_map({**vars(refusal), "reason": refusal})


def key_sentence(error: WrongSealingKey) -> str:
    """Why the sealing key doesn't fit, and what to do, in the words of the command line."""
    if isinstance(error, MissingSealingKey):
        file = error.file.absolute()
        words = f"There is no {file.name} in {file.parent}: put the one there that belongs to this store, or"
    else:
        words = "This store was sealed with another key:"
    return f"{words} give --secret-key or --secret-key-file."


def _place(settings: Settings) -> str:
    return "this database" if settings.database_url else str(settings.data.absolute())


_OPTIONS = {"expires_at": "--expires", "overlap_seconds": "--overlap-s"}
"""The option that sets a field, where it has another name."""

_SENTENCES = {
    NotFound: "There is no such {kind}.",
    UnknownReference: "The {kind} named in {field} does not exist.",
    NotInPlan: "The {plan} plan doesn't include {feature}.",
    LastOwner: "The last owner can't go: make somebody else an owner first.",
    Unavailable: "The store can't be used: {reason}",
}


def command_name() -> str:
    """What to type for another command: `maquette`, or this one's path where the name is another program or none."""
    called, known = Path(sys.argv[0]), which(NAME)
    if called.name != NAME or not called.is_file() or (known and called.samefile(known)):
        return NAME
    return shlex.quote(str(called))


def store_arguments(settings: Settings) -> str:
    """The options that make another command use the same store, each after a blank, and escaped for Rich."""
    key = f" --secret-key-file {shlex.quote(str(settings.secret_key_file))}" if settings.secret_key_file else ""
    store = " --database-url …" if settings.database_url else f" --data {shlex.quote(str(settings.data))}"
    return escape(store + key)


def public_url_argument(settings: Settings) -> str:
    """The option by which another command makes links to this server, after a blank, and escaped for Rich."""
    url = settings.base_url()
    return "" if url == Settings().base_url() else escape(f" --public-url {shlex.quote(url)}")


def fail(text: str) -> NoReturn:
    """Print the text to stderr and end the command with status 1."""
    Console(stderr=True).print(f"[red]{escape(text)}[/]", highlight=False, soft_wrap=True)
    raise SystemExit(1)
