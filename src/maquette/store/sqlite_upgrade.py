"""How is the embedded store's file migrated? Step by step, after a backup of what it held."""

import logging
from pathlib import Path

import apsw

from maquette.store.migrations import Migration, pending
from maquette.store.sqlite_copy import copy

BUSY_MS = 60_000
"""How long to wait for another process that is migrating the file."""

log = logging.getLogger("maquette.store")


def upgrade(connection: apsw.Connection, path: Path, now_ms: int, *, vfs: str | None = None) -> list[str]:
    """Apply the pending steps, each in a transaction of its own; returns their names.

    A database that holds data is backed up first, under the write lock, so that nobody writes between the backup and
    the first step. A second process waits for that lock, and finds nothing left to do.
    """
    applied: list[str] = []
    while _pending(connection):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in _pending(connection)[:1]:
                if step.number > 1 and not applied:
                    _back_up(path, path.with_name(f"{path.stem}-before-{step.name}.db"), vfs)
                _apply(connection, step, now_ms)
                applied.append(step.name)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    return applied


def _back_up(path: Path, target: Path, vfs: str | None) -> None:
    copy(path, target, vfs=vfs, rest=0)
    log.info("the database is brought up to date; as it was before, it is kept in %s", target)


def _apply(connection: apsw.Connection, step: Migration, now_ms: int) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    connection.execute(step.sql).fetchall()
    connection.execute(
        "INSERT INTO migrations (number, name, applied_at) VALUES (?1, ?2, ?3)", (step.number, step.name, now_ms)
    )


def _pending(connection: apsw.Connection) -> list[Migration]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").fetchall():
        return pending("sqlite", set())
    return pending("sqlite", {number for (number,) in connection.execute("SELECT number FROM migrations")})
