"""Keys and client pairs as rows."""

import secrets

from msgspec.structs import replace

from maquette.model.actor import Role
from maquette.store import credentials, members, plans, workspaces
from tests.store.conftest import Home


class TestByHash:
    async def test_it_tells_whose_it_is_and_what_they_are(self, home: Home) -> None:
        """The credential, its maker's present role and the workspace's present plan."""
        user, secret_hash = await home.user(Role.MEMBER), secrets.token_bytes(32)
        key = await home.credential(user, secret_hash=secret_hash)
        await home.write(lambda tx: members.put(tx, workspace=home.serial, user=user.serial, role=Role.ADMIN, now_ms=2))
        await home.write(lambda tx: workspaces.set_plan(tx, home.serial, "business", 2))
        holder = await home.read(lambda tx: credentials.by_hash(tx, secret_hash))
        assert holder
        assert (key, None, Role.ADMIN) == (holder.credential, holder.secret_sealed, holder.role)
        assert await home.read(lambda tx: plans.get(tx, "business")) == holder.plan

    async def test_an_unknown_hash_holds_nothing(self, home: Home) -> None:
        """None."""
        assert await home.read(lambda tx: credentials.by_hash(tx, secrets.token_bytes(32))) is None

    async def test_a_revoked_key_holds_nothing(self, home: Home) -> None:
        """From the moment it's revoked."""
        secret_hash = secrets.token_bytes(32)
        key = await home.credential(secret_hash=secret_hash)
        await home.write(lambda tx: credentials.revoke(tx, home.serial, key.id, 1))
        assert await home.read(lambda tx: credentials.by_hash(tx, secret_hash)) is None

    async def test_a_removed_member_holds_nothing(self, home: Home) -> None:
        """Their keys go with them."""
        user, secret_hash = await home.user(), secrets.token_bytes(32)
        await home.credential(user, secret_hash=secret_hash)
        await home.write(lambda tx: tx.run("UPDATE members SET removed_at = 1 WHERE user_serial = $1", user.serial))
        assert await home.read(lambda tx: credentials.by_hash(tx, secret_hash)) is None


class TestByClientId:
    async def test_a_pair_comes_with_its_sealed_secret(self, home: Home) -> None:
        """Its clientId is its id."""
        pair = await home.credential(kind="client")
        holder = await home.read(lambda tx: credentials.by_client_id(tx, pair.id))
        assert holder
        assert (pair, b"sealed") == (holder.credential, holder.secret_sealed)

    async def test_a_key_is_no_pair(self, home: Home) -> None:
        """An API key's id is no clientId."""
        key = await home.credential(secret_hash=secrets.token_bytes(32))
        assert await home.read(lambda tx: credentials.by_client_id(tx, key.id)) is None


class TestEvery:
    async def test_the_newest_first_revoked_ones_too(self, home: Home, neighbour: Home) -> None:
        """Those of the workspace alone."""
        first, second = await home.credential(kind="client"), await home.credential(kind="client")
        await neighbour.credential(kind="client")
        revoked = await home.write(lambda tx: credentials.revoke(tx, home.serial, first.id, 1))
        assert [second, revoked] == await home.read(lambda tx: credentials.every(tx, home.serial))


class TestRevoke:
    async def test_again_keeps_the_first_time(self, home: Home) -> None:
        """A credential ends once."""
        key = await home.credential(kind="client")
        for at in (5, 6):
            revoked = await home.write(lambda tx, at=at: credentials.revoke(tx, home.serial, key.id, at))  # type: ignore[misc]
            assert replace(key, revoked_at=5) == revoked

    async def test_another_workspaces_is_not_there(self, home: Home, neighbour: Home) -> None:
        """Nobody ends a neighbour's credential."""
        key = await home.credential(kind="client")
        assert await home.write(lambda tx: credentials.revoke(tx, neighbour.serial, key.id, 1)) is None
        assert [key] == await home.read(lambda tx: credentials.every(tx, home.serial))


class TestMarkUsed:
    async def test_time_only_goes_forward(self, home: Home) -> None:
        """A later use is noted, an earlier one that comes late is not."""
        one, two = await home.credential(kind="client"), await home.credential(kind="client")
        for used_at in ({one.serial: 20}, {one.serial: 10, two.serial: 5}):
            await home.write(lambda tx, used_at=used_at: credentials.mark_used(tx, used_at))  # type: ignore[misc]
        found = await home.read(lambda tx: credentials.every(tx, home.serial))
        assert [5, 20] == [credential.last_used_at for credential in found]
