"""How does a client of each dialect say the same few things? So that one scenario is put to all of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from maquette.model.records import User
from tests.office import Team

Row = dict[str, Any]


@dataclass(frozen=True)
class Speaker:
    """A dialect from the outside: the calls that all have, and how their answers are read."""

    name: str
    caller: Callable[[Team, User | None], Awaitable[httpx2.AsyncClient]]
    """A caller with a new credential of the user's, else of the owner's."""
    create_body: Callable[[httpx2.AsyncClient, str], Awaitable[Row]]
    """The body that creates a project of that name."""
    created: Callable[[httpx2.Response], Row]
    """The project in an answer."""
    rows: Callable[[httpx2.Response], list[Row]]
    """The projects in a list's answer."""
    total: Callable[[httpx2.Response], int]
    rename: Callable[[Row, str], tuple[str, str, Row]]
    """Method, path and body that give a project another name."""
    problem: Callable[[httpx2.Response], str]
    """What a refusal's envelope says; asserts that it is one."""
    search: str
    """The query parameter that looks for a text."""
    bad_query: str
    """A query that no list takes."""

    async def make(self, caller: httpx2.AsyncClient, name: str) -> Row:
        """A new project."""
        return self.created(await caller.post("/projects", json=await self.create_body(caller, name)))

    async def names(self, caller: httpx2.AsyncClient, **query: str) -> list[str]:
        """The names that the project list shows; its total agrees."""
        answer = await caller.get("/projects", params=query)
        assert 200 == answer.status_code, answer.text
        found = [row["name"] for row in self.rows(answer)]
        assert len(found) == self.total(answer)
        return found


async def _craftdesk(team: Team, user: User | None) -> httpx2.AsyncClient:
    return await team.craftdesk(user)


async def _creatopy(team: Team, user: User | None) -> httpx2.AsyncClient:
    return await team.creatopy(user)


async def _craftdesk_body(_: httpx2.AsyncClient, name: str) -> Row:
    return {"name": name}


async def _creatopy_body(caller: httpx2.AsyncClient, name: str) -> Row:
    kit = (await caller.post("/brandkits/create", json={"name": "House style"})).json()["response"]["brandKit"]
    return {"name": name, "brandKitId": kit["id"]}


def _craftdesk_problem(answer: httpx2.Response) -> str:
    body = answer.json()
    assert ["message", "code", "errors"] == list(body)
    assert answer.status_code == body["code"]
    return str(body["errors"])


def _creatopy_problem(answer: httpx2.Response) -> str:
    body = answer.json()
    assert ["error"] == list(body)
    return str(body["error"])


SPEAKERS = (
    Speaker(
        name="craftdesk",
        caller=_craftdesk,
        create_body=_craftdesk_body,
        created=lambda answer: dict(answer.json()["data"]),
        rows=lambda answer: list(answer.json()["data"]),
        total=lambda answer: int(answer.json()["meta"]["pagination"]["total"]),
        rename=lambda row, name: ("PATCH", f"/projects/{row['id']}", {"name": name}),
        problem=_craftdesk_problem,
        search="q",
        bad_query="per_page=0",
    ),
    Speaker(
        name="creatopy",
        caller=_creatopy,
        create_body=_creatopy_body,
        created=lambda answer: dict(answer.json()["response"]["project"]),
        rows=lambda answer: list(answer.json()["response"]["nodes"]),
        total=lambda answer: int(answer.json()["response"]["totalCount"]),
        rename=lambda row, name: ("PUT", "/projects", {"projectId": row["id"], "name": name}),
        problem=_creatopy_problem,
        search="keyword",
        bad_query="limit=0",
    ),
)
