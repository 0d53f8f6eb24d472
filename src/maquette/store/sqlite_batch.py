"""How do the bodies of one batch share a transaction? Back to back; as savepoints once one has failed (decision 22)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import apsw
from msgspec import Struct

from maquette.model.errors import Unavailable, Uncertain
from maquette.store.database import Body, Change
from maquette.store.sqlite_file import SURELY_NOT_COMMITTED
from maquette.store.sqlite_transaction import SqliteTransaction, refusal, run_to_completion


class QueuedWrite(Struct):
    """A body, the future that its caller awaits, and what has come of it so far."""

    body: Body[Any]
    future: "asyncio.Future[Any]"
    outcome: Any = None
    refusal: BaseException | None = None
    changes: list[Change] = []  # msgspec gives each its own


def run_batch(connection: apsw.Connection, batch: Sequence[QueuedWrite]) -> bool:
    """Run all bodies, with nothing in hand to undo one of them; False where one failed after it had written."""
    cursor = connection.cursor()
    for queued in batch:
        written = connection.total_changes()
        if not _run_body(cursor, queued) and connection.total_changes() != written:
            return False
    return True


def run_in_savepoint(connection: apsw.Connection, queued: QueuedWrite) -> None:
    """Run one body of a batch as a savepoint; where it fails, it alone is undone."""
    connection.execute("SAVEPOINT body")
    if not _run_body(connection.cursor(), queued):
        connection.execute("ROLLBACK TO body")
    connection.execute("RELEASE body")


def _run_body(cursor: apsw.Cursor, queued: QueuedWrite) -> bool:
    """Run one body from its start, and keep what came of it."""
    queued.refusal = None
    queued.changes.clear()
    try:
        queued.outcome = run_to_completion(queued.body, SqliteTransaction(cursor, queued.changes))
    except Exception as error:
        if not cursor.connection.in_transaction:  # the engine gave up the whole batch, as on a full disk
            raise
        queued.refusal = refusal(error)
        queued.changes.clear()
        return False
    return True


def failure_type(error: BaseException, ending: apsw.Connection | None) -> type[Unavailable]:
    """Which failure that is for the batch, whose COMMIT had begun on this connection, or hadn't.

    Where it broke off, all of the batch may be in the log. The next batch overwrites that, but a server that is killed
    before takes it for committed when it comes back. While its transaction is open, it isn't.
    """
    is_open = ending is None or ending.in_transaction
    return Unavailable if is_open or isinstance(error, SURELY_NOT_COMMITTED) else Uncertain


def refuse(batch: list[QueuedWrite], why: Unavailable) -> None:
    """Tell each of it; a body that was refused has changed nothing, whatever became of the others."""
    for queued in batch:
        if not queued.future.done():
            kind = type(why) if queued.refusal is None else Unavailable
            queued.future.set_exception(kind(*why.args))
