"""Does a client that was built on the vendor's Projects page find here what the page shows? Its samples, run.

The files under `golden/` are the page's, with two slips mended: the dots in the middle of the list are taken out,
and the two schemas get the two braces that they lack at their end.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from maquette.dialects.creatopy.shapes import cursor
from maquette.model.page import Order, Place, SortField
from maquette.model.records import BrandKit
from maquette.store.database import Transaction
from tests.conftest import missing
from tests.dialects.creatopy.calls import change, listed, make_project, refusal, success
from tests.dialects.creatopy.signing import signed, unpart
from tests.office import Office, Team
from tests.ports import PATIENCE_S, free_port

GOLDEN = Path(__file__).with_name("golden")
NEWEST_FIRST = Order(SortField.SERIAL, descending=True)


def text(name: str) -> str:
    """A sample as the page has it."""
    return (GOLDEN / name).read_text("utf-8")


def sample(name: str) -> Any:
    """A sample's JSON."""
    return json.loads(text(name))


def shape_of(value: Any) -> Any:
    """Keys in their order and the kinds of their values; of a list, its first member's."""
    if isinstance(value, dict):
        return [(key, shape_of(inner)) for key, inner in value.items()]
    return [shape_of(inner) for inner in value[:1]] if isinstance(value, list) else type(value).__name__


def nodes_of(serials: list[int]) -> list[dict[str, Any]]:
    """The sample's nodes, then the ones that its dots stand for."""
    told = {node["id"]: node for node in sample("list_projects.json")["response"]["nodes"]}
    like = next(iter(told.values()))
    return [told.get(serial, {**like, "id": serial}) for serial in serials]


class TestList:
    async def test_an_answer_has_the_keys_and_kinds_of_both_samples(
        self, creatopy: httpx2.AsyncClient, kit: int
    ) -> None:
        """Every key of the page is there, in its place and with its kind of value, and no other."""
        await make_project(creatopy, kit)
        await make_project(creatopy, kit)
        answer = (await creatopy.get("/projects", params={"limit": 1})).json()
        for name in ("list_projects.structure.json", "list_projects.json"):
            assert shape_of(sample(name)) == shape_of(answer), name

    async def test_the_samples_team_is_listed_as_in_the_sample(self, office: Office) -> None:
        """A store with the sample's rows answers with its nodes, in its order, and its cursor to the letter."""
        serials = [3102440, 3102437, 2898068, 2700005, 2700004, 2700003, 2700002, 2700001, 2400300, 2313714, 2313713]
        team = await office.team()
        await office.write(lambda tx: as_in_the_sample(tx, team, nodes_of(serials)))
        answer = await listed(await team.creatopy(), limit=10)
        assert nodes_of(serials)[:10] == answer["nodes"]
        assert sample("list_projects.json")["response"]["pageInfo"] == answer["pageInfo"]
        assert len(serials) == answer["totalCount"]


class TestCursor:
    def test_the_lists_cursor_is_read_and_written_to_the_letter(self) -> None:
        """The sample's `endCursor` says 10 and 2313714, and is what these two make."""
        golden = sample("list_projects.json")["response"]["pageInfo"]["endCursor"]
        assert cursor.Cursor(10, Place(None, 2313714)) == cursor.decode(golden, NEWEST_FIRST)
        assert golden == cursor.encode(10, kit_of_serial(2313714), NEWEST_FIRST)

    def test_the_command_lines_cursor_is_read_and_written_to_the_letter(self) -> None:
        """The cursor in the page's curl line, once decoded from the URL, says 1 and 3917343."""
        golden = str(httpx2.URL(shlex.split(text("list_projects.curl"))[2]).params["cursor"])
        assert cursor.Cursor(1, Place(None, 3917343)) == cursor.decode(golden, NEWEST_FIRST)
        assert golden == cursor.encode(1, kit_of_serial(3917343), NEWEST_FIRST)


class TestProject:
    async def test_an_answer_fits_the_schema_of_create(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A created project is valid by the page's schema, and no property of the schema is missing."""
        answer = await creatopy.post("/projects", json={"name": "New", "brandKitId": kit, "color": "#abc"})
        require_fit(sample("create_project.schema.json"), answer.json())

    async def test_an_answer_fits_the_schema_of_update(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A changed project is valid by the page's schema, and no property of the schema is missing."""
        project = await make_project(creatopy, kit, color="#abc", description="Old")
        answer = await change(creatopy, project["id"], name="New", isBrandKitSelectable=False)
        require_fit(sample("update_project.schema.json"), answer.json())

    async def test_only_a_missing_colour_is_outside_the_schema(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A project without colour shows null, as the page's list does, where the page's schema knows text alone."""
        answer = await creatopy.post("/projects", json={"name": "New", "brandKitId": kit})
        found = jsonschema_rs.validator_for(sample("create_project.schema.json")).iter_errors(answer.json())
        assert [["response", "project", "color"]] == [list(error.instance_path) for error in found]
        assert sample("list_projects.structure.json")["response"]["nodes"][0]["color"] is None

    async def test_a_deletion_is_answered_as_in_the_sample(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """DELETE answers what the page shows."""
        project = await make_project(creatopy, kit)
        answer = await creatopy.request("DELETE", "/projects", json={"projectId": project["id"]})
        assert sample("delete_project.json") == answer.json()


class TestToken:
    async def test_a_token_of_the_samples_shape_is_accepted(self, office: Office, team: Team) -> None:
        """The sample's own header, with its `authorization` and no `typ`, over our client's id: let in."""
        client, secret = await team.client_pair()
        header, claims = (unpart(part) for part in sample_token().split(".")[:2])
        assert (["authorization", "alg"], ["clientId"]) == (list(header), list(claims))
        token = signed({"clientId": client.id}, secret, header=header)
        assert sample_token().split(".")[0] == token.split(".")[0]
        success(await office.http("/creatopy/v1", token).get("/projects"))

    async def test_the_samples_token_itself_is_nobodys(self, office: Office) -> None:
        """The page's token names a client that isn't here."""
        refusal(await office.http("/creatopy/v1", sample_token()).get("/projects"), 401)


class TestCurl:
    def test_the_list_line_runs(self, served: "Served") -> None:
        """The page's list line, its host and token replaced, prints a connection of what its keyword matches."""
        served.call("POST", "/projects", {"name": "Levai Design", "brandKitId": served.kit})
        served.call("POST", "/projects", {"name": "Another", "brandKitId": served.kit})
        line = text("list_projects.curl").replace("eyJh...", served.token)
        found = json.loads(served.run(line))["response"]
        assert 1 == found["totalCount"]
        assert ["Levai Design"] == [node["name"] for node in found["nodes"]]

    def test_the_delete_line_runs(self, served: "Served") -> None:
        """The page's delete line, its host, token and id replaced, prints the page's answer and deletes."""
        project = served.call("POST", "/projects", {"name": "Short-lived", "brandKitId": served.kit})["project"]
        own = signed({"clientId": served.client_id}, served.secret, header=unpart(sample_token().split(".")[0]))
        line = text("delete_project.curl").replace(sample_token(), own)
        line = line.replace('"projectId": 123', f'"projectId": {project["id"]}')
        assert sample("delete_project.json") == json.loads(served.run(line))
        assert {"error": "There is no such project."} == json.loads(served.run(line))

    def test_the_delete_line_is_refused_as_it_stands(self, served: "Served") -> None:
        """With the page's own token in it, the line prints a refusal."""
        assert ["error"] == list(json.loads(served.run(text("delete_project.curl"))))


class Served:
    """A `maquette serve` of the test's own, on an empty folder, and the credentials that it showed."""

    def __init__(self, port: int, shown: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.client_id = self._shown(r"clientId \(Creatopy\) +(\S+)", shown)
        self.secret = self._shown(r"clientSecret \(Creatopy\) +(\S+)", shown)
        self.token = ""
        pair = {"clientId": self.client_id, "clientSecret": self.secret}
        self.token = self._answer("POST", "/auth/token", pair)["token"]
        self.kit = self.call("POST", "/brandkits/create", {"name": "House style"})["brandKit"]["id"]

    def call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """What a call is answered inside of `response`."""
        return self._answer(method, path, body)["response"]

    def run(self, line: str) -> str:
        """What the page's curl line prints when only its host is another one."""
        assert "https://api.creatopy.com/" in line
        line = line.replace("https://api.creatopy.com/", f"{self.base}/")
        environment = {**os.environ, "no_proxy": "*"}
        ran = subprocess.run(["sh", "-c", line], check=True, capture_output=True, timeout=PATIENCE_S, env=environment)
        return ran.stdout.decode()

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with httpx2.Client(timeout=PATIENCE_S, trust_env=False) as caller:
            answer = caller.request(method, f"{self.base}/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def _shown(self, pattern: str, shown: str) -> str:
        found = re.search(pattern, shown)
        assert found, shown
        return found[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server as a user starts it, ended as a user ends it."""
    if shutil.which("curl") is None:
        missing("curl")
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    command = [sys.executable, "-m", "maquette", "serve", "--data", str(folder), "--port", str(port)]
    log = folder / "log"
    with log.open("wb") as output:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")}
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        yield Served(port, until_ready(process, log))
    finally:
        process.terminate()
        assert 0 == process.wait(PATIENCE_S)


def until_ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """What the server printed, once it has shown how to list projects."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        shown = log.read_text("utf-8")
        if "/creatopy/v1/projects?limit=10" in shown:
            return shown
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8"))


def sample_token() -> str:
    """The token in the page's delete line."""
    (token,) = re.findall(r"Bearer ([\w.-]+)", text("delete_project.curl"))
    return str(token)


def kit_of_serial(serial: int) -> BrandKit:
    """Something that a list can end with."""
    return BrandKit(serial, "", 1, "Any", (), 1, "", 0, 0)


def require_fit(schema: Any, answer: Any) -> None:
    """Valid by the schema, and with every property that it names."""
    jsonschema_rs.validator_for(schema).validate(answer)
    require_named(schema, answer)


def require_named(schema: Any, value: Any) -> None:
    """Every property of the schema is in the value, all the way down."""
    assert set(schema.get("properties", {})) <= set(value)
    for name, inner in schema.get("properties", {}).items():
        if inner["type"] == "object":
            require_named(inner, value[name])
        elif inner["type"] == "array":
            assert value[name]
            for member in value[name]:
                require_named(inner["items"], member)


async def as_in_the_sample(tx: Transaction, team: Team, nodes: list[dict[str, Any]]) -> None:
    """Put the sample's people, kit and projects into the team, with their own ids."""
    for maker in {node["createdBy"] for node in nodes}:
        await tx.run(
            "INSERT INTO users (serial, id, email, name, created_at) VALUES ($1, $2, $3, 'Someone', 0)",
            maker,
            f"user {maker}",
            f"user{maker}@example.com",
        )
    kit = nodes[0]["brandKit"]
    await tx.run(
        "INSERT INTO brand_kits (serial, id, workspace, name, name_folded, typography, created_by, created_at,"
        " updated_at) VALUES ($1, 'kit', $2, $3, 'kit', '[]', $4, 0, 0)",
        kit["id"],
        team.workspace.serial,
        kit["name"],
        nodes[0]["createdBy"],
    )
    for node in nodes:
        await tx.run(
            "INSERT INTO projects (serial, id, workspace, name, name_folded, slug, visibility, brand_kit,"
            " kit_selectable, created_by, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, 'folded', $2, 'private', $5, 1, $6, 0, 0)",
            node["id"],
            f"project {node['id']}",
            team.workspace.serial,
            node["name"],
            kit["id"],
            node["createdBy"],
        )
    await tx.run("UPDATE workspaces SET active_private = $2 WHERE serial = $1", team.workspace.serial, len(nodes))
