"""How are secrets kept that must stay readable? Sealed with a key that is never in the database."""

import base64
import hashlib
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from maquette.model.errors import Unavailable
from maquette.store import facts
from maquette.store.database import Transaction
from maquette.store.files import make_folder, write_once


class WrongSealingKey(Exception):
    """The database's secrets were sealed with another key."""


class Sealer:
    """Seals and opens with one 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)
        self.decoy = self.seal("nobody's secret")
        """Something to open where there is nothing, so that both take the same time."""
        self.fingerprint = hashlib.sha256(b"maquette sealing key " + base64.urlsafe_b64decode(key)).hexdigest()[:16]

    def seal(self, secret: str) -> bytes:
        """The secret, unreadable without the key."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret again. Raises `WrongSealingKey`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise WrongSealingKey from error


def sealer(*, key: str | None, file: Path) -> Sealer:
    """A sealer of the given key, else of the one in the file, which is made where there is none (mode 0600).

    Raises `Unavailable` where the file can't be made or read, and where it holds no key.
    """
    try:
        return Sealer(key or _kept(file))
    except ValueError as error:
        source = "the sealing key" if key else f"the sealing key in {file}"
        raise Unavailable(f"{source} must be 32 bytes in URL-safe Base64.") from error


async def require_same(tx: Transaction, sealer: Sealer) -> None:
    """Note whose key this database needs, or raise `WrongSealingKey`, rather than find out at the first token."""
    fingerprint = await facts.get(tx, "sealing_key")
    if fingerprint is None:
        await facts.put(tx, "sealing_key", sealer.fingerprint)
    elif fingerprint != sealer.fingerprint:
        raise WrongSealingKey


def _kept(file: Path) -> str:
    """The key in the file, whichever process made it; the same one after a crash or a power loss."""
    try:
        if not file.exists():
            make_folder(file.parent)
            write_once(file, Fernet.generate_key() + b"\n")
        return file.read_text("ascii").strip()
    except OSError as error:
        raise Unavailable(f"the sealing key can't be kept in {file}: {error.strerror}.") from error
