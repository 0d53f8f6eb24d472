"""What does a CraftDesk client do all day? Shortcuts for its calls, and what every answer must look like."""

from typing import Any

import httpx2

ABSENT = "00000000-0000-7000-8000-000000000000"
"""An id that no record has."""


def data(answer: httpx2.Response, status: int = 200) -> Any:
    """What is inside of a success: JSON with the one key `data`."""
    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"]), answer.text
    body = answer.json()
    assert ["data"] == list(body)
    return body["data"]


def refusal(answer: httpx2.Response, status: int) -> dict[str, list[str]]:
    """The `errors` of a refusal of that status: each a list of sentences, in the documented envelope."""
    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"]), answer.text
    body = answer.json()
    assert ["message", "code", "errors"] == list(body)
    assert status == body["code"]
    assert isinstance(body["message"], str)
    errors: dict[str, Any] = body["errors"]
    assert errors
    for sentences in errors.values():
        assert isinstance(sentences, list)
        assert all(isinstance(sentence, str) and sentence for sentence in sentences or [None])
    return errors


def fields(answer: httpx2.Response, status: int = 400) -> list[str]:
    """The fields that a refusal is about."""
    return list(refusal(answer, status))


async def make_project(caller: httpx2.AsyncClient, name: str = "Website Redesign", **given: Any) -> dict[str, Any]:
    """A new project, as it is answered."""
    project: dict[str, Any] = data(await caller.post("/projects", json={"name": name, **given}), 201)
    return project


async def make_projects(caller: httpx2.AsyncClient, *names: str, **given: Any) -> list[dict[str, Any]]:
    """New projects of these names, one after the other."""
    return [await make_project(caller, name, **given) for name in names]


async def make_kit(caller: httpx2.AsyncClient, name: str = "House style") -> dict[str, Any]:
    """A new brand kit, as it is answered."""
    kit: dict[str, Any] = data(await caller.post("/brand_kits", json={"name": name}), 201)
    return kit


async def listed(caller: httpx2.AsyncClient, path: str = "/projects", /, **query: str | int) -> dict[str, Any]:
    """A list, with what is beside it."""
    answer = await caller.get(path, params=query)
    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"]), answer.text
    body: dict[str, Any] = answer.json()
    assert ["data", "meta"] == list(body)
    assert ["pagination"] == list(body["meta"])
    assert ["current_page", "total", "per_page", "last_page"] == list(body["meta"]["pagination"])
    return body


async def names(caller: httpx2.AsyncClient, path: str = "/projects", /, **query: str | int) -> list[str]:
    """The names that a list shows, in its order."""
    return [row["name"] for row in (await listed(caller, path, **query))["data"]]


async def total(caller: httpx2.AsyncClient, path: str = "/projects", /, **query: str | int) -> int:
    """How many a list says there are."""
    found: int = (await listed(caller, path, **query))["meta"]["pagination"]["total"]
    return found


def left(answer: httpx2.Response) -> int:
    """What an answer says is left of the month."""
    return int(answer.headers["x-ratelimit-remaining"])
