"""Who says that they are whom? Passwords are compared, and those who keep guessing are held up."""

from maquette.domain import members, passwords
from maquette.domain.login_throttle import LoginThrottle, network_of
from maquette.domain.password_hasher import PasswordHasher
from maquette.model.errors import Unauthenticated
from maquette.model.records import User
from maquette.store.database import Database


async def prove(
    database: Database,
    throttle: LoginThrottle,
    account_throttle: LoginThrottle,
    hasher: PasswordHasher,
    email: str,
    password: str,
    *,
    address: str,
) -> tuple[User, str]:
    """The person whose password it is, and its hash, by which a transaction can tell whether it still is.

    Failures are counted by network and by account; unknown people take as long as wrong passwords. Raises
    `Unauthenticated`, `TooManyFailures`, `Overloaded`.
    """
    network, account = network_of(address), members.folded_address(email)
    throttle.require_allowed(network)
    account_throttle.require_allowed(account)
    found = await database.read(lambda tx: passwords.credentials_of(tx, email))
    given = password[: passwords.MAX_LENGTH + 1]
    is_right = await hasher.matches(found[1] if found else None, given, source=network)
    if found is None or not is_right:
        throttle.record_failure(network)
        account_throttle.record_failure(account)
        raise Unauthenticated
    return found


def require_link_allowed(throttle: LoginThrottle, email: str, *, address: str) -> None:
    """Count a request for a link by e-mail. Raises `TooManyFailures` after too many."""
    sources = (f"link {network_of(address)}", f"link {members.folded_address(email)}")
    throttle.require_allowed(*sources)
    throttle.record_failure(*sources)
