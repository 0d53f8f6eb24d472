"""Bringing a PostgreSQL database up to this release: all pending steps in one transaction, or none."""

import logging
from typing import Any

from maquette.store.migrations import Migration, pending

MIGRATION_LOCK = 7_274_103
MIGRATION_S = 3600
SEARCH_INDEX = "SELECT to_regclass('projects_search_name') IS NOT NULL"
NO_SEARCH_INDEX = (
    "searches read every row: PostgreSQL's extension pg_trgm was missing, or not ours to create, when this database was"
    " brought up to date (docs/performance.md says how to add the index)"
)

log = logging.getLogger("maquette.store")


async def upgrade(connection: Any, now_ms: int) -> list[str]:
    """Apply the pending steps in the present transaction, one node at a time; their names."""
    await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK, timeout=MIGRATION_S)
    steps = await _pending(connection)
    for step in steps:
        await _apply(connection, step, now_ms)
    if not await connection.fetchval(SEARCH_INDEX):
        log.warning(NO_SEARCH_INDEX)
    return [step.name for step in steps]


async def _apply(connection: Any, step: Migration, now_ms: int) -> None:
    await connection.execute(step.sql, timeout=MIGRATION_S)
    await connection.execute(
        "INSERT INTO migrations (number, name, applied_at) VALUES ($1, $2, $3)", step.number, step.name, now_ms
    )


async def _pending(connection: Any) -> list[Migration]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
    )
    return pending("postgres", {row[0] for row in await connection.fetch("SELECT number FROM migrations")})
