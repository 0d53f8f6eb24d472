"""Passwords for the console, which people choose through links that work once.

A link comes by e-mail, with an accepted invitation, or from the operator. E-mails are sent outside of any transaction;
the sealed token is kept until the mail server has accepted the e-mail, or the link has expired.
"""

import hashlib
import logging
import secrets
from datetime import UTC, datetime

from maquette.domain.seal import Sealer
from maquette.model import text
from maquette.model.clock import DAY_MS, MINUTE_MS, Clock
from maquette.model.errors import Expired, Invalid, NotFound
from maquette.model.records import User
from maquette.outbound.mail import Email, Mailer, NotSent
from maquette.store import members, passwords, sessions
from maquette.store.database import Database, Transaction
from maquette.store.passwords import UnsentLink

PATH = "/password"
MIN_LENGTH, MAX_LENGTH = 12, 200
"""In characters. NIST SP 800-63B asks for a length, and for no mixture of kinds of characters."""

LASTS_MS, MAILED_LASTS_MS = DAY_MS, 60 * MINUTE_MS
"""How long the operator's links and those of invitations work, and how long e-mailed ones do."""

MAX_LINKS = 5
"""How many links of one person work at once, so that nobody's mailbox can be flooded."""

BATCH_SIZE, PAUSE_MS = 20, MINUTE_MS
_TOKEN_BYTES = 32
_SUBJECT = "Choose a password"
_TEXT = """\
Somebody, probably you, asked to choose a new password for {email}.

To choose one, open this page:

{link}

The link works once, until {until:%Y-%m-%d %H:%M} UTC. If you didn't ask for it, there is nothing to do.
"""

log = logging.getLogger("maquette")


def require_acceptable(password: str, repeated: str, user: User) -> None:
    """Raise `Invalid` for a password that is too short or long, easily guessed, or not repeated."""
    problem = None
    if len(password) < MIN_LENGTH:
        problem = f"must have at least {MIN_LENGTH} characters"
    elif len(password) > MAX_LENGTH:
        problem = f"must have at most {MAX_LENGTH} characters"
    elif not text.is_storable(password):
        problem = "must not hold NUL"
    elif len(set(password)) < MIN_LENGTH // 3 or text.fold(password) in (user.email, user.email.partition("@")[0]):
        problem = "is too easily guessed"
    if problem:
        raise Invalid({"password": [problem]})
    if password != repeated:
        raise Invalid({"repeated": ["must be the same as the password"]})


async def credentials_of(tx: Transaction, email: str) -> tuple[User, str] | None:
    """The person of that address, and the hash of their password; None if there is no such person or password."""
    user = await members.user_by_email(tx, text.fold(email.strip()))
    password_hash = await passwords.hash_of(tx, user.serial) if user else None
    return (user, password_hash) if user and password_hash else None


async def has_password(tx: Transaction, user: User) -> bool:
    """Whether the person has chosen a password."""
    return await passwords.hash_of(tx, user.serial) is not None


async def issue_link(tx: Transaction, user: User, *, now_ms: int) -> str:
    """A new link's token, for whoever has made sure who the person is."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await passwords.insert_link(
        tx, user=user.serial, token_hash=_hash(token), token_sealed=None, expires_at=now_ms + LASTS_MS, now_ms=now_ms
    )
    return token


async def issue_link_to(tx: Transaction, email: str, *, now_ms: int) -> str:
    """A new link's token, for the operator to hand on. Raises `NotFound`."""
    user = await members.user_by_email(tx, text.fold(email.strip()))
    if user is None:
        raise NotFound("person with that address")
    return await issue_link(tx, user, now_ms=now_ms)


async def request_link(tx: Transaction, email: str, sealer: Sealer, *, now_ms: int) -> None:
    """E-mail a link to an active member of some workspace. Nobody is told whether there is one of that address."""
    user = await members.user_by_email(tx, text.fold(email.strip()))
    if user is None or not await sessions.memberships(tx, user.serial):
        return
    if await passwords.count_links(tx, user.serial, now_ms) >= MAX_LINKS:
        return
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await passwords.insert_link(
        tx,
        user=user.serial,
        token_hash=_hash(token),
        token_sealed=sealer.seal(token),
        expires_at=now_ms + MAILED_LASTS_MS,
        now_ms=now_ms,
    )


async def open_link(tx: Transaction, token: str, *, now_ms: int) -> User:
    """Whose password the link sets. Raises `Expired` for one that was used, is too old, or never was."""
    user = await passwords.user_by_link(tx, _hash(token), now_ms)
    if user is None:
        raise Expired("link")
    return user


async def set_by_link(tx: Transaction, token: str, password_hash: str, *, now_ms: int) -> User:
    """Set the password by its hash. All of the person's links and sessions end. Raises `Expired`."""
    user = await open_link(tx, token, now_ms=now_ms)
    if not await passwords.take_link(tx, _hash(token)):  # another call has just used it
        raise Expired("link")
    await _put(tx, user, password_hash, now_ms)
    return user


async def change(tx: Transaction, user: User, password_hash: str, *, session: int, now_ms: int) -> None:
    """Set the password of somebody who has proved the old one. All of their links and other sessions end."""
    await _put(tx, user, password_hash, now_ms, session)


async def send_due(database: Database, clock: Clock, sealer: Sealer, mailer: Mailer, public_url: str) -> None:
    """Send the e-mails that are due; a failed one is retried each minute. Raises `Unavailable`."""
    now_ms = clock.now_ms()
    if not await database.read(lambda tx: passwords.is_any_due(tx, now_ms)):
        return
    for link in await database.write(lambda tx: _claim(tx, now_ms)):
        try:
            await mailer.send(_email(link, f"{public_url}{PATH}/{sealer.open(link.token_sealed)}"))
        except NotSent as error:
            log.warning("the password link for %s is not sent yet: %s", link.email, error)
        else:
            await _mark_sent(database, link)


async def _put(tx: Transaction, user: User, password_hash: str, now_ms: int, session: int | None = None) -> None:
    await passwords.put(tx, user.serial, password_hash, now_ms)
    await passwords.delete_links(tx, user.serial)
    await sessions.delete_of_user(tx, user.serial, but=session)


async def _claim(tx: Transaction, now_ms: int) -> list[UnsentLink]:
    """Claim e-mails to send by rescheduling them first: after a crash, they are due again after the pause."""
    found = await passwords.unsent(tx, now_ms=now_ms, limit=BATCH_SIZE)
    return [link for link in found if await passwords.reschedule(tx, link, now_ms + PAUSE_MS, now_ms=now_ms)]


async def _mark_sent(database: Database, link: UnsentLink) -> None:
    await database.write(lambda tx: passwords.mark_sent(tx, link.serial))


def _email(link: UnsentLink, url: str) -> Email:
    until = datetime.fromtimestamp(link.expires_at / 1000, UTC)
    return Email(link.email, _SUBJECT, _TEXT.format(email=link.email, link=url, until=until))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
