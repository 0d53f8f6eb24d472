"""How does Maquette get its workspaces? By its own command line, and its projects over its own API."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.client import Client
from benchmarks.world import LISTED_PROJECTS, MIXED_PROJECTS, Credentials, projects

PLAN = "bench"
"""With a month that no load spends: every call is charged, and its answer says what is left. Its burst has no limit,
for Creatopy's is 100 calls in 10 seconds on every plan that has one."""

COMMANDS_SECONDS = 120
THREADS = 8


def make_workspaces(executable: Path, data: Path, mixed: int) -> tuple[Credentials, Credentials, list[Credentials]]:
    """One workspace to list, one to create in, and the mixed ones; before the server is started."""
    names = ["listed", "created", *(f"mixed-{each}" for each in range(mixed))]
    _run(executable, data, [["plan", "set", PLAN, "--month", "1000000000000"]])
    made = _run(executable, data, [_workspace(name) for name in names])
    slugs = [each["slug"] for each in made]
    keys = _run(executable, data, [_credential("key", slug) for slug in slugs])
    clients = _run(executable, data, [_credential("client", slug) for slug in slugs[:2]])
    both = [Credentials(key["key"], **client) for key, client in zip(keys, clients, strict=False)]
    return both[0], both[1], [Credentials(each["key"]) for each in keys[2:]]


def fill(port: int, listed: Credentials, created: Credentials, mixed: list[Credentials]) -> None:
    wanted = [(listed, LISTED_PROJECTS), (created, 1), *((each, MIXED_PROJECTS) for each in mixed)]
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda pair: _fill_workspace(port, *pair), wanted):
            pass  # an error is raised here


def _fill_workspace(port: int, credentials: Credentials, count: int) -> None:
    client = Client("maquette", port)
    headers = {"Authorization": f"Bearer {credentials.key}"}
    kit = client.post("/craftdesk/v1/brand_kits", {"name": "House"}, headers).expect(201).json()["data"]["id"]
    for number, (name, description) in enumerate(projects(count)):
        content = {"name": name, "description": description, "brand_kit_id": kit if number % 2 == 0 else None}
        client.post("/craftdesk/v1/projects", content, headers).expect(201)
    client.close()


def _workspace(name: str) -> list[str]:
    return ["workspace", "create", name, "--plan", PLAN, "--owner", f"owner@{name}.test"]


def _credential(kind: str, slug: str) -> list[str]:
    return [kind, "create", "--workspace", slug, "--name", "bench"]


def _run(executable: Path, data: Path, commands: list[list[str]]) -> list[dict[str, Any]]:
    ended = subprocess.run(
        [executable.with_name("python"), "-m", "benchmarks.commands"],
        input=json.dumps([[*each, "--data", str(data), "--json"] for each in commands]),
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMANDS_SECONDS,
    )
    if ended.returncode:
        raise RuntimeError(f"maquette {commands[0][0]} create failed: {ended.stdout}{ended.stderr[-2000:]}")
    told: list[dict[str, Any]] = json.loads(ended.stdout)
    return told
