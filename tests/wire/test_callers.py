"""Are callers known by their header exactly as long as they are who they were?"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from maquette.dialects import creatopy
from maquette.domain import credentials
from maquette.domain.identities import Authentication, Identities
from maquette.domain.services import Services
from maquette.model.actor import Role
from maquette.model.errors import Unauthenticated
from maquette.model.records import Credential, User
from maquette.store.database import Change, Transaction
from maquette.wire.callers import MAX_PER_CREDENTIAL, Caller, Callers
from tests.dialects.creatopy.signing import signed
from tests.domain.doubles import Watched
from tests.office import Office, StillClock, Team

HEADER = b"Bearer a.b.c"


class Desk:
    """A memory of its own for one client pair, whose token lasts for a minute."""

    def __init__(self, office: Office, team: Team, maker: User, pair: Credential) -> None:
        self.team = team
        self.maker = maker
        self.pair = pair
        self.store = Watched(office.database)
        self.identities = Identities(self.store, office.clock)
        self.clock = office.clock
        self.asked = 0
        self.ends_at = office.now_ms + 60_000
        services = replace(office.runtime.services, identities=self.identities)
        self.callers = Callers(replace(creatopy.DIALECT, identify=self._identify), services)

    def known(self, header: bytes) -> Caller | None:
        """Who sends that, as far as memory can tell."""
        return self.callers.known(header, self.clock.now_ms())

    async def ask(self, header: bytes = HEADER) -> Caller:
        """Who sends that, as the gate finds it out."""
        return self.known(header) or await self.callers.identify(header)

    async def revoke(self, office: Office) -> None:
        """End the pair, in that process."""
        await office.write(lambda tx: credentials.revoke(tx, self.team.operator, self.pair.id, now_ms=office.now_ms))

    async def _identify(self, _: Services, token: str) -> Authentication:
        self.asked += 1
        assert "a.b.c" == token
        return Authentication(await self.identities.by_client_id(self.pair.id), self.ends_at)


@pytest.fixture
async def desk(engine_office: Office, within_a_second: Callable[[], None]) -> Desk:
    """At which an admin's pair is known; no time passes in which that would end."""
    team = await engine_office.team()
    maker = await team.member(Role.ADMIN)
    pair, _ = await team.client_pair(maker)
    return Desk(engine_office, team, maker, pair)


class TestMemory:
    async def test_a_token_is_verified_once(self, desk: Desk) -> None:
        """A second call with the same header asks nobody."""
        callers = [await desk.ask() for _ in range(3)]
        assert (1, 1) == (desk.asked, len({id(caller) for caller in callers}))

    @pytest.mark.parametrize(("away", "times"), [(0, 2), (1, 1)])
    async def test_access_that_changes_elsewhere_changes_nothing_here(
        self, engine_office: Office, desk: Desk, away: int, times: int
    ) -> None:
        """In its own workspace it's asked who they are now."""

        async def body(tx: Transaction) -> None:
            tx.notify(Change(desk.team.workspace.serial + away, access=True))

        await desk.ask()
        await engine_office.write(body)
        await desk.ask()
        assert times == desk.asked

    @pytest.mark.parametrize(
        ("header", "is_kept"), [(b"bearer a.b.c", True), (b"BEARER a.b.c", True), (b"Bearer  a.b.c ", False)]
    )
    async def test_another_spelling_is_another_header(self, desk: Desk, header: bytes, is_kept: bool) -> None:
        """It's verified for itself; what could be spelled on and on is not remembered."""
        await desk.ask()
        assert desk.known(header) is None
        assert (await desk.ask(header)).admission_request == (await desk.ask()).admission_request
        assert (2, is_kept) == (desk.asked, desk.known(header) is not None)

    @pytest.mark.parametrize("header", [b"", b"Bearer", b"Bearer ", b"Basic a.b.c", b"a.b.c", "Bearer é".encode()])
    async def test_what_is_no_bearer_token_is_nobody_s(self, desk: Desk, header: bytes) -> None:
        """No dialect is asked about it."""
        with pytest.raises(Unauthenticated):
            await desk.ask(header)
        assert 0 == desk.asked

    async def test_it_is_bounded(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """Past the most it keeps, it begins anew."""
        monkeypatch.setattr("maquette.wire.callers.MAX_CALLERS", 3)
        for letter in range(6):
            kind = "bearer"
            await desk.ask(f"{kind[:letter]}{kind[letter:].upper()} a.b.c".encode())
        assert 0 < len(desk.callers._known) <= 3

    async def test_they_are_told_apart_by_their_secret_only_as_its_hash(self, desk: Desk) -> None:
        """No token lies in memory for longer than its call."""
        await desk.ask()
        assert not any(b"a.b.c" in key for key in desk.callers._known)


class TestEnd:
    async def test_a_token_ends_at_its_time(self, desk: Desk, clock: StillClock) -> None:
        """Also from memory."""
        await desk.ask()
        clock.at_ms += 59_999
        await desk.ask()
        clock.at_ms += 1
        with pytest.raises(Unauthenticated):
            await desk.ask()

    async def test_it_ends_with_its_pair(self, engine_office: Office, desk: Desk) -> None:
        """Deleting the pair ends its tokens at once."""
        await desk.ask()
        await desk.revoke(engine_office)
        with pytest.raises(Unauthenticated):
            await desk.ask()

    async def test_a_revocation_during_the_check_is_not_overlooked(self, engine_office: Office, desk: Desk) -> None:
        """What was verified just before answers the call that was under way, and no later one."""
        desk.store.gate.clear()
        under_way = asyncio.create_task(desk.ask())
        await asyncio.sleep(0.05)
        await desk.revoke(engine_office)
        desk.store.gate.set()
        assert desk.pair.id == (await under_way).principal.credential.id
        with pytest.raises(Unauthenticated):
            await desk.ask()


class TestManyTokens:
    async def test_one_credential_pushes_nobody_else_out(self, office: Office) -> None:
        """Of whoever signs tokens of their own without end, only the newest are known."""
        team = await office.team()
        (mine, my_secret), (client, secret) = await team.client_pair(), await team.client_pair()
        callers = Callers(creatopy.DIALECT, office.runtime.services)
        good = await callers.identify(b"Bearer " + signed({"clientId": mine.id}, my_secret).encode())
        headers = [b"Bearer " + signed({"clientId": client.id, "n": n}, secret).encode() for n in range(50)]
        for header in headers * 2:
            await callers.identify(header)
        assert good is callers.known(b"Bearer " + signed({"clientId": mine.id}, my_secret).encode(), office.now_ms)
        assert MAX_PER_CREDENTIAL == sum(callers.known(header, office.now_ms) is not None for header in headers)
        assert callers.known(headers[-1], office.now_ms) is not None


class TestCaller:
    async def test_a_plan_of_now_is_noticed_at_the_next_call(self, engine_office: Office, desk: Desk) -> None:
        """Another plan is another admission request."""
        await desk.ask()
        await desk.team.on_plan(await engine_office.plan(month=7))
        assert 7 == (await desk.ask()).admission_request.plan.month

    async def test_a_member_has_a_cache_partition_of_their_own(self, desk: Desk) -> None:
        """An admin sees what every admin sees."""
        everybody = (await desk.ask()).cache_partition
        await desk.team.member(Role.MEMBER, desk.maker.email)
        assert [0, desk.maker.serial] == [everybody[1], (await desk.ask()).cache_partition[1]]
