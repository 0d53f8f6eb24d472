"""How often may a team call? 100 times in 10 seconds instead of its plan's burst, and as often as its month allows."""

from typing import Any

import httpx2
import pytest

from maquette.model.clock import month_end, month_start
from tests.dialects.creatopy.calls import make_kit, make_project, refusal, success
from tests.office import Office, StillClock, Team

RATE_HEADERS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-policy"}


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose plan has a month of 1,000 and a burst of 2 in the other dialect."""
    return await office.team(plan=await office.plan(month=1_000, burst=2))


async def call(caller: httpx2.AsyncClient, times: int) -> httpx2.Response:
    """So many calls that are let in; the last one's answer."""
    for _ in range(times):
        answer = await caller.get("/projects")
        success(answer)
    return answer


def left(answer: httpx2.Response) -> dict[str, tuple[int, int]]:
    """What `RateLimit` says is left of each limit, and for how many seconds."""
    found = {}
    for part in answer.headers["ratelimit"].split(", "):
        name, calls, seconds = part.split(";")
        found[name.strip('"')] = int(calls.removeprefix("r=")), int(seconds.removeprefix("t="))
    return found


class TestBurst:
    async def test_a_hundred_calls_in_ten_seconds(self, creatopy: httpx2.AsyncClient, clock: StillClock) -> None:
        """The hundredth is let in, the next is 429 until the window is over, as `Retry-After` says; then it is open."""
        await call(creatopy, 1)
        clock.advance(seconds=3)
        assert (0, 7) == left(await call(creatopy, 99))["burst"]
        for seconds in (0, 3, 3.5):
            clock.advance(seconds=seconds)
            refused = await creatopy.get("/projects")
            assert "More than 100 requests in 10 seconds." == refusal(refused, 429)
        assert "1" == refused.headers["retry-after"]
        assert (0, 1) == left(refused)["burst"]
        clock.advance(seconds=1)
        assert (99, 10) == left(await call(creatopy, 1))["burst"]

    async def test_it_is_the_teams(self, office: Office, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """All clients of the team share it, whoever made them; another team has its own."""
        second, members = await team.creatopy(), await team.creatopy(await team.member())
        await call(creatopy, 50)
        await call(second, 30)
        await call(members, 20)
        for caller in (creatopy, second, members):
            refusal(await caller.get("/projects"), 429)
        other = await office.team(plan=team.workspace.plan)
        await call(await other.creatopy(), 100)

    async def test_it_takes_the_place_of_the_plans(self, office: Office) -> None:
        """More is let in than a small plan's burst, and no more than 100 of a large one's."""
        for burst in (1, 5_000):
            creatopy = await (await office.team(plan=await office.plan(month=1_000, burst=burst))).creatopy()
            assert '"burst";q=100;w=10, ' in (await call(creatopy, 100)).headers["ratelimit-policy"]
            refusal(await creatopy.get("/projects"), 429)

    async def test_the_other_dialects_calls_do_not_count(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """Nor do these count there: each has its own window."""
        craftdesk = await team.craftdesk()
        assert [200, 200, 429] == [(await craftdesk.get("/projects")).status_code for _ in range(3)]
        await call(creatopy, 100)
        refusal(await creatopy.get("/projects"), 429)

    async def test_a_full_window_here_leaves_the_other_dialect_open(
        self, team: Team, creatopy: httpx2.AsyncClient
    ) -> None:
        """A client of one API can't shut out the other's."""
        await call(creatopy, 100)
        refusal(await creatopy.get("/projects"), 429)
        assert 200 == (await (await team.craftdesk()).get("/projects")).status_code

    async def test_whatever_was_let_in_counts(self, office: Office, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """Refusals of any kind, HEAD, and a cached response cost a call of each limit."""
        kit = (await make_kit(creatopy))["id"]
        tag = (await creatopy.get("/projects")).headers["etag"]
        member = await team.creatopy(await team.member())
        calls: list[tuple[int, httpx2.AsyncClient, str, str, dict[str, Any]]] = [
            (400, creatopy, "GET", "/projects?limit=0", {}),
            (403, member, "POST", "/projects", {"json": {"name": "x", "brandKitId": kit}}),
            (404, creatopy, "GET", "/nowhere", {}),
            (404, creatopy, "DELETE", "/projects", {"json": {"projectId": 10**9}}),
            (405, creatopy, "PATCH", "/projects", {}),
            (413, creatopy, "POST", "/projects", {"content": b" " * 1_048_577}),
            (415, creatopy, "POST", "/projects", {"content": b"x", "headers": {"Content-Type": "text/plain"}}),
            (200, creatopy, "GET", "/projects", {}),
            (200, creatopy, "HEAD", "/projects", {}),
            (304, creatopy, "GET", "/projects", {"headers": {"If-None-Match": tag}}),
        ]
        for number, (status, caller, method, path, options) in enumerate(calls, start=1):
            answer = await caller.request(method, path, **options)
            assert status == answer.status_code
            assert {"burst": (98 - number, 10), "month": (998 - number, left(answer)["month"][1])} == left(answer)
            assert str(998 - number) == answer.headers["x-ratelimit-remaining"]

    async def test_refused_callers_do_not_count(self, office: Office, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """401s cost nobody anything and show no quota; nor does the token endpoint, nor a 429."""
        client, secret = await team.client_pair()
        await call(creatopy, 1)
        for _ in range(15):
            answer = await office.http("/creatopy/v1", creatopy.headers["authorization"][7:-3]).get("/projects")
            refusal(answer, 401)
            assert set() == RATE_HEADERS & set(answer.headers)
            pair = {"clientId": client.id, "clientSecret": secret}
            assert 200 == (await office.http("/creatopy/v1").post("/auth/token", json=pair)).status_code
        assert 900 == left(await call(creatopy, 99))["month"][0]
        for _ in range(15):
            refused = await creatopy.get("/projects")
            refusal(refused, 429)
            assert 900 == left(refused)["month"][0]


class TestUnlimited:
    async def test_it_lifts_the_burst_and_tells_no_numbers(self, office: Office) -> None:
        """On the `unlimited` plan nothing is refused, and no rate field is sent."""
        creatopy = await (await office.team(plan="unlimited")).creatopy()
        answer = await call(creatopy, 250)
        assert set() == RATE_HEADERS & set(answer.headers)

    async def test_a_change_of_plan_is_in_force_at_once(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """Up in the middle of a full window, and down again."""
        await call(creatopy, 100)
        refusal(await creatopy.get("/projects"), 429)
        await team.on_plan("unlimited")
        await call(creatopy, 150)
        await team.on_plan("business")
        refusal(await creatopy.get("/projects"), 429)

    async def test_a_plan_without_burst_still_has_its_month(self, office: Office) -> None:
        """Only what is limited is told."""
        creatopy = await (await office.team(plan=await office.plan(month=150))).creatopy()
        answer = await call(creatopy, 150)
        assert ["month"] == list(left(answer))
        assert "burst" not in answer.headers["ratelimit-policy"]
        assert "All 150 calls of this month are used." == refusal(await creatopy.get("/projects"), 429)


class TestMonth:
    async def test_its_headers_are_the_other_dialects(self, office: Office, clock: StillClock) -> None:
        """Limit, what remains, and when the next month begins, beside the fields that tell of both limits."""
        creatopy = await (await office.team(plan="professional")).creatopy()
        answer = await call(creatopy, 1)
        start, end = month_start(clock.now_ms()), month_end(clock.now_ms())
        expected = {
            "x-ratelimit-limit": "50000",
            "x-ratelimit-remaining": "49999",
            "x-ratelimit-reset": str(end // 1000),
            "ratelimit-policy": f'"burst";q=100;w=10, "month";q=50000;w={(end - start) // 1000}',
            "ratelimit": f'"burst";r=99;t=10, "month";r=49999;t={(end - clock.now_ms()) // 1000}',
        }
        assert expected == {name: answer.headers[name] for name in RATE_HEADERS}

    async def test_it_is_exactly_reached(self, office: Office, clock: StillClock) -> None:
        """The last call is let in, the next is 429 with the seconds until the next month, which starts full."""
        creatopy = await (await office.team(plan=await office.plan(month=3, burst=1))).creatopy()
        remaining = [(await call(creatopy, 1)).headers["x-ratelimit-remaining"] for _ in range(3)]
        assert ["2", "1", "0"] == remaining
        refused = await creatopy.get("/projects")
        assert "All 3 calls of this month are used." == refusal(refused, 429)
        wait = (month_end(clock.now_ms()) - clock.now_ms()) // 1000
        assert str(wait) == refused.headers["retry-after"]
        assert {"burst": (97, 10), "month": (0, wait)} == left(refused)
        clock.advance(seconds=wait - 1)
        refusal(await creatopy.get("/projects"), 429)
        clock.advance(seconds=1)
        assert "2" == (await call(creatopy, 1)).headers["x-ratelimit-remaining"]

    async def test_both_dialects_spend_the_same_one(self, office: Office) -> None:
        """A workspace has one month, whichever API it calls; usage tells them apart."""
        team = await office.team(plan=await office.plan(month=10, burst=100))
        creatopy, craftdesk = await team.creatopy(), await team.craftdesk()
        await call(creatopy, 4)
        assert "5" == (await craftdesk.get("/projects")).headers["x-ratelimit-remaining"]
        assert "4" == (await call(creatopy, 1)).headers["x-ratelimit-remaining"]
        usage = (await craftdesk.get("/usage")).json()["data"]
        assert {"craftdesk": 1, "creatopy": 5} == usage["by_dialect"]
        await call(creatopy, 4)
        refusal(await creatopy.get("/projects"), 429)
        assert 429 == (await craftdesk.get("/projects")).status_code

    async def test_a_replay_is_free_of_it_but_not_of_the_burst(self, office: Office) -> None:
        """A repeated `Idempotency-Key` costs no call of the month, and is answered when it is spent."""
        team = await office.team(plan=await office.plan(month=3, burst=1))
        creatopy = await team.creatopy()
        kit = (await make_kit(creatopy))["id"]
        body, key = {"name": "New", "brandKitId": kit}, {"Idempotency-Key": "once"}
        first = await creatopy.post("/projects", json=body, headers=key)
        again = await creatopy.post("/projects", json=body, headers=key)
        assert (first.content, "true") == (again.content, again.headers["idempotency-replayed"])
        assert ((98, 1), (97, 1)) == tuple((left(a)["burst"][0], left(a)["month"][0]) for a in (first, again))
        await call(creatopy, 1)
        refusal(await creatopy.post("/projects", json=body), 429)
        refusal(await creatopy.post("/projects", json=body, headers={"Idempotency-Key": "another"}), 429)
        assert first.content == (await creatopy.post("/projects", json=body, headers=key)).content

    async def test_changes_cost_what_reads_cost(self, office: Office) -> None:
        """One call each."""
        creatopy = await (await office.team(plan=await office.plan(month=10, burst=1))).creatopy()
        kit = (await make_kit(creatopy))["id"]
        project = (await make_project(creatopy, kit))["id"]
        await creatopy.put("/projects", json={"projectId": project})
        answer = await creatopy.request("DELETE", "/projects", json={"projectId": project})
        assert "6" == answer.headers["x-ratelimit-remaining"]
