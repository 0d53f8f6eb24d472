"""Keys and client pairs: what the store keeps of them, and how they end."""

import hashlib

import pytest

from maquette.domain import credentials
from maquette.domain.credentials import NewClient
from maquette.model.actor import Role, Scope
from maquette.model.clock import LATEST_MS
from maquette.model.errors import Forbidden, Invalid, NotFound
from maquette.model.ids import new_id
from maquette.model.records import User
from tests.office import Office, StillClock, Team


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team with an owner."""
    return await engine_office.team()


async def own_client(team: Team, user: User, role: Role, name: str = "mine") -> NewClient:
    """A client pair that somebody makes for themselves."""
    office = team.office
    actor, sealer = team.actor(user, role), office.runtime.services.sealer
    return await office.write(lambda tx: credentials.create_own_client(tx, actor, name, sealer, now_ms=office.now_ms))


class TestCreateKey:
    async def test_the_store_keeps_a_hash_alone(self, engine_office: Office, team: Team) -> None:
        """Of the key itself the prefix and the last four characters are left, for display."""
        credential, key = await team.key()
        row = await engine_office.read(
            lambda tx: tx.row("SELECT secret_hash, secret_sealed, hint FROM credentials WHERE id = $1", credential.id)
        )
        assert row
        assert (hashlib.sha256(key.encode()).digest(), None, f"mq_live_…{key[-4:]}") == tuple(row)
        events = await engine_office.read(
            lambda tx: tx.rows("SELECT data FROM events WHERE workspace = $1", team.workspace.serial)
        )
        assert not [data for (data,) in events if key in data]

    async def test_a_member_makes_none(self, engine_office: Office, team: Team) -> None:
        """Keys are for owners and admins to make."""
        member = await team.member()
        actor = team.actor(member, Role.MEMBER)
        with pytest.raises(Forbidden):
            await engine_office.write(lambda tx: credentials.create_key(tx, actor, member, "mine", now_ms=0))

    @pytest.mark.parametrize("name", ["", "   ", "x" * 256, "a\nb"])
    async def test_a_name_keeps_the_rules_of_names(self, engine_office: Office, team: Team, name: str) -> None:
        """What can't be a name is told by field."""
        with pytest.raises(Invalid) as caught:
            await engine_office.write(lambda tx: credentials.create_key(tx, team.operator, team.owner, name, now_ms=0))
        assert list(caught.value.problems) == ["name"]

    async def test_its_making_is_told(self, engine_office: Office, team: Team) -> None:
        """One event, with who did it."""
        credential, _ = await team.key(scope=Scope.READ_ONLY)
        rows = await engine_office.read(
            lambda tx: tx.rows("SELECT type, address FROM events WHERE subject_id = $1", credential.id)
        )
        assert [("credential.created", "command line")] == [tuple(row) for row in rows]


class TestCreateClient:
    async def test_the_secret_is_sealed(self, engine_office: Office, team: Team) -> None:
        """It's not in the store as it is, and can be read again with the sealing key."""
        credential, secret = await team.client_pair()
        row = await engine_office.read(
            lambda tx: tx.row("SELECT secret_hash, secret_sealed FROM credentials WHERE id = $1", credential.id)
        )
        assert row
        assert row[0] is None
        assert secret.encode() not in row[1]
        assert engine_office.runtime.services.sealer.open(row[1]) == secret

    async def test_ones_own_acts_as_oneself(self, engine_office: Office, team: Team) -> None:
        """It reaches as far as they do at the moment: an admin's, to webhooks, and a member's not."""
        admin = await team.member(Role.ADMIN)
        pair, secret = await own_client(team, admin, Role.ADMIN)
        assert (admin.id, "client", "mine") == (pair.user_id, pair.kind, pair.name)
        token = await engine_office.http().post(
            "/creatopy/v1/auth/token", json={"clientId": pair.id, "clientSecret": secret}
        )
        caller = engine_office.http("/creatopy/v1", token.json()["token"])
        assert 200 == (await caller.get("/webhooks")).status_code
        await team.put(admin, Role.MEMBER)
        assert 403 == (await caller.get("/webhooks")).status_code

    async def test_a_member_makes_none(self, team: Team) -> None:
        """Not even one that would be no more than they are."""
        member = await team.member()
        with pytest.raises(Forbidden):
            await own_client(team, member, Role.MEMBER)

    async def test_its_making_is_told_and_its_name_is_checked(self, engine_office: Office, team: Team) -> None:
        """One event, in its creator's name; a blank name is refused by field."""
        pair, _ = await own_client(team, team.owner, Role.OWNER)
        rows = await engine_office.read(
            lambda tx: tx.rows("SELECT type, user_serial FROM events WHERE subject_id = $1", pair.id)
        )
        assert [("credential.created", team.owner.serial)] == [tuple(row) for row in rows]
        with pytest.raises(Invalid) as caught:
            await own_client(team, team.owner, Role.OWNER, name=" ")
        assert ["name"] == list(caught.value.problems)


class TestGet:
    async def test_a_pair_is_found_where_it_is_asked_for(self, engine_office: Office, team: Team) -> None:
        """By default keys alone are."""
        pair, _ = await team.client_pair()
        found = await engine_office.read(
            lambda tx: credentials.get(tx, team.operator, pair.id, kinds=(credentials.CLIENT,))
        )
        assert pair == found
        with pytest.raises(NotFound):
            await engine_office.read(lambda tx: credentials.get(tx, team.operator, pair.id))


class TestList:
    async def test_the_newest_comes_first_and_nothing_is_secret(self, engine_office: Office, team: Team) -> None:
        """Revoked ones stay in the list."""
        first, key = await team.key()
        second, secret = await team.client_pair()
        await engine_office.write(lambda tx: credentials.revoke(tx, team.operator, first.id, now_ms=5))
        found = await engine_office.read(lambda tx: credentials.every(tx, team.operator))
        assert [(second.id, None), (first.id, 5)] == [(one.id, one.revoked_at) for one in found]
        assert key not in str(found)
        assert secret not in str(found)

    async def test_another_team_s_are_not_in_it(self, engine_office: Office, team: Team) -> None:
        """Each team has its own."""
        await team.key()
        other = await engine_office.team()
        assert await engine_office.read(lambda tx: credentials.every(tx, other.operator)) == []


class TestRevoke:
    async def test_a_key_ends_at_once(self, team: Team) -> None:
        """The call after the acknowledgement is refused."""
        credential, key = await team.key()
        caller = team.office.http("/craftdesk/v1", key)
        assert (await caller.get("/projects")).status_code == 200
        await team.office.write(lambda tx: credentials.revoke(tx, team.operator, credential.id, now_ms=1))
        assert (await caller.get("/projects")).status_code == 401

    async def test_under_load_nothing_comes_in_later(self, team: Team) -> None:
        """Of calls that go on all the time, none that began after the acknowledgement is answered."""
        credential, key = await team.key()
        caller = team.office.http("/craftdesk/v1", key)
        before = [(await caller.get("/projects")).status_code for _ in range(5)]
        await team.office.write(lambda tx: credentials.revoke(tx, team.operator, credential.id, now_ms=1))
        after = [(await caller.get("/projects")).status_code for _ in range(5)]
        assert ([200] * 5, [401] * 5) == (before, after)

    async def test_again_changes_nothing(self, engine_office: Office, team: Team) -> None:
        """It ended when it ended."""
        credential, _ = await team.key()
        for now_ms in (10, 20):
            ended = await engine_office.write(
                lambda tx, now_ms=now_ms: credentials.revoke(tx, team.operator, credential.id, now_ms=now_ms)  # type: ignore[misc]
            )
            assert ended.revoked_at == 10

    async def test_another_team_s_is_not_there(self, engine_office: Office, team: Team) -> None:
        """Nor is one that never was; neither is told from the other."""
        credential, _ = await (await engine_office.team()).key()
        for unknown in (credential.id, new_id(0), "x"):
            with pytest.raises(NotFound):
                await engine_office.write(
                    lambda tx, unknown=unknown: credentials.revoke(tx, team.operator, unknown, now_ms=0)  # type: ignore[misc]
                )


class TestRotate:
    async def test_a_lifetime_ends_with_what_can_be_shown(self, engine_office: Office, team: Team) -> None:
        """A key that lasts until the end of 9999 has a successor that does, and both can be listed."""
        key, _ = await team.key(expires_at=LATEST_MS)
        engine_office.clock.advance(days=1)
        successor, _ = await engine_office.write(
            lambda tx: credentials.rotate(tx, team.operator, key.id, overlap_s=0, now_ms=engine_office.now_ms)
        )
        assert LATEST_MS == successor.expires_at
        assert 200 == (await (await team.craftdesk()).get("/api_keys")).status_code


class TestReach:
    async def test_a_read_only_key_reads(self, team: Team) -> None:
        """And changes nothing, though its maker is an owner."""
        caller = await team.craftdesk(scope=Scope.READ_ONLY)
        assert (await caller.get("/projects")).status_code == 200
        assert (await caller.post("/projects", json={"name": "No"})).status_code == 403

    async def test_an_expired_key_is_refused(self, team: Team, clock: StillClock) -> None:
        """From the moment on that it says."""
        caller = await team.craftdesk(expires_at=clock.at_ms + 1_000)
        assert (await caller.get("/projects")).status_code == 200
        clock.at_ms += 1_000
        assert (await caller.get("/projects")).status_code == 401
