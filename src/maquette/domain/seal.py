"""How are secrets stored that must stay readable? Encrypted with a key that is never in the database."""

import base64
import hashlib
import logging
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from maquette.model.errors import Unavailable
from maquette.store import facts
from maquette.store.atomic_files import make_folder, write_once
from maquette.store.database import Database, Transaction

KEY_CREATED = "the sealing key was made in %s: keep a copy of it elsewhere, for without it this store stays closed"

log = logging.getLogger("maquette")


class WrongSealingKey(Exception):
    """The database's secrets were sealed with another key."""


class MissingSealingKey(WrongSealingKey):
    """The database's secrets were sealed with a key, and its file is missing."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.file = file


class Sealer:
    """Encrypts and decrypts with one 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)
        self.decoy = self.seal("nobody's secret")
        """A sealed dummy, opened where no secret exists, so that both cases take the same time."""
        self.fingerprint = hashlib.sha256(b"maquette sealing key " + base64.urlsafe_b64decode(key)).hexdigest()[:16]

    def seal(self, secret: str) -> bytes:
        """The secret, encrypted."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret, decrypted. Raises `WrongSealingKey`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise WrongSealingKey from error


def sealer(*, key: str | None, file: Path) -> Sealer:
    """A sealer with the given key, else with the one in the file, which is created if missing (mode 0600).

    Raises `Unavailable` where the file can't be created or read, or holds no valid key.
    """
    return known_sealer(key=key, file=file) or _sealer_of(_create_or_read(file), f"the sealing key in {file}")


def known_sealer(*, key: str | None, file: Path) -> Sealer | None:
    """A sealer with the given key, else with the one in the file; None where there is neither. Raises `Unavailable`."""
    if key:
        return _sealer_of(key, "the sealing key")
    kept = _read_if_present(file)
    return None if kept is None else _sealer_of(kept, f"the sealing key in {file}")


async def first_sealer(database: Database, file: Path) -> Sealer:
    """A sealer for a database that holds nothing sealed yet; its key is created in the file.

    Raises `MissingSealingKey` where the database notes a key, but the file is missing: a new key would open nothing.
    """
    is_new = not file.exists()  # else another process has just created the key
    if is_new and await database.read(_fingerprint) is not None:
        raise MissingSealingKey(file)
    first = sealer(key=None, file=file)
    if is_new:
        log.info(KEY_CREATED, file.absolute())
    return first


async def require_same(tx: Transaction, sealer: Sealer) -> None:
    """Note the key's fingerprint in the database, or raise `WrongSealingKey` if it notes another key's.

    Checked before anything is sealed or opened, rather than at the first secret.
    """
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
    """The key in the file; None where there is no file, "" (which is no valid key) where it isn't ASCII."""
    try:
        return file.read_text("ascii").strip() if file.exists() else None
    except UnicodeDecodeError:
        return ""
    except OSError as error:
        raise Unavailable(f"the sealing key in {file} can't be read: {error.strerror}.") from error


def _create_or_read(file: Path) -> str:
    """The key in the file, whichever process created it first. It survives a crash, and a power loss."""
    try:
        make_folder(file.parent)
        write_once(file, Fernet.generate_key() + b"\n")
        return file.read_text("ascii").strip()
    except OSError as error:
        raise Unavailable(f"the sealing key can't be kept in {file}: {error.strerror}.") from error
