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
    """A body, the future that its caller awaits, and its outcome so far."""

    body: Body[Any]
    future: "asyncio.Future[Any]"
    outcome: Any = None
    refusal: BaseException | None = None
    changes: list[Change] = []  # msgspec makes a new list for each instance


def run_batch(connection: apsw.Connection, batch: Sequence[QueuedWrite]) -> bool:
    """Run all bodies without savepoints. Returns False if one failed after changing rows: roll all of it back then."""
    cursor = connection.cursor()
    for queued in batch:
        written = connection.total_changes()
        if not _run_body(cursor, queued) and connection.total_changes() != written:
            return False
    return True


def run_in_savepoint(connection: apsw.Connection, queued: QueuedWrite) -> None:
    """Run one body of a batch in a savepoint, so that if it fails it alone is undone."""
    connection.execute("SAVEPOINT body")
    if not _run_body(connection.cursor(), queued):
        connection.execute("ROLLBACK TO body")
    connection.execute("RELEASE body")


def _run_body(cursor: apsw.Cursor, queued: QueuedWrite) -> bool:
    """Run one body from its start and store its outcome or refusal; returns whether it succeeded."""
    queued.refusal = None
    queued.changes.clear()
    try:
        queued.outcome = run_to_completion(queued.body, SqliteTransaction(cursor, queued.changes))
    except Exception as error:
        if not cursor.connection.in_transaction:  # SQLite rolled the whole batch back, as on a full disk
            raise
        queued.refusal = refusal(error)
        queued.changes.clear()
        return False
    return True


def failure_type(error: BaseException, committing: apsw.Connection | None) -> type[Unavailable]:
    """`Unavailable` if the batch certainly wasn't committed, else `Uncertain`.

    `committing` is the connection on which its COMMIT had begun, if it had. A COMMIT that failed on the way may have
    written the whole batch to the write-ahead log. The next batch overwrites it, but a server that is killed before
    that takes it for committed when it restarts. A transaction that is still open was not committed.
    """
    is_open = committing is None or committing.in_transaction
    return Unavailable if is_open or isinstance(error, SURELY_NOT_COMMITTED) else Uncertain


def refuse(batch: list[QueuedWrite], why: Unavailable) -> None:
    """Fail every caller. A body that was itself refused changed nothing, so its caller gets plain `Unavailable`."""
    for queued in batch:
        if not queued.future.done():
            kind = type(why) if queued.refusal is None else Unavailable
            queued.future.set_exception(kind(*why.args))
