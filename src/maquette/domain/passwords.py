"""Passwords for the console, which people choose through links that work once.

A link comes by e-mail, with an accepted invitation, or from the operator. E-mails are sent outside of any transaction;
the sealed token is kept until the mail server has accepted the e-mail, or the link has expired.
"""

from datetime import UTC, datetime

from maquette.domain import mailing
from maquette.domain.members import folded_address
from maquette.domain.seal import Sealer
from maquette.domain.tokens import new_token, token_hash
from maquette.model import text
from maquette.model.clock import DAY_MS, MINUTE_MS, Clock
from maquette.model.errors import Expired, Invalid, NotFound
from maquette.model.records import Member, User
from maquette.outbound.mail import Email, Mailer
from maquette.store import members, passwords, sessions
from maquette.store.database import Database, Transaction
from maquette.store.passwords import UnsentLink

PATH = "/password"
MIN_LENGTH, MAX_LENGTH = 12, 200
"""In characters. NIST SP 800-63B asks for a length, and for no mixture of kinds of characters."""

LASTS_MS, MAILED_LASTS_MS = DAY_MS, 60 * MINUTE_MS
"""How long the operator's links and those of invitations work, and how long e-mailed ones do."""

COMMON_WORDS = ("password", "passwort", "maquette", "qwerty", "qwertz", "abc", "letmein", "welcome", "admin", "secret")

MAX_LINKS = 5
"""How many e-mailed links of one person work at once, so that nobody's mailbox can be flooded."""

BATCH_SIZE, PAUSE_MS = 20, MINUTE_MS
_SUBJECT = "Choose a password"
_TEXT = """\
Somebody, probably you, asked to choose a new password for {email}.

To choose one, open this page:

{link}

The link works once, until {until:%Y-%m-%d %H:%M} UTC. If you didn't ask for it, there is nothing to do.
"""


def require_acceptable(password: str, confirmation: str, user: User) -> None:
    """Raise `Invalid` for a password that is too short or long, easily guessed, or not confirmed."""
    problem = None
    if len(password) < MIN_LENGTH:
        problem = f"must have at least {MIN_LENGTH} characters"
    elif len(password) > MAX_LENGTH:
        problem = f"must have at most {MAX_LENGTH} characters"
    elif not text.is_storable(password):
        problem = "must not hold NUL"
    elif _is_easily_guessed(password, user):
        problem = "is too easily guessed"
    if problem:
        raise Invalid({"password": [problem]})
    if password != confirmation:
        raise Invalid({"confirmation": ["differs from the password"]})


async def credentials_of(tx: Transaction, email: str) -> tuple[User, str] | None:
    """The person of that address, and the hash of their password; None if there is no such person or password."""
    user = await members.user_by_email(tx, folded_address(email))
    password_hash = await passwords.hash_of(tx, user.serial) if user else None
    return (user, password_hash) if user and password_hash else None


async def issue_link_to_newcomer(tx: Transaction, member: Member, *, now_ms: int) -> str | None:
    """A new link's token for somebody who has just accepted their first invitation and has no password; else None.

    An invitation isn't enough to open what they can do, or may come to do, in another workspace.
    """
    await passwords.lock_user(tx, member.serial)
    user = await members.user_by_email(tx, member.email)
    if user is None or await passwords.hash_of(tx, user.serial) or await members.count_of_user(tx, user.serial) > 1:
        return None
    return await issue_link(tx, user, now_ms=now_ms)


async def issue_link(tx: Transaction, user: User, *, now_ms: int) -> str:
    """A new link's token, for whoever has made sure who the person is."""
    return await _insert_link(tx, user, None, LASTS_MS, now_ms)


async def issue_link_to(tx: Transaction, email: str, *, now_ms: int) -> str:
    """A new link's token, for the operator to hand on. Raises `NotFound`."""
    user = await members.user_by_email(tx, folded_address(email))
    if user is None:
        raise NotFound("person with that address")
    return await issue_link(tx, user, now_ms=now_ms)


async def request_link(tx: Transaction, email: str, sealer: Sealer, *, now_ms: int) -> None:
    """E-mail a link to an active member of some workspace. Nobody is told whether there is one of that address."""
    user = await members.user_by_email(tx, folded_address(email))
    if user is None or not await sessions.memberships(tx, user.serial):
        return
    await passwords.lock_user(tx, user.serial)
    if await passwords.count_mailed_links(tx, user.serial, now_ms) < MAX_LINKS:
        await _insert_link(tx, user, sealer, MAILED_LASTS_MS, now_ms)


async def open_link(tx: Transaction, token: str, *, now_ms: int) -> User:
    """Whose password the link sets. Raises `Expired` for one that was used, is too old, or never was."""
    user = await passwords.user_by_link(tx, token_hash(token), now_ms)
    if user is None:
        raise Expired("link")
    return user


async def set_by_link(tx: Transaction, token: str, password_hash: str, *, now_ms: int) -> User:
    """Set the password by its hash. All of the person's links and sessions end. Raises `Expired`."""
    user = await open_link(tx, token, now_ms=now_ms)
    await passwords.put(tx, user.serial, password_hash, now_ms)  # first, since it serializes calls for one person
    if not await passwords.consume_link(tx, token_hash(token)):
        raise Expired("link")
    await _end_others(tx, user)
    return user


async def change(tx: Transaction, user: User, old_hash: str, password_hash: str, *, session: int, now_ms: int) -> None:
    """Set the password of somebody who has proved the old one. All of their links and other sessions end.

    Raises `Invalid` if the old one has been changed meanwhile.
    """
    if await passwords.lock_hash_of(tx, user.serial) != old_hash:
        raise Invalid({"current_password": ["is wrong"]})
    await passwords.put(tx, user.serial, password_hash, now_ms)
    await _end_others(tx, user, session)


async def send_due(database: Database, clock: Clock, sealer: Sealer, mailer: Mailer, public_url: str) -> None:
    """Send the e-mails that are due; a failed one is retried each minute. Raises `Unavailable`.

    Without a mail server none is: whoever reads the log could use the link.
    """
    now_ms = clock.now_ms()
    if not mailer.reaches_people or not await database.read(lambda tx: passwords.is_any_due(tx, now_ms)):
        return

    def email_of(link: UnsentLink) -> Email:
        return _email(link, f"{public_url}{PATH}/{sealer.open(link.token_sealed)}")

    due = await database.write(lambda tx: _claim(tx, now_ms))
    await mailing.send_all(database, mailer, due, email_of, passwords.mark_sent)


async def _insert_link(tx: Transaction, user: User, sealer: Sealer | None, lasts_ms: int, now_ms: int) -> str:
    """Add a link and return its token. With a sealer, the token waits to be e-mailed."""
    token = new_token()
    await passwords.insert_link(
        tx,
        user=user.serial,
        token_hash=token_hash(token),
        token_sealed=sealer.seal(token) if sealer else None,
        expires_at=now_ms + lasts_ms,
        now_ms=now_ms,
    )
    return token


async def _end_others(tx: Transaction, user: User, session: int | None = None) -> None:
    await passwords.delete_links(tx, user.serial)
    await sessions.delete_of_user(tx, user.serial, but=session)


def _is_easily_guessed(password: str, user: User) -> bool:
    """Whether little is left of it without common words, digits, the person's address and repetitions."""
    rest = text.fold(password)
    for word in (user.email, user.email.partition("@")[0], *COMMON_WORDS):
        rest = rest.replace(word, "")
    return len(rest.strip("0123456789!?._- ")) < MIN_LENGTH // 2 or len(set(rest)) < MIN_LENGTH // 3


async def _claim(tx: Transaction, now_ms: int) -> list[UnsentLink]:
    """Claim e-mails to send by rescheduling them first: after a crash, they are due again after the pause."""
    found = await passwords.unsent(tx, now_ms=now_ms, limit=BATCH_SIZE)
    return [link for link in found if await passwords.reschedule(tx, link, now_ms + PAUSE_MS, now_ms=now_ms)]


def _email(link: UnsentLink, url: str) -> Email:
    until = datetime.fromtimestamp(link.expires_at / 1000, UTC)
    return Email(link.email, _SUBJECT, _TEXT.format(email=link.email, link=url, until=until))
