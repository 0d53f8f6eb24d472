"""What do the dialects share in one process? Built once by the composition root, passed to every dialect."""

from dataclasses import dataclass

from maquette.domain.admission import Admission
from maquette.domain.background import BackgroundTasks
from maquette.domain.calls import CallCounter
from maquette.domain.files import Files
from maquette.domain.identities import Identities
from maquette.domain.login_throttle import LoginThrottle
from maquette.domain.password_hasher import PasswordHasher
from maquette.domain.seal import Sealer
from maquette.domain.senders import Sender
from maquette.model.clock import Clock
from maquette.outbound.mail import Mailer
from maquette.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """The store, the clock, and the components that keep state between calls."""

    database: Database
    clock: Clock
    sealer: Sealer
    identities: Identities
    admission: Admission
    calls: CallCounter
    login_throttle: LoginThrottle
    account_throttle: LoginThrottle
    password_hasher: PasswordHasher
    background: BackgroundTasks
    files: Files
    token_ttl_s: int
    mailer: Mailer
    sender: Sender
    public_url: str
    """Where people reach this server, for the links in e-mails."""
