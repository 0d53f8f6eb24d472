"""How are secrets kept that must stay readable? Sealed with a key that is never in the database."""

import base64
import hashlib
import logging
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from maquette.model.errors import Unavailable
from maquette.store import facts
from maquette.store.atomic_files import make_folder, write_once
from maquette.store.database import Database, Transaction

MADE = "the sealing key was made in %s: keep a copy of it elsewhere, for without it this store stays closed"

log = logging.getLogger("maquette")


class WrongSealingKey(Exception):
    """The database's secrets were sealed with another key."""


class MissingSealingKey(WrongSealingKey):
    """The database's secrets were sealed, and the key is not where it's looked for."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.file = file


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
    return known_sealer(key=key, file=file) or _sealer_of(_create_or_read(file), f"the sealing key in {file}")


def known_sealer(*, key: str | None, file: Path) -> Sealer | None:
    """A sealer of the given key, else of the one in the file; None where there is neither. Raises `Unavailable`."""
    if key:
        return _sealer_of(key, "the sealing key")
    kept = _read_if_present(file)
    return None if kept is None else _sealer_of(kept, f"the sealing key in {file}")


async def first_sealer(database: Database, file: Path) -> Sealer:
    """A sealer for a database that nothing was sealed in yet, its key kept in the file.

    Raises `MissingSealingKey` for a database that has a key already: a new one would open nothing in it.
    """
    is_new = not file.exists()  # else another process has just made both
    if is_new and await database.read(_fingerprint) is not None:
        raise MissingSealingKey(file)
    first = sealer(key=None, file=file)
    if is_new:
        log.info(MADE, file.absolute())
    return first


async def require_same(tx: Transaction, sealer: Sealer) -> None:
    """Note whose key this database needs, or raise `WrongSealingKey`, rather than find out at the first token."""
    fingerprint = await _fingerprint(tx)
    if fingerprint is None:
        await facts.put(tx, "sealing_key", sealer.fingerprint)
    elif fingerprint != sealer.fingerprint:
        raise WrongSealingKey


async def _fingerprint(tx: Transaction) -> str | None:
    return await facts.get(tx, "sealing_key")


def _sealer_of(key: str, source: str) -> Sealer:
    try:
        return Sealer(key)
    except ValueError as error:
        raise Unavailable(f"{source} must be 32 bytes in URL-safe Base64.") from error


def _read_if_present(file: Path) -> str | None:
    """What the file holds, if it is there."""
    try:
        return file.read_text("ascii").strip() if file.exists() else None
    except UnicodeDecodeError:
        return ""
    except OSError as error:
        raise Unavailable(f"the sealing key in {file} can't be read: {error.strerror}.") from error


def _create_or_read(file: Path) -> str:
    """The key in the file, whichever process made it; the same one after a crash or a power loss."""
    try:
        make_folder(file.parent)
        write_once(file, Fernet.generate_key() + b"\n")
        return file.read_text("ascii").strip()
    except OSError as error:
        raise Unavailable(f"the sealing key can't be kept in {file}: {error.strerror}.") from error
