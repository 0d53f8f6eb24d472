"""What does every program of ours stand on? The store, brought up to date, and the key that opens its secrets.

Commands need no more than this, so it imports neither the dialects nor the ways out.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maquette.domain.seal import Sealer, first_sealer, known_sealer, require_same
from maquette.model.clock import Clock
from maquette.settings import Settings
from maquette.store.database import Database, open_database

FIRST_STEP = "0001_"
"""What a new database begins with: there was nothing to bring up to date."""

log = logging.getLogger("maquette")


@asynccontextmanager
async def open_store(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Database, Sealer]]:
    """The migrated store and the sealer that its secrets need; a new key is made for a new store alone.

    Raises `WrongSealingKey` for a database whose secrets were sealed with another key, or with one that is missing.
    """
    known = known_sealer(key=settings.secret_key, file=settings.key_file())
    database = open_database(url=settings.database_url, data=settings.data)
    try:
        applied = await database.migrate(clock.now_ms())
        if applied and not applied[0].startswith(FIRST_STEP):
            log.info("the database was brought up to date: %s", ", ".join(applied))
        seal = known or await first_sealer(database, settings.key_file())
        await database.write(lambda tx: require_same(tx, seal))
        yield database, seal
    finally:
        await database.close()
