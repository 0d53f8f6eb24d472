"""How do the bodies of one batch share a transaction? Back to back; as savepoints once one has failed (decision 22)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import apsw
from msgspec import Struct

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.database import Body, Change
from maquette.store.sqlite_bodies import SqliteTransaction, carried_out, refusal
from maquette.store.sqlite_file import CERTAIN


class Waiting(Struct):
    """A body, who waits for it, and what has come of it so far."""

    body: Body[Any]
    answer: "asyncio.Future[Any]"
    outcome: Any = None
    refusal: BaseException | None = None
    changes: list[Change] = []  # msgspec gives each its own


def all_went_well(connection: apsw.Connection, batch: Sequence[Waiting]) -> bool:
    """Run all bodies, with nothing in hand to undo one of them; False where one failed after it had written."""
    cursor = connection.cursor()
    for waiting in batch:
        written = connection.total_changes()
        if not _carry_out(cursor, waiting) and connection.total_changes() != written:
            return False
    return True


def try_alone(connection: apsw.Connection, waiting: Waiting) -> None:
    """Run one body of a batch as a savepoint; where it fails, it alone is undone."""
    connection.execute("SAVEPOINT body")
    if not _carry_out(connection.cursor(), waiting):
        connection.execute("ROLLBACK TO body")
    connection.execute("RELEASE body")


def _carry_out(cursor: apsw.Cursor, waiting: Waiting) -> bool:
    """Run one body from its start, and keep what came of it."""
    waiting.refusal = None
    waiting.changes.clear()
    try:
        waiting.outcome = carried_out(waiting.body, SqliteTransaction(cursor, waiting.changes))
    except Exception as error:
        if not cursor.connection.in_transaction:  # the engine gave up the whole batch, as on a full disk
            raise
        waiting.refusal = refusal(error)
        waiting.changes.clear()
        return False
    return True


def kind_of(error: BaseException, ending: apsw.Connection | None) -> type[Unavailable]:
    """What that is for the batch, whose COMMIT had begun on this connection, or hadn't.

    Where it broke off, all of the batch may be in the log. The next batch overwrites that, but a server that is killed
    before takes it for committed when it comes back. While its transaction is open, it isn't.
    """
    is_open = ending is None or ending.in_transaction
    return Unavailable if is_open or isinstance(error, CERTAIN) else Uncertain


def refuse(batch: list[Waiting], why: Unavailable) -> None:
    """Tell each of it; a body that was refused has changed nothing, whatever became of the others."""
    for waiting in batch:
        if not waiting.answer.done():
            kind = type(why) if waiting.refusal is None else Unavailable
            waiting.answer.set_exception(kind(*why.args))
