"""What does a Creatopy client do all day? Shortcuts for its calls, and what every answer must look like."""

from typing import Any

import httpx2


def success(answer: httpx2.Response) -> Any:
    """What is inside of a success: always 200, always JSON with the one key `response`."""
    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"]), answer.text
    body = answer.json()
    assert ["response"] == list(body)
    return body["response"]


def refusal(answer: httpx2.Response, status: int) -> str:
    """The sentence of a refusal of that status: always JSON with the one key `error`."""
    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"]), answer.text
    body = answer.json()
    assert ["error"] == list(body)
    sentence = body["error"]
    assert isinstance(sentence, str)
    assert sentence.endswith(".")
    return sentence


async def make_kit(caller: httpx2.AsyncClient, name: str = "House style") -> dict[str, Any]:
    """A new brand kit, as it is answered."""
    kit: dict[str, Any] = success(await caller.post("/brandkits/create", json={"name": name}))["brandKit"]
    return kit


async def make_project(
    caller: httpx2.AsyncClient, kit: int, name: str = "Website Redesign", **fields: Any
) -> dict[str, Any]:
    """A new project, as it is answered."""
    body = {"name": name, "brandKitId": kit, **fields}
    project: dict[str, Any] = success(await caller.post("/projects", json=body))["project"]
    return project


async def change(caller: httpx2.AsyncClient, project: int, **fields: Any) -> httpx2.Response:
    """A project's PUT."""
    return await caller.put("/projects", json={"projectId": project, **fields})


async def remove(caller: httpx2.AsyncClient, project: int, **headers: str) -> httpx2.Response:
    """A project's DELETE, whose id is in its body."""
    return await caller.request("DELETE", "/projects", json={"projectId": project}, headers=headers)


async def listed(caller: httpx2.AsyncClient, path: str = "/projects", /, **query: str | int) -> dict[str, Any]:
    """A list's connection."""
    connection: dict[str, Any] = success(await caller.get(path, params=query))
    return connection


async def names(caller: httpx2.AsyncClient, path: str = "/projects", /, **query: str | int) -> list[str]:
    """The names that a list shows, in its order."""
    return [node["name"] for node in (await listed(caller, path, **query))["nodes"]]
