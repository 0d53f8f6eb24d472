"""What is left of the month and the minute? Told on every answer to a known caller, and true to the last call."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from maquette.domain import plans
from maquette.model.actor import operator
from tests.dialects.craftdesk.calls import ABSENT, fields, left, listed, make_project, refusal
from tests.office import Office, Team

APRIL = 1_775_001_600
"""The first of April 2026, 00:00 UTC."""

UNTIL_APRIL = 21 * 86_400 + 43_200
"""Seconds from the clock's noon of March 10."""


def quota(answer: httpx2.Response) -> dict[str, str]:
    """The answer's headers about limits."""
    return {name: value for name, value in answer.headers.items() if "ratelimit" in name or name == "retry-after"}


def burst_left(answer: httpx2.Response) -> int:
    """What an answer says is left of the minute."""
    found = re.search(r'"burst";r=(\d+)', answer.headers["ratelimit"])
    assert found
    return int(found[1])


def both_left(answer: httpx2.Response) -> tuple[int, int]:
    """What an answer says is left of the month and of the minute."""
    return left(answer), burst_left(answer)


class TestFields:
    @pytest.mark.parametrize(
        ("plan", "month", "burst"),
        [("starter", 1_000, 10), ("professional", 50_000, 100), ("business", 500_000, 1_000)],
    )
    async def test_the_first_call_of_a_month_leaves_limit_less_one(
        self, office: Office, plan: str, month: int, burst: int
    ) -> None:
        """Both limits in the IETF's fields, the month in the vendor's."""
        craftdesk = await (await office.team(plan=plan)).craftdesk()
        expected = {
            "x-ratelimit-limit": f"{month}",
            "x-ratelimit-remaining": f"{month - 1}",
            "x-ratelimit-reset": f"{APRIL}",
            "ratelimit-policy": f'"burst";q={burst};w=60, "month";q={month};w={31 * 86_400}',
            "ratelimit": f'"burst";r={burst - 1};t=60, "month";r={month - 1};t={UNTIL_APRIL}',
        }
        assert expected == quota(await craftdesk.get("/projects"))
        office.clock.advance(seconds=10.5)
        expected["x-ratelimit-remaining"] = f"{month - 2}"
        expected["ratelimit"] = f'"burst";r={burst - 2};t=50, "month";r={month - 2};t={UNTIL_APRIL - 10}'
        assert expected == quota(await craftdesk.get("/projects"))

    async def test_every_answer_to_a_known_caller_has_them(self, office: Office) -> None:
        """Whatever its status, and each call costs one."""
        team = await office.team(plan="business")
        craftdesk = await team.craftdesk()
        made = await make_project(craftdesk)
        one = f"/projects/{made['id']}"
        member = await team.craftdesk(await team.member())
        stale, key = {"If-Match": '"old"'}, {"Idempotency-Key": "a"}
        text = {"content": b"x", "headers": {"Content-Type": "text/plain"}}
        calls: list[tuple[httpx2.AsyncClient, str, str, dict[str, Any], int]] = [
            (craftdesk, "GET", "/projects", {}, 200),
            (craftdesk, "GET", "/projects", {}, 200),
            (craftdesk, "HEAD", "/projects", {}, 200),
            (craftdesk, "OPTIONS", "/projects", {}, 204),
            (craftdesk, "POST", "/projects", {"json": {"name": "x"}, "headers": key}, 201),
            (craftdesk, "GET", one, {"headers": {"If-None-Match": "*"}}, 304),
            (craftdesk, "GET", "/projects?per_page=0", {}, 400),
            (craftdesk, "GET", "/projects?q=%00", {}, 400),
            (craftdesk, "POST", "/projects", {"json": {}}, 400),
            (member, "POST", "/projects", {"json": {"name": "x"}}, 403),
            (craftdesk, "GET", f"/projects/{ABSENT}", {}, 404),
            (craftdesk, "GET", "/nothing", {}, 404),
            (craftdesk, "PUT", "/projects", {}, 405),
            (craftdesk, "PATCH", one, {"json": {}, "headers": stale}, 412),
            (craftdesk, "POST", "/projects", {"content": b" " * 5_000_000}, 413),
            (craftdesk, "POST", "/projects", text, 415),
            (craftdesk, "POST", "/projects", {"json": {"name": "y"}, "headers": key}, 422),
            (craftdesk, "DELETE", one, {}, 204),
        ]
        for cost, (caller, method, path, given, status) in enumerate(calls, start=2):
            answer = await caller.request(method, path, **given)
            assert status == answer.status_code, (method, path)
            assert [f"{500_000}", f"{500_000 - cost}", f"{APRIL}"] == [
                answer.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")
            ], (method, path, status)
            assert 1_000 - cost == burst_left(answer)
            assert "retry-after" not in answer.headers

    async def test_a_stranger_is_told_nothing(self, office: Office) -> None:
        """401 and the 400 of two keys have no caller whose quota it could be."""
        _, key = await (await office.team(plan="business")).key()
        caller = office.http("/craftdesk/v1")
        assert {} == quota(await caller.get("/projects"))
        headers = [("Authorization", f"Bearer {key}")] * 2
        assert {} == quota(await caller.send(caller.build_request("GET", "/projects", headers=headers)))
        assert {} == quota(await caller.options("/projects"))

    async def test_the_unlimited_plan_sends_none(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """No number would be true, on refusals neither; and nothing is refused."""
        for path, status in (("/projects", 200), ("/projects?page=0", 400), ("/nothing", 404), ("/usage", 200)):
            answer = await craftdesk.get(path)
            assert (status, {}) == (answer.status_code, quota(answer))
        for number in range(1_200):
            assert 200 == (await craftdesk.get("/projects")).status_code, number

    async def test_only_limits_that_are_there_are_told(self, office: Office) -> None:
        """A plan may have one of the two."""
        month = await (await office.team(plan=await office.plan(month=10))).craftdesk()
        burst = await (await office.team(plan=await office.plan(burst=5))).craftdesk()
        found = quota(await month.get("/projects"))
        assert f'"month";r=9;t={UNTIL_APRIL}' == found["ratelimit"]
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} < found.keys()
        assert {"ratelimit-policy": '"burst";q=5;w=60', "ratelimit": '"burst";r=4;t=60'} == quota(
            await burst.get("/projects")
        )

    async def test_a_plan_that_is_changed_is_in_force_at_once(self, office: Office) -> None:
        """Another plan, or other numbers of the same; what was called stays called."""
        plan = await office.plan(month=100, burst=10)
        team = await office.team(plan=plan)
        craftdesk = await team.craftdesk()
        assert (99, 9) == both_left(await craftdesk.get("/projects"))
        await office.write(lambda tx: plans.put(tx, operator(0), plan, {"month": 50, "burst": 20}))
        assert (48, 18) == both_left(await craftdesk.get("/projects"))
        await office.write(lambda tx: plans.put(tx, operator(0), plan, {"month": 3}))
        assert (0, 17) == both_left(await craftdesk.get("/projects"))
        assert 429 == (await craftdesk.get("/projects")).status_code
        await team.on_plan("business")
        assert 500_000 - 4 == left(await craftdesk.get("/projects"))


class TestMonth:
    @pytest.mark.parametrize("limit", [1, 2, 99, 250])
    async def test_it_ends_exactly_at_its_limit(self, office: Office, limit: int) -> None:
        """The last call leaves 0; the next is 429 until the first of next month."""
        craftdesk = await (await office.team(plan=await office.plan(month=limit))).craftdesk()
        answers = [await craftdesk.get("/projects") for _ in range(limit)]
        assert list(reversed(range(limit))) == [left(answer) for answer in answers]
        refused = await craftdesk.get("/projects")
        assert ["rate_limit"] == fields(refused, 429)
        assert {"Rate Limited"} == {refused.json()["message"]}
        assert (0, f"{UNTIL_APRIL}", f"{APRIL}") == (
            left(refused),
            refused.headers["retry-after"],
            refused.headers["x-ratelimit-reset"],
        )

    async def test_many_at_once_reach_it_exactly(self, engine_office: Office) -> None:
        """None too many and none too few."""
        craftdesk = await (await engine_office.team(plan=await engine_office.plan(month=40))).craftdesk()
        answers = await asyncio.gather(*(craftdesk.get("/projects") for _ in range(60)))
        assert [200] * 40 + [429] * 20 == sorted(answer.status_code for answer in answers)
        assert 0 == left(await craftdesk.get("/projects"))

    async def test_retry_after_is_the_truth(self, office: Office) -> None:
        """A millisecond before it's still refused; then the month is whole again, less that call."""
        craftdesk = await (await office.team(plan=await office.plan(month=1))).craftdesk()
        await craftdesk.get("/projects")
        refused = await craftdesk.get("/projects")
        office.clock.advance(seconds=int(refused.headers["retry-after"]) - 0.001)
        assert (429, "1") == ((last := await craftdesk.get("/projects")).status_code, last.headers["retry-after"])
        office.clock.advance(seconds=0.001)
        answer = await craftdesk.get("/projects")
        assert (200, 0) == (answer.status_code, left(answer))
        assert APRIL + 30 * 86_400 == int(answer.headers["x-ratelimit-reset"])

    async def test_a_year_ends_as_a_month_does(self, office: Office) -> None:
        """December's last millisecond is December's."""
        craftdesk = await (await office.team(plan=await office.plan(month=5))).craftdesk()
        new_year = 1_798_761_600
        office.clock.at_ms = new_year * 1000 - 1
        answer = await craftdesk.get("/projects")
        assert (4, new_year) == (left(answer), int(answer.headers["x-ratelimit-reset"]))
        assert f'"month";q=5;w={31 * 86_400}' in answer.headers["ratelimit-policy"]
        assert '"month";r=4;t=1' in answer.headers["ratelimit"]
        office.clock.advance(seconds=0.001)
        answer = await craftdesk.get("/projects")
        assert (4, new_year + 31 * 86_400) == (left(answer), int(answer.headers["x-ratelimit-reset"]))

    async def test_it_is_the_workspaces_not_the_keys(self, office: Office) -> None:
        """All keys and both APIs draw on it, another workspace doesn't."""
        plan = await office.plan(month=10)
        team, other = await office.team(plan=plan), await office.team(plan=plan)
        callers = [await team.craftdesk(), await team.craftdesk(await team.member()), await team.creatopy()]
        assert [9, 8, 7] == [left(await caller.get("/projects")) for caller in callers]
        assert 9 == left(await (await other.craftdesk()).get("/projects"))

    async def test_a_refused_call_costs_nothing(self, office: Office) -> None:
        """Neither the month, when it comes again, nor the minute; with an `Idempotency-Key` neither."""
        craftdesk = await (await office.team(plan=await office.plan(month=1, burst=5))).craftdesk()
        assert 4 == burst_left(await craftdesk.get("/projects"))
        for headers in ({}, {"Idempotency-Key": "a"}):
            for _ in range(3):
                refused = await craftdesk.post("/projects", json={"name": "x"}, headers=headers)
                assert (429, 0, 4) == (refused.status_code, left(refused), burst_left(refused)), headers
        for path, given in (("/projects?q=%00", {"json": {}}), ("/projects", {"content": b"{"}), ("/nothing", {})):
            refused = await craftdesk.post(path, headers={"Idempotency-Key": "a"}, **given)
            assert (429, 4) == (refused.status_code, burst_left(refused)), path

    async def test_a_month_of_none_refuses_everything_but_usage(self, office: Office) -> None:
        """0 is a limit too."""
        craftdesk = await (await office.team(plan=await office.plan(month=0))).craftdesk()
        assert ["rate_limit"] == fields(await craftdesk.get("/projects"), 429)
        assert 200 == (await craftdesk.get("/usage")).status_code


class TestBurst:
    async def test_a_minute_takes_so_many_calls(self, office: Office) -> None:
        """The one past the limit is 429, tells when, and costs nothing of the month."""
        craftdesk = await (await office.team(plan=await office.plan(month=100, burst=3))).craftdesk()
        assert [2, 1, 0] == [burst_left(await craftdesk.get("/projects")) for _ in range(3)]
        office.clock.advance(seconds=20)
        refused = await craftdesk.get("/projects")
        assert {"rate_limit": ["More than 3 calls in 60 seconds."]} == refusal(refused, 429)
        assert ("40", 97, 0) == (refused.headers["retry-after"], left(refused), burst_left(refused))
        assert refused.headers["ratelimit"].startswith('"burst";r=0;t=40, ')

    async def test_retry_after_is_the_truth(self, office: Office) -> None:
        """A millisecond before it's still refused, then all of it is there again."""
        craftdesk = await (await office.team(plan=await office.plan(month=100, burst=2))).craftdesk()
        for _ in range(2):
            await listed(craftdesk)
        refused = await craftdesk.get("/projects")
        office.clock.advance(seconds=int(refused.headers["retry-after"]) - 0.001)
        assert (429, "1") == ((last := await craftdesk.get("/projects")).status_code, last.headers["retry-after"])
        office.clock.advance(seconds=0.001)
        assert 1 == burst_left(await craftdesk.get("/projects"))

    async def test_what_is_shown_is_what_happens(self, office: Office) -> None:
        """However the calls are spread, as many as were left are answered within the time told."""
        craftdesk = await (await office.team(plan=await office.plan(month=1_000, burst=7))).craftdesk()
        for pause in (0, 13, 59.9, 60, 61, 7.5):
            office.clock.advance(seconds=pause)
            answer = await craftdesk.get("/projects")
            if answer.status_code == 429:
                office.clock.advance(seconds=int(answer.headers["retry-after"]))
                answer = await craftdesk.get("/projects")
            promised = burst_left(answer)
            statuses = [(await craftdesk.get("/projects")).status_code for _ in range(promised + 1)]
            assert [200] * promised + [429] == statuses, pause

    async def test_it_is_the_workspaces_and_this_apis(self, office: Office) -> None:
        """Its keys share it; the other API has its own, another workspace too."""
        plan = await office.plan(month=100, burst=5)
        team, other = await office.team(plan=plan), await office.team(plan=plan)
        await (await team.creatopy()).get("/projects")
        callers = [await team.craftdesk(), await team.craftdesk(await team.member())]
        assert [4, 3] == [burst_left(await caller.get("/projects")) for caller in callers]
        assert 4 == burst_left(await (await other.craftdesk()).get("/projects"))

    async def test_a_starter_has_ten_a_minute(self, office: Office) -> None:
        """As the vendor's page says."""
        craftdesk = await (await office.team(plan="starter")).craftdesk()
        answers = [await craftdesk.get("/projects") for _ in range(11)]
        assert [200] * 10 + [429] == [answer.status_code for answer in answers]
