"""Does a client that was built on the vendor's overview page find here what the page shows?

The files under `golden/` are the page's samples. An answer may hold more than a sample, never less or other.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest

from maquette.domain import projects
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Role
from maquette.store.database import Transaction
from tests.dialects.craftdesk.calls import listed, make_project
from tests.office import Office, Team

GOLDEN = Path(__file__).with_name("golden")


def sample(name: str) -> Any:
    """A sample's JSON."""
    return json.loads((GOLDEN / name).read_text("utf-8"))


def headers(name: str) -> dict[str, str]:
    """A sample's header lines."""
    lines = (GOLDEN / name).read_text("utf-8").splitlines()
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


def of_sample(sample: Any, answer: Any) -> Any:
    """The part of an answer that the sample shows; what it lacks is None."""
    if isinstance(sample, dict):
        return {name: of_sample(inner, answer.get(name)) for name, inner in sample.items()}
    if isinstance(sample, list):
        return [of_sample(inner, found) for inner, found in zip(sample, answer, strict=True)]
    return answer


async def at(office: Office, text: str) -> None:
    """Put the clock to that time."""
    office.clock.at_ms = int(datetime.fromisoformat(text).timestamp() * 1000)


async def fill(team: Team, count: int) -> None:
    """Make so many projects at once."""
    actor = team.actor(team.owner, Role.OWNER)

    async def body(tx: Transaction) -> None:
        for number in range(count):
            await projects.create(tx, actor, ProjectDraft(f"Project {number}"), now_ms=team.office.now_ms)

    await team.office.write(body)


async def rename(office: Office, id: str, golden: str) -> None:
    """Give a project the sample's id."""
    await office.write(lambda tx: tx.run("UPDATE projects SET id = $2 WHERE id = $1", id, golden))


class TestResponse:
    async def test_a_list_is_the_samples(self, office: Office, team: Team) -> None:
        """A store with the sample's project, the newest of fifty, answers with the sample."""
        golden = sample("list_projects.json")
        (row,) = golden["data"]
        await at(office, row["created_at"])
        await fill(team, 49)
        craftdesk = await team.craftdesk()
        made = await make_project(craftdesk, row["name"], description=row["description"])
        await rename(office, made["id"], row["id"])
        answer = await listed(craftdesk)
        assert 20 == len(answer["data"])
        assert golden == of_sample(golden, {**answer, "data": answer["data"][:1]})

    async def test_the_complete_example_is_answered_so(self, office: Office, team: Team) -> None:
        """The newest of five projects, fifty on a page."""
        golden = sample("example_response.json")
        (row,) = golden["data"]
        await at(office, row["created_at"])
        await fill(team, 4)
        craftdesk = await team.craftdesk()
        made = await make_project(craftdesk, row["name"])
        await rename(office, made["id"], row["id"])
        answer = await listed(craftdesk, per_page=50)
        assert golden == of_sample(golden, {**answer, "data": answer["data"][:1]})

    async def test_the_second_page_of_a_hundred_and_fifty(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """`page=2&per_page=50` is numbered as in the sample."""
        golden = sample("pagination.json")
        await fill(team, 150)
        assert golden == of_sample(golden, await listed(craftdesk, page=2, per_page=50))

    async def test_every_key_is_in_snake_case(self, craftdesk: httpx2.AsyncClient) -> None:
        """As the page says of all answers."""
        await make_project(craftdesk)
        for path in ("/projects", "/usage", "/workspace", "/projects/website-redesign", "/projects?page=0"):
            assert all(key == key.lower() and key.isidentifier() for key in keys((await craftdesk.get(path)).json()))


class TestError:
    async def test_a_stranger_gets_the_sample(self, office: Office) -> None:
        """The 401 is the page's, with nothing added."""
        for token in (None, "your_api_key"):
            answer = await office.http("/craftdesk/v1", token).get("/projects")
            assert (401, sample("unauthorized.json")) == (answer.status_code, answer.json())
            assert list(sample("unauthorized.json")) == list(answer.json())

    async def test_every_code_of_the_page_has_its_message(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Each is met, and calls itself what the page calls it."""

        async def broken(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError

        craftdesk, member = await team.craftdesk(), await team.craftdesk(await team.member())
        spent = await (await office.team(plan=await office.plan(month=0))).craftdesk()
        answers = [
            await craftdesk.get("/projects?page=0"),
            await office.http("/craftdesk/v1").get("/projects"),
            await member.post("/projects", json={"name": "x"}),
            await craftdesk.get("/projects/nothing"),
            await spent.get("/projects"),
        ]
        monkeypatch.setattr(projects, "list_", broken)
        answers.append(await craftdesk.get("/projects"))
        for (code, message), answer in zip(sample("error_codes.json").items(), answers, strict=True):
            assert (int(code), int(code), message) == (
                answer.status_code,
                answer.json()["code"],
                answer.json()["message"],
            )
        assert caplog.records


class TestRateLimit:
    async def test_the_headers_are_the_samples(self, office: Office) -> None:
        """After a Professional's 1,001st call of the month they say what the page shows, and when it ends."""
        golden = headers("quota.headers")
        craftdesk = await (await office.team(plan="professional")).craftdesk()
        for number in range(1_001):
            if number % 100 == 0:
                office.clock.advance(seconds=60)
            answer = await craftdesk.get("/projects")
        for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining"):
            assert golden[name] == answer.headers[name]
        assert golden["X-RateLimit-Reset"].isdecimal()
        assert answer.headers["X-RateLimit-Reset"].isdecimal()

    async def test_the_plans_are_the_pages(self, office: Office) -> None:
        """Each has the calls a month and the burst a minute that the page says."""
        for plan, limits in sample("plans.json").items():
            answer = await (await (await office.team(plan=plan)).craftdesk()).get("/projects")
            assert f"{limits['month']}" == answer.headers["x-ratelimit-limit"]
            assert f'"burst";q={limits["burst"]};w=60' in answer.headers["ratelimit-policy"]


class TestRequest:
    async def test_the_pages_headers_are_all_it_takes(self, office: Office, team: Team) -> None:
        """With them, and a key in the place of the page's, all four methods work."""
        _, key = await team.key()
        given = {name: value.replace("your_api_key", key) for name, value in headers("request.headers").items()}
        caller = office.http("/v1", headers=given)
        made = await caller.post("/projects", content=b'{"name":"Website Redesign"}')
        one = f"/projects/{made.json()['data']['id']}"
        answers = [
            made,
            await caller.get(one),
            await caller.patch(one, content=b'{"name":"New"}'),
            await caller.delete(one),
        ]
        assert [201, 200, 200, 204] == [answer.status_code for answer in answers]


def keys(value: Any) -> list[str]:
    """Every key in it, all the way down."""
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in keys(inner))]
    return [key for inner in value for key in keys(inner)] if isinstance(value, list) else []
