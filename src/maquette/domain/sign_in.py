"""Who says that they are whom? Passwords are compared, and those who keep guessing are held up."""

import logging

from maquette.domain import members, passwords
from maquette.domain.login_throttle import network_of
from maquette.domain.services import Services
from maquette.model.errors import Unauthenticated
from maquette.model.records import User

MAX_LOGGED = 100

log = logging.getLogger("maquette")


async def prove(services: Services, email: str, password: str, *, address: str) -> tuple[User, str]:
    """The person whose password it is, and its hash, by which a transaction can tell whether it still is.

    Failures are counted by network and by account; unknown people take as long as wrong passwords. Raises
    `Unauthenticated`, `TooManyFailures`, `Overloaded`.
    """
    network, account = network_of(address), members.folded_address(email)
    services.login_throttle.require_allowed(network)
    services.account_throttle.require_allowed(account)
    found = await services.database.read(lambda tx: passwords.credentials_of(tx, email))
    given = password[: passwords.MAX_LENGTH + 1]
    is_right = await services.password_hasher.matches(found[1] if found else None, given, source=network)
    if found is None or not is_right:
        services.login_throttle.record_failure(network)
        services.account_throttle.record_failure(account)
        log.info("%r didn't prove who they are, from %s", email[:MAX_LOGGED], address)
        raise Unauthenticated
    return found


def request_link(services: Services, email: str, *, address: str) -> None:
    """Have a password link e-mailed, in the background: nobody is told whether there is such a person.

    Raises `TooManyFailures` after too many requests, `Overloaded`.
    """
    sources = (f"link {network_of(address)}", f"link {members.folded_address(email)}")
    services.login_throttle.require_allowed(*sources)
    services.login_throttle.record_failure(*sources)
    services.background.start("making a password link", _request_link(services, email))


async def _request_link(services: Services, email: str) -> None:
    """Without a mail server none is made: whoever reads the log could use it."""
    if not services.mailer.reaches_people:
        log.info("%r asks for a password: hand them a link of `maquette member password-link`", email[:MAX_LOGGED])
        return
    now_ms = services.clock.now_ms()
    await services.database.write(lambda tx: passwords.request_link(tx, email, services.sealer, now_ms=now_ms))
