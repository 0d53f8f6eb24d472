"""`GET /v1/usage`: what has the workspace called this month, and who? It costs nothing, and answers to the end."""

from typing import Any

import httpx2
import pytest

from maquette.model.actor import Scope
from tests.dialects.craftdesk.calls import data, left, listed, make_project, refusal
from tests.office import Office, Team


async def usage(caller: httpx2.AsyncClient) -> dict[str, Any]:
    """The workspace's usage."""
    found: dict[str, Any] = data(await caller.get("/usage"))
    return found


class TestGet:
    async def test_it_tells_the_month_so_far(self, office: Office) -> None:
        """By day, by key and by dialect, each adding up to what was used."""
        team = await office.team(plan="professional")
        (first, key), (second, other) = await team.key(), await team.key()
        craftdesk, another = office.http("/craftdesk/v1", key), office.http("/craftdesk/v1", other)
        client, _ = await team.client_pair()
        creatopy = await team.creatopy()
        for _ in range(2):
            await craftdesk.get("/projects")
        office.clock.advance(days=1)
        await another.get("/projects")
        await creatopy.get("/projects")
        found = await usage(craftdesk)
        by_key = found.pop("by_key")
        expected = {
            "plan": "professional",
            "period": {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"},
            "month": {"limit": 50_000, "used": 4, "remaining": 49_996, "reset": 1_775_001_600},
            "burst": {"limit": 100, "window_seconds": 60},
            "by_day": [{"date": "2026-03-10", "calls": 2}, {"date": "2026-03-11", "calls": 2}],
            "by_dialect": {"craftdesk": 3, "creatopy": 1},
        }
        assert expected == found
        assert [
            {"id": first.id, "name": first.name, "calls": 2},
            {"id": second.id, "name": second.name, "calls": 1},
        ] == by_key[:2]
        assert [1] == [row["calls"] for row in by_key[2:]]
        assert client.id not in [row["id"] for row in by_key]

    async def test_a_new_month_begins_with_nothing(self, office: Office) -> None:
        """What was called in March is March's."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        await listed(craftdesk)
        office.clock.advance(days=22)
        found = await usage(craftdesk)
        assert {"start": "2026-04-01T00:00:00Z", "end": "2026-05-01T00:00:00Z"} == found["period"]
        assert (0, 500_000) == (found["month"]["used"], found["month"]["remaining"])
        assert [[], [], {"craftdesk": 0, "creatopy": 0}] == [found[name] for name in ("by_day", "by_key", "by_dialect")]

    async def test_a_plan_without_limits_is_counted_all_the_same(self, team: Team, office: Office) -> None:
        """Its limits are null, its calls are told."""
        craftdesk = await team.craftdesk()
        for _ in range(3):
            await listed(craftdesk)
        found = await usage(craftdesk)
        assert "unlimited" == found["plan"]
        assert {"limit": None, "used": 3, "remaining": None, "reset": 1_775_001_600} == found["month"]
        assert {"limit": None, "window_seconds": 60} == found["burst"]
        assert [{"date": "2026-03-10", "calls": 3}] == found["by_day"]

    async def test_every_member_and_key_may_read_it(self, office: Office) -> None:
        """A member, and a key that may only read."""
        team = await office.team(plan="business")
        for caller in (await team.craftdesk(await team.member()), await team.craftdesk(scope=Scope.READ_ONLY)):
            assert "business" == (await usage(caller))["plan"]

    async def test_who_may_not_see_keys_is_told_its_own_alone(self, office: Office) -> None:
        """To a member and to a custom key the others' names are nothing; the sums are all the same."""
        team = await office.team()
        owner, ann = await team.craftdesk(), await team.member()
        grants = {"projects": {"access": "read"}}
        custom = data(await owner.post("/api_keys", json={"name": "a", "scope": "custom", "grants": grants}), 201)
        key, token = await team.key(ann)
        callers = {
            custom["id"]: office.http("/craftdesk/v1", custom["key"]),
            key.id: office.http("/craftdesk/v1", token),
        }
        for caller in callers.values():
            await listed(caller)
        for id, caller in callers.items():
            found = await usage(caller)
            assert [id] == [row["id"] for row in found["by_key"]]
            assert (3, 3) == (found["by_day"][0]["calls"], found["by_dialect"]["craftdesk"])
        assert 3 == len((await usage(owner))["by_key"])

    async def test_another_workspaces_calls_are_not_in_it(self, office: Office) -> None:
        """Limits and counts belong to a workspace."""
        mine, theirs = [await (await office.team(plan="business")).craftdesk() for _ in range(2)]
        await listed(theirs)
        assert 0 == (await usage(mine))["month"]["used"]


class TestCost:
    async def test_it_costs_nothing_of_the_month(self, office: Office) -> None:
        """Neither by GET nor by HEAD, with a query or a slash behind it."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        for method in ("GET", "HEAD"):
            for path in ("/usage", "/usage?_=1", "/usage/", "/usage//"):
                assert 500_000 == left(await craftdesk.request(method, path)), (method, path)
        found = await usage(craftdesk)
        assert (0, []) == (found["month"]["used"], found["by_day"])

    async def test_it_is_never_of_yesterday(self, office: Office) -> None:
        """Each answer knows the call before it, though nothing was written by it."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        for calls in range(1, 4):
            await listed(craftdesk)
            for path in ("/usage", "/usage/", "/usage//"):
                assert calls == data(await craftdesk.get(path))["month"]["used"]

    async def test_it_answers_when_the_month_is_spent(self, office: Office) -> None:
        """Whoever is refused can see why."""
        craftdesk = await (await office.team(plan=await office.plan(month=2, burst=100))).craftdesk()
        statuses = [(await craftdesk.get("/projects")).status_code for _ in range(3)]
        assert [200, 200, 429] == statuses
        found = await usage(craftdesk)
        assert (2, 0) == (found["month"]["used"], found["month"]["remaining"])
        assert [{"date": "2026-03-10", "calls": 2}] == found["by_day"]

    async def test_it_counts_in_the_burst(self, office: Office) -> None:
        """It is unmetered, not without end."""
        craftdesk = await (await office.team(plan=await office.plan(month=100, burst=2))).craftdesk()
        answers = [await craftdesk.get("/usage") for _ in range(3)]
        assert [200, 200, 429] == [answer.status_code for answer in answers]

    @pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
    async def test_another_method_is_a_call_like_any(self, office: Office, method: str) -> None:
        """Only reading it is unmetered."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        answer = await craftdesk.request(method, "/usage")
        assert ["method"] == list(refusal(answer, 405))
        assert 500_000 - 1 == left(answer)


class TestCounted:
    async def test_refused_calls_are_counted_but_for_401_and_429(self, office: Office) -> None:
        """Whatever was admitted was a call; a replayed answer was none."""
        craftdesk = await (await office.team(plan=await office.plan(month=6, burst=100))).craftdesk()
        headers = {"Idempotency-Key": "a"}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/projects", {"json": {"name": "x"}, "headers": headers}),
            ("POST", "/projects", {"json": {"name": "x"}, "headers": headers}),
            ("POST", "/projects", {"json": {"name": "y"}, "headers": headers}),
            ("GET", "/projects?page=0", {}),
            ("GET", "/projects/nothing", {}),
            ("PUT", "/projects", {}),
            ("GET", "/projects", {"headers": {"Authorization": "Bearer x"}}),
            ("GET", "/projects", {}),
            ("GET", "/projects", {}),
        ]
        answers = [await craftdesk.request(method, path, **given) for method, path, given in calls]
        assert [201, 201, 422, 400, 404, 405, 401, 200, 429] == [answer.status_code for answer in answers]
        found = await usage(craftdesk)
        assert (6, {"craftdesk": 6, "creatopy": 0}) == (found["month"]["used"], found["by_dialect"])

    async def test_what_a_workspace_made_of_it_is_unchanged(self, office: Office) -> None:
        """Reading the usage writes what is counted, and nothing a page depends on."""
        craftdesk = await (await office.team(plan="business")).craftdesk()
        made = await make_project(craftdesk)
        before = await craftdesk.get("/projects")
        await usage(craftdesk)
        after = await craftdesk.get("/projects")
        assert ([made], before.headers["etag"]) == (after.json()["data"], after.headers["etag"])
