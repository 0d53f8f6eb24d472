"""Plans, events, facts, kept answers and the ledger as rows."""

import pytest

from maquette.model.actor import Actor, Role, operator
from maquette.model.records import Plan
from maquette.store import events, facts, idempotency, plans, usage
from maquette.store.idempotency import Claim, StoredResponse
from maquette.store.usage import Spent
from tests.store.conftest import Home, unique


class TestPlans:
    async def test_those_that_ship(self, home: Home) -> None:
        """The vendor's three and one without limits."""
        found = {plan.name: plan for plan in await home.read(plans.every)}
        assert Plan("starter", 1_000, 10, 5) == found["starter"]
        assert Plan("professional", 50_000, 100, 25) == found["professional"]
        assert Plan("business", 500_000, 1_000, None, custom_scopes=True) == found["business"]
        assert Plan("unlimited", None, None, None, custom_scopes=True) == found["unlimited"]

    async def test_the_smallest_month_first_and_no_limit_last(self, home: Home) -> None:
        """Ties are ordered by name."""
        months = [plan.month for plan in await home.read(plans.every)]
        limited = [month for month in months if month is not None]
        assert sorted(limited) + [None] * (len(months) - len(limited)) == months

    async def test_put_adds_and_replaces(self, home: Home) -> None:
        """A plan of that name is replaced whole."""
        name = unique("plan")
        for plan in (Plan(name, 1, 2, 3, custom_scopes=True), Plan(name, None, 0, None)):
            await home.write(lambda tx, plan=plan: plans.put(tx, plan))  # type: ignore[misc]
            assert plan == await home.read(lambda tx: plans.get(tx, name))

    async def test_an_unknown_name(self, home: Home) -> None:
        """None."""
        assert await home.read(lambda tx: plans.get(tx, unique("plan"))) is None


class TestEvents:
    @pytest.mark.parametrize(
        ("actor", "by"),
        [
            (Actor(0, 7, Role.OWNER, credential=9, address="::1", request_id="r"), (7, 9, "::1", "r")),
            (operator(0), (None, None, "command line", "")),
        ],
        ids=["a caller", "the operator"],
    )
    async def test_what_happened_and_who_did_it(
        self, home: Home, actor: Actor, by: tuple[int | None, int | None, str, str]
    ) -> None:
        """One row with the subject as it was, and its cause; the operator is nobody's user."""
        id = unique("evt")
        await home.write(
            lambda tx: events.insert(
                tx,
                actor,
                id=id,
                type="project.created",
                subject_kind="project",
                subject=3,
                subject_id="uuid",
                data='{"a": 1}',
                now_ms=5,
            )
        )
        row = await home.read(lambda tx: tx.row("SELECT * FROM events WHERE id = $1", id))
        assert row
        assert (id, 0, "project.created", "project", 3, "uuid", '{"a": 1}', *by, 5) == tuple(row)[1:]


class TestFacts:
    async def test_a_fact_is_stated_once(self, home: Home) -> None:
        """It is read as it was stated."""
        name = unique("fact")
        assert await home.read(lambda tx: facts.get(tx, name)) is None
        await home.write(lambda tx: facts.put(tx, name, "so"))
        assert "so" == await home.read(lambda tx: facts.get(tx, name))


def _claim(home: Home, key: str = "k", *, credential: int = 1, request: str = "POST /v1/projects") -> Claim:
    return Claim(home.serial, credential, key, request, b"f" * 32)


ANSWER = StoredResponse(201, {"etag": '"x"'}, b"\x00body\xff")


class TestIdempotency:
    async def test_an_answer_is_kept_with_its_fingerprint(self, home: Home) -> None:
        """Status, headers and bytes come back as they were."""
        claim = _claim(home)
        await home.write(lambda tx: idempotency.put(tx, claim, ANSWER, 100))
        assert (b"f" * 32, ANSWER) == await home.read(lambda tx: idempotency.get(tx, claim, since_ms=99))

    async def test_one_from_before_is_not_given(self, home: Home) -> None:
        """`since_ms` itself is too old."""
        claim = _claim(home)
        await home.write(lambda tx: idempotency.put(tx, claim, ANSWER, 100))
        assert await home.read(lambda tx: idempotency.get(tx, claim, since_ms=100)) is None

    async def test_key_credential_request_and_workspace_tell_apart(self, home: Home, neighbour: Home) -> None:
        """Another one in any of the four is another claim."""
        await home.write(lambda tx: idempotency.put(tx, _claim(home), ANSWER, 100))
        others = (
            _claim(home, "K"),
            _claim(home, credential=2),
            _claim(home, request="POST /v1/x"),
            _claim(neighbour),
        )
        for other in others:
            assert await home.read(lambda tx, other=other: idempotency.get(tx, other, since_ms=0)) is None  # type: ignore[misc]

    async def test_a_new_answer_takes_the_outlived_ones_place(self, home: Home) -> None:
        """The last one put is the one kept."""
        claim, second = _claim(home), StoredResponse(200, {}, b"")
        await home.write(lambda tx: idempotency.put(tx, claim, ANSWER, 100))
        await home.write(lambda tx: idempotency.put(tx, claim, second, 200))
        assert (b"f" * 32, second) == await home.read(lambda tx: idempotency.get(tx, claim, since_ms=0))

    async def test_purging_starts_with_the_oldest_and_has_a_limit(self, home: Home) -> None:
        """So that a day's worth of answers never holds up the writer; it says how many went."""
        for at in (-3, -1, -2):
            await home.write(lambda tx, at=at: idempotency.put(tx, _claim(home, str(at)), ANSWER, at))  # type: ignore[misc]
        assert 2 == await home.write(lambda tx: idempotency.purge(tx, before_ms=-1, limit=2))
        left = [
            at
            for at in (-3, -2, -1)
            if await home.read(lambda tx, at=at: idempotency.get(tx, _claim(home, str(at)), since_ms=-9))  # type: ignore[misc]
        ]
        assert [-1] == left
        assert 1 == await home.write(lambda tx: idempotency.purge(tx, before_ms=-1, limit=2))


class TestUsage:
    async def test_leases_add_up(self, home: Home, neighbour: Home) -> None:
        """A month starts at nothing; what is given back is taken off, in this month and workspace alone."""
        assert 0 == await home.read(lambda tx: usage.leased(tx, home.serial, 1))
        for calls in (100, 50, -30):
            await home.write(lambda tx, calls=calls: usage.lease(tx, {(home.serial, 1): calls}))  # type: ignore[misc]
        assert 120 == await home.read(lambda tx: usage.leased(tx, home.serial, 1))
        assert 0 == await home.read(lambda tx: usage.leased(tx, home.serial, 2))
        assert 0 == await home.read(lambda tx: usage.leased(tx, neighbour.serial, 1))

    async def test_counts_add_up_by_day_credential_and_dialect(self, home: Home) -> None:
        """Days from `since` on and before `before`, in order."""
        one, two = await home.credential(kind="client"), await home.credential(kind="client")
        workspace = home.serial
        counts = {
            (workspace, 20, two.serial, "craftdesk"): 1,
            (workspace, 20, one.serial, "creatopy"): 2,
            (workspace, 20, one.serial, "craftdesk"): 3,
            (workspace, 10, one.serial, "craftdesk"): 4,
            (workspace, 30, one.serial, "craftdesk"): 5,
        }
        for _ in range(2):
            await home.write(lambda tx: usage.add(tx, counts))
        assert [
            Spent(10, one.serial, one.id, "deploy", "craftdesk", 8),
            Spent(20, one.serial, one.id, "deploy", "craftdesk", 6),
            Spent(20, one.serial, one.id, "deploy", "creatopy", 4),
            Spent(20, two.serial, two.id, "deploy", "craftdesk", 2),
        ] == await home.read(lambda tx: usage.spent(tx, workspace, since=10, before=30))
