"""Is a key's principal known from memory while nothing changed, and never a moment longer?"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from maquette.dialects import craftdesk
from maquette.domain import credentials
from maquette.domain.identities import Identities, Principal
from maquette.domain.keys import new_key
from maquette.model.actor import Role
from maquette.model.errors import Unauthenticated
from maquette.model.ids import new_id
from maquette.model.records import User
from maquette.store.database import Change, Transaction
from maquette.wire.callers import Callers
from tests.domain.doubles import Watched
from tests.office import Office, StillClock, Team


class Desk:
    """One team's key, and a memory of its own in front of the store."""

    def __init__(self, office: Office, team: Team, clock: StillClock) -> None:
        self.team = team
        self.store = Watched(office.database)
        self.identities = Identities(self.store, clock)
        self.callers = Callers(craftdesk.DIALECT, replace(office.runtime.services, identities=self.identities))
        self.clock = clock
        self.key = ""
        self.id = ""
        self.maker: User

    async def principal(self) -> Principal | None:
        """Who holds the key, if anybody, as the gate finds it out."""
        header = f"Bearer {self.key}".encode()
        try:
            caller = self.callers.known(header, self.clock.now_ms()) or await self.callers.identify(header)
            return caller.principal
        except Unauthenticated:
            return None

    async def revoke(self, office: Office) -> None:
        """End the key, in that process."""
        await office.write(lambda tx: credentials.revoke(tx, self.team.operator, self.id, now_ms=office.now_ms))


@pytest.fixture
async def desk(engine_office: Office, clock: StillClock, within_a_second: Callable[[], None]) -> Desk:
    """A key that an admin made; no time passes in which memory of it would end."""
    return await staffed(engine_office, clock)


async def staffed(office: Office, clock: StillClock) -> Desk:
    """A new team's, with a key that an admin made."""
    team = await office.team()
    made = Desk(office, team, clock)
    made.maker = await team.member(Role.ADMIN)
    credential, made.key = await team.key(made.maker)
    made.id = credential.id
    return made


async def remove(office: Office, team: Team, user: User) -> None:
    """Take somebody's membership away, as a verb will."""

    async def body(tx: Transaction) -> None:
        await tx.run(
            "UPDATE members SET removed_at = $3 WHERE workspace = $1 AND user_serial = $2",
            team.workspace.serial,
            user.serial,
            office.now_ms,
        )
        tx.notify(Change(team.workspace.serial, access=True))

    await office.write(body)


class TestMemory:
    async def test_a_known_key_is_not_looked_up_again(self, desk: Desk) -> None:
        """The store is asked once."""
        assert await desk.principal() == await desk.principal()
        assert desk.store.reads == 1

    async def test_an_unknown_key_is_nobody_s(self, desk: Desk) -> None:
        """And it's not remembered as such: it may be made at any time."""
        desk.key = new_key()
        assert [None, None] == [await desk.principal(), await desk.principal()]
        assert desk.store.reads == 2

    async def test_writes_that_change_nobody_s_access_leave_it_alone(self, engine_office: Office, desk: Desk) -> None:
        """A new project doesn't send everybody back to the store."""
        await desk.principal()
        tell = Change(desk.team.workspace.serial, 2)

        async def body(tx: Transaction) -> None:
            tx.notify(tell)

        await engine_office.write(body)
        await desk.principal()
        assert desk.store.reads == 1

    @pytest.mark.parametrize("where", ["here", "elsewhere", "everywhere"])
    async def test_a_change_of_access_is_over_for_its_own_workspace(
        self, engine_office: Office, desk: Desk, where: str
    ) -> None:
        """Somebody's new key elsewhere sends nobody here back to the store; a plan's new limits send everybody."""
        await desk.principal()
        workspace = desk.team.workspace.serial
        changed = {"here": workspace, "elsewhere": workspace + 1, "everywhere": None}[where]
        before = desk.identities.generation(workspace)

        async def body(tx: Transaction) -> None:
            tx.notify(Change(changed, access=True))

        await engine_office.write(body)
        is_over = where != "elsewhere"
        assert is_over is (before != desk.identities.generation(workspace))
        assert await desk.principal()
        assert desk.store.reads == 1 + is_over


class TestRevoked:
    async def test_at_once(self, engine_office: Office, desk: Desk) -> None:
        """The moment the revocation is acknowledged, the key is nobody's."""
        assert await desk.principal()
        await desk.revoke(engine_office)
        assert await desk.principal() is None

    async def test_together_with_others(self, engine_office: Office, clock: StillClock) -> None:
        """Several teams' keys in one commit."""
        desks = [await staffed(engine_office, clock) for _ in range(3)]
        assert None not in [await desk.principal() for desk in desks]
        await asyncio.gather(*(desk.revoke(engine_office) for desk in desks))
        assert [None] * 3 == [await desk.principal() for desk in desks]

    async def test_next_door(self, next_door: Office, desk: Desk, within_a_second: Callable[[], None]) -> None:
        """Revoked in another process: at once on SQLite, within a second on PostgreSQL."""
        assert await desk.principal()
        await desk.revoke(next_door)
        if not desk.store.sees_all_writes:
            within_a_second()
        assert await desk.principal() is None

    async def test_next_door_while_this_process_writes_without_pause(
        self, engine_office: Office, next_door: Office, desk: Desk, within_a_second: Callable[[], None]
    ) -> None:
        """Its own writes don't hide those of others."""
        is_over = False

        async def load() -> None:
            while not is_over:
                await desk.team.member()

        writers = [asyncio.create_task(load()) for _ in range(4)]
        await asyncio.sleep(0.05)
        assert await desk.principal()
        await desk.revoke(next_door)
        if not desk.store.sees_all_writes:
            within_a_second()
        found = await desk.principal()
        is_over = True
        await asyncio.gather(*writers)
        assert found is None

    async def test_while_it_is_being_looked_up(self, engine_office: Office, desk: Desk) -> None:
        """What was read before the revocation answers the call that was under way, and no later one."""
        desk.store.gate.clear()
        under_way = asyncio.create_task(desk.principal())
        await asyncio.sleep(0.05)
        await desk.revoke(engine_office)
        desk.store.gate.set()
        assert await under_way
        assert await desk.principal() is None

    async def test_next_door_while_it_is_being_looked_up(
        self, next_door: Office, desk: Desk, within_a_second: Callable[[], None]
    ) -> None:
        """The same for a revocation in another process."""
        desk.store.gate.clear()
        under_way = asyncio.create_task(desk.principal())
        await asyncio.sleep(0.05)
        await desk.revoke(next_door)
        within_a_second()
        desk.store.gate.set()
        assert await under_way
        assert await desk.principal() is None


class TestMaker:
    async def test_a_demoted_maker_s_key_is_demoted(self, desk: Desk) -> None:
        """The key is what its maker is now."""
        principal = await desk.principal()
        assert principal
        assert principal.role is Role.ADMIN
        await desk.team.member(Role.MEMBER, desk.maker.email)
        principal = await desk.principal()
        assert principal
        assert principal.role is Role.MEMBER

    async def test_a_removed_maker_s_key_is_nobody_s(self, engine_office: Office, desk: Desk) -> None:
        """Access ends with the membership; the key itself is not revoked."""
        assert await desk.principal()
        await remove(engine_office, desk.team, desk.maker)
        assert await desk.principal() is None

    async def test_a_maker_who_comes_back_brings_the_key_back(self, engine_office: Office, desk: Desk) -> None:
        """With the role that they have now."""
        await remove(engine_office, desk.team, desk.maker)
        assert await desk.principal() is None
        await desk.team.member(Role.MEMBER, desk.maker.email)
        principal = await desk.principal()
        assert principal
        assert principal.role is Role.MEMBER

    async def test_removal_elsewhere_changes_nothing_here(self, engine_office: Office, desk: Desk) -> None:
        """The same person in another workspace is another member."""
        other = await engine_office.team()
        await other.member(Role.ADMIN, desk.maker.email)
        await remove(engine_office, other, desk.maker)
        assert await desk.principal()


class TestExpiry:
    async def test_the_key_s_last_millisecond_is_the_one_before(self, engine_office: Office, clock: StillClock) -> None:
        """At the moment it expires it's nobody's, also from memory."""
        team = await engine_office.team()
        made = Desk(engine_office, team, clock)
        _, made.key = await team.key(expires_at=clock.at_ms + 1_000)
        clock.at_ms += 999
        assert await made.principal()
        clock.at_ms += 1
        assert await made.principal() is None


class TestPlan:
    async def test_the_principal_has_the_plan_of_now(self, engine_office: Office, desk: Desk) -> None:
        """A workspace on another plan, or a plan with other limits, is noticed at the next call."""
        plan = await engine_office.plan(month=7)
        await desk.principal()
        await desk.team.on_plan(plan)
        principal = await desk.principal()
        assert principal
        assert (plan, 7) == (principal.plan.name, principal.plan.month)


class TestUnknownPair:
    async def test_nobody_holds_it(self, desk: Desk) -> None:
        """An id that isn't there, and a key's id in place of a pair's."""
        for unknown in (new_id(0), desk.id):
            with pytest.raises(Unauthenticated):
                await desk.identities.by_client_id(unknown)
