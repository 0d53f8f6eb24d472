"""Proving who one is: compared, throttled, and told nobody anything by what it says or by how long it takes."""

import asyncio
from typing import Any

import pytest

from maquette.domain import members, passwords, sessions
from maquette.domain.login_throttle import ACCOUNT_RULE, RULE, network_of
from maquette.domain.sign_in import prove
from maquette.domain.tokens import token_hash
from maquette.model.errors import Expired, Invalid, TooManyFailures, Unauthenticated
from maquette.store import passwords as password_store
from maquette.store import sessions as session_store
from tests.office import Office, Team

PASSWORD = "correct horse battery"


class Door:
    """Where people prove who they are."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.hasher = office.runtime.services.password_hasher

    async def prove(self, email: str, password: str, address: str = "192.0.2.1") -> Any:
        """One attempt."""
        return await prove(self.office.runtime.services, email, password, address=address)

    async def choose(self, team: Team, password: str = PASSWORD) -> str:
        """Set the owner's password; returns its hash."""
        made = await self.hasher.hash(password, source="x")
        now_ms = self.office.now_ms
        await self.office.write(lambda tx: password_store.put(tx, team.owner.serial, made, now_ms))
        return made


@pytest.fixture
def door(engine_office: Office) -> Door:
    """A door."""
    return Door(engine_office)


@pytest.fixture
async def team(engine_office: Office) -> Team:
    """A team."""
    return await engine_office.team()


async def test_only_the_right_password_proves_it(door: Door, team: Team) -> None:
    """An unknown person, one without a password, and one with another are all the same refusal."""
    with pytest.raises(Unauthenticated):
        await door.prove(team.owner.email, PASSWORD)
    made = await door.choose(team)
    assert (team.owner, made) == await door.prove(f" {team.owner.email.upper()} ", PASSWORD)
    for email, password in ((team.owner.email, "wrong"), (team.owner.email, ""), ("x@example.com", PASSWORD)):
        with pytest.raises(Unauthenticated):
            await door.prove(email, password)


async def test_a_network_is_held_up_before_an_account(door: Door, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses from many networks stop at the account's limit, those from one long before, and only there."""
    await door.choose(team)
    compared: list[str] = []

    async def wrong(_: object, given: str, *, source: str) -> bool:
        compared.append(source)
        return given == PASSWORD

    monkeypatch.setattr(door.hasher, "matches", wrong)
    for number in range(RULE.limit + 5):
        with pytest.raises((Unauthenticated, TooManyFailures)):
            await door.prove(team.owner.email, "guess", f"2001:db8::{number}")
    assert RULE.limit == len(compared)
    assert await door.prove(team.owner.email, PASSWORD, "2001:db8:0:100::1")
    for number in range(ACCOUNT_RULE.limit - RULE.limit):
        with pytest.raises(Unauthenticated):
            await door.prove(team.owner.email, "guess", f"198.51.100.{number}")
    with pytest.raises(TooManyFailures):
        await door.prove(team.owner.email, PASSWORD, "203.0.113.9")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/56"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_ipv6_is_counted_by_network(address: str, counted: str) -> None:
    """A customer has 2^72 addresses, so one of them says nothing."""
    assert counted == network_of(address)


async def test_a_session_is_not_opened_with_what_was_the_password(door: Door, team: Team) -> None:
    """A reset between comparing and opening wins, and what was open ends."""
    old, now_ms = await door.choose(team), door.office.now_ms
    token = await door.office.write(lambda tx: sessions.open_(tx, team.owner, old, address="", agent="", now_ms=now_ms))
    link = await door.office.write(lambda tx: passwords.issue_link(tx, team.owner, now_ms=now_ms))
    await door.office.write(lambda tx: passwords.set_by_link(tx, link, "new", now_ms=now_ms))
    assert await door.office.read(lambda tx: sessions.identify(tx, token, now_ms=now_ms)) is None
    with pytest.raises(Unauthenticated):
        await door.office.write(lambda tx: sessions.open_(tx, team.owner, old, address="", agent="", now_ms=now_ms))
    with pytest.raises(Invalid):
        await door.office.write(lambda tx: passwords.change(tx, team.owner, old, "thief's", session=1, now_ms=now_ms))
    assert "new" == await door.office.read(lambda tx: password_store.hash_of(tx, team.owner.serial))
    with pytest.raises(Expired):
        await door.office.write(lambda tx: passwords.set_by_link(tx, link, "again", now_ms=now_ms))


async def test_a_reset_and_a_sign_in_at_once_leave_no_session(door: Door, team: Team) -> None:
    """Whichever comes first: the password is locked until the session that it opened can be seen."""
    now_ms, old = door.office.now_ms, await door.choose(team)
    for number in range(10):
        link = await door.office.write(lambda tx: passwords.issue_link(tx, team.owner, now_ms=now_ms))
        opening = [
            door.office.write(
                lambda tx, old=old: sessions.open_(tx, team.owner, old, address="", agent="", now_ms=now_ms)  # type: ignore[misc]
            )
            for _ in range(3)
        ]
        new = f"hash {number}"
        reset = door.office.write(
            lambda tx, link=link, new=new: passwords.set_by_link(tx, link, new, now_ms=now_ms)  # type: ignore[misc]
        )
        outcomes = await asyncio.gather(*opening, reset, return_exceptions=True)
        assert {Unauthenticated} >= {type(each) for each in outcomes if isinstance(each, Exception)}
        assert [] == await door.office.read(lambda tx: sessions.list_(tx, team.owner, now_ms=now_ms))
        old = new


async def test_links_of_one_person_used_at_once_set_one_password(door: Door, team: Team) -> None:
    """The first one wins, and nobody waits for a deadlock to be found."""
    now_ms = door.office.now_ms
    links = [await door.office.write(lambda tx: passwords.issue_link(tx, team.owner, now_ms=now_ms)) for _ in range(4)]
    using = [
        door.office.write(lambda tx, link=link: passwords.set_by_link(tx, link, link, now_ms=now_ms))  # type: ignore[misc]
        for link in links
    ]
    outcomes = await asyncio.gather(*using, return_exceptions=True)
    assert [Expired] * 3 == [type(each) for each in outcomes if isinstance(each, Exception)]


async def test_only_so_many_sessions_are_kept(door: Door, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest end first."""
    monkeypatch.setattr(sessions, "MAX_PER_USER", 3)
    made, now_ms = await door.choose(team), door.office.now_ms
    tokens = [
        await door.office.write(lambda tx: sessions.open_(tx, team.owner, made, address="", agent="", now_ms=now_ms))
        for _ in range(5)
    ]
    live = [
        await door.office.read(lambda tx, token=token: sessions.identify(tx, token, now_ms=now_ms)) is not None  # type: ignore[misc]
        for token in tokens
    ]
    assert [False, False, True, True, True] == live


async def test_a_session_shows_no_workspace_that_its_person_has_left(door: Door, team: Team) -> None:
    """Who is removed is still who they are, and nobody's actor."""
    made, now_ms = await door.choose(team), door.office.now_ms
    token = await door.office.write(
        lambda tx: sessions.open_(tx, team.owner, made, address="", agent="", now_ms=now_ms)
    )
    found = await door.office.read(lambda tx: sessions.identify(tx, token, now_ms=now_ms))
    assert found
    assert (team.workspace.serial, "owner") == (found.workspace and found.workspace.serial, found.role)
    await door.office.write(
        lambda tx: tx.run("UPDATE members SET removed_at = 1 WHERE user_serial = $1", team.owner.serial)
    )
    left = await door.office.read(lambda tx: session_store.by_hash(tx, token_hash(token)))
    assert left
    assert (None, None, None) == (left.workspace, left.role, sessions.actor_of(left, address="", request_id=""))


def test_no_more_of_an_address_is_folded_than_one_can_have() -> None:
    """Folding combining marks takes long; a longer text is nobody's address anyway."""
    assert "ann@example.com" == members.folded_address(" Ann@Example.com\n")
    assert members.ADDRESS_LENGTH + 1 == len(members.folded_address("a" * 100_000))
