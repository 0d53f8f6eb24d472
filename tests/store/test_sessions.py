"""Sessions and password links as rows, on both engines."""

import pytest

from maquette.model.actor import Role
from maquette.store import members, passwords, sessions, workspaces
from maquette.store.database import Database, Transaction

NOW = 1_000_000


async def person(tx: Transaction, email: str) -> int:
    """Somebody."""
    user = await members.insert_user(tx, id=email, email=email, name=email, now_ms=NOW)
    return user.serial


async def session(tx: Transaction, user: int, token: bytes, *, expires_at: int = NOW + 10) -> None:
    """A session of theirs that shows no workspace."""
    await sessions.insert(
        tx, user=user, token_hash=token, workspace=None, address="a", agent="b", expires_at=expires_at, now_ms=NOW
    )


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """An address of the test's own: tests share a database on PostgreSQL."""
    return f"{request.node.nodeid}@example.com"


async def test_it_is_found_by_its_token(database: Database, address: str) -> None:
    """With its person, and with a workspace only while they are an active member there."""

    async def body(tx: Transaction) -> None:
        user = await person(tx, address)
        team = await workspaces.insert(tx, id=address, slug=address, name="Team", plan="unlimited", now_ms=NOW)
        await session(tx, user, address.encode())
        found = await sessions.by_hash(tx, address.encode())
        assert found
        assert (address, NOW, NOW + 10, None) == (
            found.user.email,
            found.session.last_used_at,
            found.session.expires_at,
            found.workspace,
        )
        await sessions.switch_workspace(tx, found.session.serial, team.serial)
        for status, seen in (("active", "Team"), ("deactivated", None), ("invited", None)):
            await members.put(tx, workspace=team.serial, user=user, role=Role.MEMBER, status=status, now_ms=NOW)
            found = await sessions.by_hash(tx, address.encode())
            assert found
            assert seen == (found.workspace and found.workspace.name), status
            assert ([Role.MEMBER] if seen else []) == [role for _, role in await sessions.memberships(tx, user)]
        assert await sessions.by_hash(tx, b"x" + address.encode()) is None

    await database.write(body)


async def test_others_end_and_this_one_stays(database: Database, address: str) -> None:
    """Of one person alone."""

    async def body(tx: Transaction) -> None:
        user, other = await person(tx, address), await person(tx, "2" + address)
        tokens = [number + address.encode() for number in (b"1", b"2", b"3")]
        for token in tokens:
            await session(tx, user, token)
        await session(tx, other, b"4" + address.encode())
        kept = (await sessions.of_user(tx, user, NOW))[1]
        await sessions.delete_of_user(tx, user, but=kept.serial)
        assert [kept] == await sessions.of_user(tx, user, NOW)
        await sessions.delete_of_user(tx, user)
        assert [] == await sessions.of_user(tx, user, NOW)
        assert 1 == len(await sessions.of_user(tx, other, NOW))

    await database.write(body)


async def test_the_expired_are_purged(own_database: Database, address: str) -> None:
    """So many at a time, the oldest first; the others stay."""

    async def body(tx: Transaction) -> None:
        user = await person(tx, address)
        for number in range(4):
            await session(tx, user, bytes([number]), expires_at=NOW + number)
            await passwords.insert_link(
                tx, user=user, token_hash=bytes([number]), token_sealed=None, expires_at=NOW + number, now_ms=NOW
            )
        for purge in (sessions.purge, passwords.purge_links):
            assert [2, 1, 0] == [await purge(tx, now_ms=NOW + 2, limit=2) for _ in range(3)]
        assert [NOW + 3] == [each.expires_at for each in await sessions.of_user(tx, user, NOW)]
        assert await passwords.user_by_link(tx, bytes([3]), NOW)

    await own_database.write(body)


async def test_a_link_is_consumed_once(database: Database, address: str) -> None:
    """And is nobody's once it has expired; only e-mailed ones count."""

    async def body(tx: Transaction) -> None:
        user = await person(tx, address)
        for kind, sealed in ((b"1", None), (b"2", b"sealed")):
            await passwords.insert_link(
                tx,
                user=user,
                token_hash=kind + address.encode(),
                token_sealed=sealed,
                expires_at=NOW + 1,
                now_ms=NOW,
            )
        assert 1 == await passwords.count_mailed_links(tx, user, NOW)
        assert 0 == await passwords.count_mailed_links(tx, user, NOW + 1)
        found = await passwords.user_by_link(tx, b"1" + address.encode(), NOW)
        assert (address, None) == (
            found and found.email,
            await passwords.user_by_link(tx, b"1" + address.encode(), NOW + 1),
        )
        assert [True, False] == [await passwords.consume_link(tx, b"1" + address.encode()) for _ in range(2)]

    await database.write(body)
