"""What do server, worker and commands all need? The migrated store, and the key that its secrets are sealed with.

Commands need no more than this, so neither `dialects` nor `outbound` is imported here (decision 28).
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maquette.domain.seal import Sealer, first_sealer, known_sealer, require_same
from maquette.model.clock import Clock
from maquette.settings import Settings
from maquette.store.database import Database, open_database

FIRST_MIGRATION = "0001_"
"""Where this one was applied, the database was new and nothing was upgraded."""

log = logging.getLogger("maquette")


@asynccontextmanager
async def open_store(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Database, Sealer]]:
    """Open and migrate the store, and yield it with its sealer. A sealing key is made only for a store that has none.

    Raises `WrongSealingKey` for a database whose secrets were sealed with another key, or with one that is missing.
    """
    known = known_sealer(key=settings.secret_key, file=settings.key_file())
    database = open_database(url=settings.database_url, data=settings.data)
    try:
        applied = await database.migrate(clock.now_ms())
        if applied and not applied[0].startswith(FIRST_MIGRATION):
            log.info("the database was brought up to date: %s", ", ".join(applied))
        sealer = known or await first_sealer(database, settings.key_file())
        await database.write(lambda tx: require_same(tx, sealer))
        yield database, sealer
    finally:
        await database.close()
