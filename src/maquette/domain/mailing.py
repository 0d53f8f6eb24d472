"""Sends e-mails whose links are sealed in the store until a mail server has accepted them."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from maquette.outbound.mail import Email, Mailer, NotSent
from maquette.store.database import Database, Transaction

log = logging.getLogger("maquette")


class Unsent(Protocol):
    """A row with an e-mail to send; it has been rescheduled, so after a crash it is due again."""

    @property
    def serial(self) -> int:
        """The row's."""
        ...


U = TypeVar("U", bound=Unsent)


async def send_all(
    database: Database,
    mailer: Mailer,
    unsent: Iterable[U],
    email_of: Callable[[U], Email],
    mark_sent: Callable[[Transaction, int], Awaitable[None]],
) -> None:
    """Send each, outside of any transaction, and mark it as sent. One that isn't accepted stays due for later."""
    for row in unsent:
        email = email_of(row)
        try:
            await mailer.send(email)
        except NotSent as error:
            log.warning("the e-mail to %s is not sent yet: %s", email.to, error)
        else:
            await _mark(database, row.serial, mark_sent)


async def _mark(database: Database, serial: int, mark_sent: Callable[[Transaction, int], Awaitable[None]]) -> None:
    async def body(tx: Transaction) -> None:
        await mark_sent(tx, serial)

    await database.write(body)
