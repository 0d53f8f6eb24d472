"""One `Idempotency-Key`, one effect, the same answer for a day."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from maquette.domain import idempotency, projects
from maquette.domain.idempotency import Claim, StoredResponse
from maquette.domain.projects import ProjectDraft, ProjectFilter
from maquette.model.actor import Role
from maquette.model.clock import DAY_MS
from maquette.model.errors import Forbidden, IdempotencyKeyReused, Invalid, QuotaSpent
from maquette.model.page import ByPage, Order, SortField
from maquette.store.database import Transaction
from tests.office import Office, Team


@dataclass
class Caller:
    """Somebody who creates projects with a key."""

    team: Team
    name: str = "Site"
    role: Role = Role.OWNER
    claim: Claim = field(init=False)

    def __post_init__(self) -> None:
        self.claim = Claim(self.team.workspace.serial, 1, "once", "POST /v1/projects", b"body")

    async def send(
        self, office: Office | None = None, *, claim: Claim | None = None, replay_only: QuotaSpent | None = None
    ) -> tuple[bytes, bool]:
        """The answer, and whether it is a replay."""
        where, actor = office or self.team.office, self.team.actor(self.team.owner, self.role)
        now_ms = where.now_ms

        async def perform(tx: Transaction) -> StoredResponse:
            made = await projects.create(tx, actor, ProjectDraft(self.name), now_ms=now_ms)
            return StoredResponse(201, {}, made.id.encode())

        answer, replayed = await where.write(
            lambda tx: idempotency.run_once(tx, claim or self.claim, perform, replay_only=replay_only, now_ms=now_ms)
        )
        return answer.body, replayed

    async def count(self) -> int:
        """How many projects there are."""
        actor = self.team.actor(self.team.owner, Role.OWNER)
        found = await self.team.office.read(
            lambda tx: projects.list_(tx, actor, ProjectFilter(), Order(SortField.SERIAL, True), ByPage(1, 1))
        )
        return found.total


@pytest.fixture
async def caller(engine_office: Office) -> Caller:
    """In a new team."""
    return Caller(await engine_office.team())


class TestOnce:
    async def test_a_second_time_gives_the_first_answer(self, caller: Caller) -> None:
        """One project, one answer, and the second says that it's a replay."""
        first, second = await caller.send(), await caller.send()
        assert (False, True, first[0], 1) == (first[1], second[1], second[0], await caller.count())

    async def test_many_at_once_have_one_effect(self, caller: Caller) -> None:
        """The workspace's lock makes the others wait for the first."""
        sent = await asyncio.gather(*(caller.send() for _ in range(12)))
        assert (1, 11) == (len({body for body, _ in sent}), sum(replayed for _, replayed in sent))
        assert await caller.count() == 1

    async def test_two_processes_at_once_have_one_effect(self, caller: Caller, next_door: Office) -> None:
        """A client that tries again elsewhere meets its own answer."""
        sent = await asyncio.gather(*(caller.send(office) for office in [None, next_door] * 4))
        assert (1, 7) == (len({body for body, _ in sent}), sum(replayed for _, replayed in sent))
        assert await caller.count() == 1

    async def test_another_body_is_refused(self, caller: Caller) -> None:
        """The key belongs to its first request."""
        await caller.send()
        with pytest.raises(IdempotencyKeyReused):
            await caller.send(claim=replace(caller.claim, fingerprint=b"other"))
        assert await caller.count() == 1

    @pytest.mark.parametrize("other", [{"credential": 2}, {"request": "POST /v1/brand_kits"}, {"key": "twice"}])
    async def test_another_scope_is_another_key(self, caller: Caller, other: dict[str, str]) -> None:
        """Credential, method, path and value: a difference in one makes it another request."""
        await caller.send()
        _, replayed = await caller.send(claim=replace(caller.claim, **other))
        assert (False, 2) == (replayed, await caller.count())

    async def test_another_team_s_key_is_another_key(self, engine_office: Office, caller: Caller) -> None:
        """The same value in two workspaces is two requests."""
        await caller.send()
        other = Caller(await engine_office.team())
        assert (await other.send())[1] is False

    async def test_a_failed_request_left_nothing(self, caller: Caller) -> None:
        """Its retry runs, with the same key."""
        caller.name = ""
        with pytest.raises(Invalid):
            await caller.send()
        caller.name = "Site"
        assert (await caller.send())[1] is False
        assert await caller.count() == 1

    async def test_it_s_kept_for_a_day(self, engine_office: Office, caller: Caller) -> None:
        """To the millisecond; after that the same key is a new request, and keeps the new answer."""
        first, _ = await caller.send()
        engine_office.clock.at_ms += DAY_MS - 1
        assert await caller.send() == (first, True)
        engine_office.clock.at_ms += 1
        again, replayed = await caller.send()
        assert (False, True) == (replayed, again != first)
        assert await caller.send() == (again, True)


class TestRights:
    async def test_an_answer_is_for_those_who_may_still_ask(self, caller: Caller) -> None:
        """Who was demoted since is refused as with any call; who has the right again is answered again."""
        first, _ = await caller.send()
        caller.role = Role.MEMBER
        with pytest.raises(Forbidden):
            await caller.send()
        caller.role = Role.OWNER
        assert (await caller.send(), await caller.count()) == ((first, True), 1)

    async def test_that_it_can_t_be_done_again_is_no_matter(self, engine_office: Office) -> None:
        """The only project of its plan was made, and the answer says so."""
        caller = Caller(await engine_office.team(plan=await engine_office.plan(projects=1)))
        first, _ = await caller.send()
        assert (await caller.send(), await caller.count()) == ((first, True), 1)


class TestReplayOnly:
    async def test_a_kept_answer_is_given(self, caller: Caller) -> None:
        """Though the month is spent."""
        first, _ = await caller.send()
        assert await caller.send(replay_only=QuotaSpent(1, 1)) == (first, True)

    async def test_with_nothing_kept_it_s_the_refusal(self, caller: Caller) -> None:
        """And nothing is done."""
        with pytest.raises(QuotaSpent):
            await caller.send(replay_only=QuotaSpent(1, 1))
        assert await caller.count() == 0

    async def test_another_body_is_told_first(self, caller: Caller) -> None:
        """A key that came with another request is no replay of this one."""
        await caller.send()
        with pytest.raises(IdempotencyKeyReused):
            await caller.send(claim=replace(caller.claim, fingerprint=b"other"), replay_only=QuotaSpent(1, 1))


class TestOverTheWire:
    async def test_a_replay_costs_nothing_of_the_month(
        self, engine_office: Office, within_a_second: Callable[[], None]
    ) -> None:
        """The first costs one call; a replay says so, and costs none, even when the month is spent."""
        team = await engine_office.team(plan=await engine_office.plan(month=1, burst=100))
        craftdesk = await team.craftdesk()
        sent = [
            await craftdesk.post("/projects", json={"name": "Site"}, headers={"Idempotency-Key": "a"}) for _ in range(3)
        ]
        assert [201] * 3 == [one.status_code for one in sent]
        assert ["0"] * 3 == [one.headers["x-ratelimit-remaining"] for one in sent]
        assert [None, "true", "true"] == [one.headers.get("idempotency-replayed") for one in sent]
        refused = await craftdesk.post("/projects", json={"name": "Site"}, headers={"Idempotency-Key": "b"})
        assert refused.status_code == 429
