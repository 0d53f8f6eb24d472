"""What runs periodically in the background? Writing counts, purging old rows, sending e-mails, sweeping up files."""

import asyncio
import logging

from maquette.domain import invitations, passwords
from maquette.domain.deliveries import KEPT_MS
from maquette.domain.services import Services
from maquette.model.clock import DAY_MS
from maquette.model.errors import Unavailable
from maquette.outbound import mail
from maquette.store import deliveries, idempotency
from maquette.store import passwords as password_store
from maquette.store import sessions as session_store
from maquette.store.database import Transaction

EVERY_S = 1.0
BETWEEN_S = 0.01
"""The pause between two purges, in which other writers get their turn."""

SWEEP_FIRST_S = 60.0
SWEEP_EVERY_S = 3600.0
PURGE_BATCH_SIZE = 1_000
PURGE_DELIVERIES_BATCH_SIZE = 100
"""Smaller, because a delivery may have attempts of 64 KiB each."""

log = logging.getLogger("maquette")


async def keep_house(services: Services) -> None:
    """Purge old rows each second until cancelled; errors are logged."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await tidy(services)
        except Unavailable as error:
            log.warning("the store is unavailable, housekeeping goes on: %s", error)
        except Exception:
            log.exception("housekeeping failed, and goes on")


async def keep_counts(services: Services) -> None:
    """Write counts each second until cancelled; a task of its own, since purging may take long."""
    while True:
        await asyncio.sleep(EVERY_S)
        await write_counts(services)


async def keep_mailing(services: Services) -> None:
    """Send e-mails until cancelled; a task of its own, since a mail server may be slow."""
    while not mail.is_cancelled():
        await asyncio.sleep(EVERY_S)
        for send_due in (invitations.send_due, passwords.send_due):
            try:
                await send_due(services.database, services.clock, services.sealer, services.mailer, services.public_url)
            except Unavailable as error:
                log.warning("the store is unavailable, e-mails wait: %s", error)
            except Exception:
                log.exception("sending e-mails failed, and goes on")


async def keep_sweeping(services: Services) -> None:
    """Remove files that no row refers to, until cancelled; crashes and aborted uploads leave some."""
    wait_s = SWEEP_FIRST_S
    while True:
        await asyncio.sleep(wait_s)
        wait_s = SWEEP_EVERY_S
        try:
            if swept := await services.files.sweep():
                log.info("swept up %d files without a row", swept)
        except Unavailable as error:
            log.warning("the store is unavailable, files without a row stay: %s", error)
        except Exception:
            log.exception("sweeping up files failed, and goes on")


async def write_counts(services: Services) -> None:
    """Write the call counts, and settle the months; what fails is logged, and tried again next time."""
    for write in (services.calls.flush, services.admission.months.settle):
        try:
            await write()
        except Unavailable as error:
            log.warning("the store is unavailable, counts wait: %s", error)
        except Exception:
            log.exception("writing counts failed, and goes on")


async def tidy(services: Services) -> None:
    """Purge what is old, once."""
    await purge_answers(services)
    await purge_deliveries(services)
    await purge_sessions(services)


async def purge_answers(services: Services) -> None:
    """Delete idempotent responses that are older than a day, a thousand in a transaction."""
    before = services.clock.now_ms() - DAY_MS

    async def body(tx: Transaction) -> int:
        return await idempotency.purge(tx, before_ms=before, limit=PURGE_BATCH_SIZE)

    while await services.database.write(body) == PURGE_BATCH_SIZE:
        await asyncio.sleep(0)


async def purge_deliveries(services: Services) -> None:
    """Delete deliveries that ended 30 days ago, or were due then at a disabled endpoint, and those of removed ones.

    At most a hundred in a transaction, so that it doesn't block other writers for long.
    """
    before = services.clock.now_ms() - KEPT_MS

    limit = PURGE_DELIVERIES_BATCH_SIZE

    async def body(tx: Transaction) -> int:
        return (
            await deliveries.purge(tx, before_ms=before, limit=limit)
            or await deliveries.purge_waiting(tx, before_ms=before, limit=limit)
            or await deliveries.purge_removed(tx, limit=limit)
        )

    while await services.database.write(body):
        await asyncio.sleep(BETWEEN_S)


async def purge_sessions(services: Services) -> None:
    """Delete expired sessions and password links, a thousand in a transaction."""
    now_ms = services.clock.now_ms()

    async def body(tx: Transaction) -> int:
        return max(
            await session_store.purge(tx, now_ms=now_ms, limit=PURGE_BATCH_SIZE),
            await password_store.purge_links(tx, now_ms=now_ms, limit=PURGE_BATCH_SIZE),
        )

    while await services.database.write(body) == PURGE_BATCH_SIZE:
        await asyncio.sleep(BETWEEN_S)
