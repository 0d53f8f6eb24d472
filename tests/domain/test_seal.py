"""Secrets that must stay readable: sealed with a key that is never in the database."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from maquette.app import open_runtime
from maquette.domain.seal import (
    MissingSealingKey,
    Sealer,
    WrongSealingKey,
    first_sealer,
    known_sealer,
    require_same,
    sealer,
)
from maquette.model.errors import Unavailable
from maquette.settings import Settings
from maquette.store.database import Database
from tests.office import Office


@pytest.fixture
def key() -> str:
    """A fresh sealing key."""
    return Fernet.generate_key().decode()


class TestSealer:
    @pytest.mark.parametrize("secret", ["", "plain", "Ünïcode ✓", "x" * 10_000])
    def test_what_is_sealed_can_be_opened(self, key: str, secret: str) -> None:
        """By any sealer of the same key."""
        assert Sealer(key).open(Sealer(key).seal(secret)) == secret

    def test_the_same_secret_is_never_sealed_the_same_way(self, key: str) -> None:
        """Nobody can see that two secrets are one."""
        made = Sealer(key)
        assert made.seal("plain") != made.seal("plain")

    def test_another_key_opens_nothing(self, key: str) -> None:
        """It's told as what it is."""
        sealed = Sealer(key).seal("plain")
        with pytest.raises(WrongSealingKey):
            Sealer(Fernet.generate_key().decode()).open(sealed)

    def test_a_changed_seal_opens_nothing(self, key: str) -> None:
        """A flipped bit anywhere in it is noticed."""
        made = Sealer(key)
        sealed = bytearray(made.seal("plain"))
        sealed[len(sealed) // 2] ^= 1
        with pytest.raises(WrongSealingKey):
            made.open(bytes(sealed))

    def test_the_fingerprint_tells_keys_apart_and_nothing_else(self, key: str) -> None:
        """One for each key, and no part of the key is in it."""
        made = Sealer(key)
        assert made.fingerprint == Sealer(key).fingerprint
        assert made.fingerprint != Sealer(Fernet.generate_key().decode()).fingerprint
        assert made.fingerprint not in key


class TestKeyFile:
    def test_it_s_made_once_and_for_its_owner_s_eyes(self, tmp_path: Path) -> None:
        """Mode 0600, and the same key the next time."""
        file = tmp_path / "new" / "secret.key"
        sealed = sealer(key=None, file=file).seal("plain")
        assert [0o600, 0o700] == [stat.S_IMODE(each.stat().st_mode) for each in (file, file.parent)]
        assert sealer(key=None, file=file).open(sealed) == "plain"

    def test_what_is_known_is_not_made(self, tmp_path: Path) -> None:
        """Looking for a key leaves nothing behind."""
        assert known_sealer(key=None, file=tmp_path / "new" / "secret.key") is None
        assert [] == list(tmp_path.iterdir())

    def test_a_given_key_needs_no_file(self, tmp_path: Path, key: str) -> None:
        """And makes none."""
        file = tmp_path / "secret.key"
        sealer(key=key, file=file)
        assert not file.exists()

    @pytest.mark.parametrize(
        "content", [b"", b"short\n", b"\xff" * 44, b"not base64 at all, though it has 44 letters.."]
    )
    def test_one_that_holds_no_key_is_said(self, tmp_path: Path, content: bytes) -> None:
        """With its name, and it's left as it is."""
        file = tmp_path / "secret.key"
        file.write_bytes(content)
        with pytest.raises(Unavailable, match=r"secret\.key must be 32 bytes"):
            sealer(key=None, file=file)
        assert file.read_bytes() == content

    def test_a_given_key_that_is_none_is_said(self, tmp_path: Path) -> None:
        """Without being repeated."""
        with pytest.raises(Unavailable) as caught:
            sealer(key="too short", file=tmp_path / "secret.key")
        assert "too short" not in str(caught.value)


class TestFirstSealer:
    async def test_a_new_database_gets_a_new_key(self, own_database: Database, tmp_path: Path) -> None:
        """Kept in the file, and the same one however often it's asked for."""
        file = tmp_path / "keys" / "secret.key"
        made = await first_sealer(own_database, file)
        await own_database.write(lambda tx: require_same(tx, made))
        assert made.fingerprint == (await first_sealer(own_database, file)).fingerprint

    async def test_one_that_was_sealed_gets_none(self, own_database: Database, tmp_path: Path, key: str) -> None:
        """A new key would open nothing in it, and nothing is left where the old one was looked for."""
        await own_database.write(lambda tx: require_same(tx, Sealer(key)))
        file = tmp_path / "keys" / "secret.key"
        with pytest.raises(MissingSealingKey) as caught:
            await first_sealer(own_database, file)
        assert (file, False) == (caught.value.file, file.parent.exists())


class TestRequireSame:
    async def test_a_database_remembers_whose_key_it_needs(self, database: Database, key: str) -> None:
        """The first key is noted, the same one passes, another one doesn't."""

        async def forget(tx: object) -> None:
            await tx.run("DELETE FROM facts WHERE name = 'sealing_key'")  # type: ignore[attr-defined]

        await database.write(forget)
        for _ in range(2):
            await database.write(lambda tx: require_same(tx, Sealer(key)))
        with pytest.raises(WrongSealingKey):
            await database.write(lambda tx: require_same(tx, Sealer(Fernet.generate_key().decode())))
        await database.write(forget)

    async def test_a_runtime_doesn_t_open_with_another_key(self, office: Office, settings: Settings, key: str) -> None:
        """Rather than find out at the first token."""
        with pytest.raises(WrongSealingKey):
            async with open_runtime(Settings(data=settings.data, secret_key=key), office.clock):
                pass
