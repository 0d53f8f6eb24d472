"""What does a real server answer a real client? The vendor's curl lines, and what no client library would send."""

import http.client
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

import pytest

from tests.conftest import missing
from tests.ports import PATIENCE_S, free_port

GOLDEN = Path(__file__).with_name("golden")


class Served:
    """A `maquette serve` of the test's own, on an empty folder, and the key that it showed."""

    def __init__(self, port: int, folder: Path, key: str) -> None:
        self.port = port
        self.folder = folder
        self.key = key

    def command(self, *arguments: str) -> None:
        """Run a `maquette` command on the server's store."""
        command = [sys.executable, "-m", "maquette", *arguments, "--data", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to a call with the key."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def curl(self, name: str, key: str | None = None) -> Any:
        """What a curl line of the page prints, when its host and its key are others."""
        line = (GOLDEN / name).read_text("utf-8").replace("\\\n", " ")
        line = line.replace("https://api.craftdesk.app/", f"http://127.0.0.1:{self.port}/")
        arguments = shlex.split(line.replace("your_api_key", key or self.key))
        environment = {**os.environ, "no_proxy": "*"}
        ran = subprocess.run(arguments, check=True, capture_output=True, timeout=PATIENCE_S, env=environment)
        return json.loads(ran.stdout)


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server as a user starts it, on each HTTP server in turn."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    arguments = ["--data", str(folder), "--port", str(port), "--server", request.param]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")}
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "maquette", "serve", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield Served(port, folder, shown_key(process, log))
    finally:
        process.terminate()
        assert 0 == process.wait(PATIENCE_S)


def shown_key(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The key that the server printed once it was ready."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"mq_live_\w{36}", log.read_text("utf-8")):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(log.read_text("utf-8"))


class TestCurl:
    def test_the_pages_lines_run(self, served: Served) -> None:
        """With our host and key in them, they print the projects; as they stand, the page's 401."""
        if shutil.which("curl") is None:
            missing("curl")
        status, _, body = served.call("POST", "/v1/projects", json.dumps({"name": "Website Redesign"}))
        assert 201 == status
        made = json.loads(body)["data"]
        for name, per_page in (("first_call.curl", 20), ("example_request.curl", 50)):
            found = served.curl(name)
            assert made in found["data"]
            assert per_page == found["meta"]["pagination"]["per_page"]
            assert json.loads((GOLDEN / "unauthorized.json").read_text()) == served.curl(name, "your_api_key")


class TestPlan:
    def test_a_plan_that_the_operator_sets_is_in_force_within_a_second(self, served: Served) -> None:
        """`maquette plan set` beside a running server changes what the next calls show, and what they may."""
        served.command("plan", "set", "business", "--month", "400000")
        until = time.monotonic() + 1
        while (shown := served.call("GET", "/v1/usage")[1]["x-ratelimit-limit"]) != "400000":
            assert time.monotonic() < until, shown


class TestWire:
    def test_a_head_has_no_body(self, served: Served) -> None:
        """Its headers are those of the GET, length included."""
        got, head = [served.call(method, "/v1/workspace") for method in ("GET", "HEAD")]
        assert (200, b"") == (head[0], head[2])
        for name in ("content-length", "content-type", "etag"):
            assert got[1][name] == head[1][name]

    def test_a_304_and_a_204_have_none_either(self, served: Served) -> None:
        """The connection goes on being understood after them."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)
        key = {"Authorization": f"Bearer {served.key}"}
        for method, more, status in (
            ("GET", {"If-None-Match": "*"}, 304),
            ("HEAD", {"If-None-Match": "*"}, 304),
            ("OPTIONS", {}, 204),
            ("GET", {}, 200),
        ):
            connection.request(method, "/v1/projects", headers={**key, **more})
            answer = connection.getresponse()
            assert (status, status == 200) == (answer.status, bool(answer.read()))
        connection.close()

    @pytest.mark.parametrize("is_chunked", [False, True])
    def test_five_megabytes_are_answered(self, served: Served, is_chunked: bool) -> None:
        """The client that sends them all gets to read its 413, on whichever route."""
        whole = b" " * 5_000_000
        for method, path in (
            ("POST", "/v1/projects"),
            ("DELETE", "/v1/projects/x"),
            ("POST", "/v1/projects/x/archive"),
        ):
            pieces = (whole[at : at + 50_000] for at in range(0, len(whole), 50_000))
            status, _, body = served.call(method, path, pieces if is_chunked else whole)
            assert (413, 413) == (status, json.loads(body)["code"]), (method, path)

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/v1/projects/%00", 400),
            ("/v1/projects/a%00b", 400),
            ("/v1/projects/%FF", 404),
            ("/v1/projects/%ED%A0%80", 404),
            ("/v1/projects/%E6%97%A5", 404),
            ("/v1/projects?q=%00", 400),
            ("/v1/projects?q=%FF", 400),
            ("/v1/projects?q=%ED%A0%80", 400),
            ("/v1/projects?page=-1", 400),
            ("/v1/projects/" + "x" * 4_000, 404),
        ],
    )
    def test_odd_addresses_are_answered_in_the_envelope(self, served: Served, path: str, status: int) -> None:
        """Never a 500, and never a stack."""
        found, _, body = served.call("GET", path)
        assert (status, ["message", "code", "errors"]) == (found, list(json.loads(body))), body

    def test_two_authorization_headers_are_400(self, served: Served) -> None:
        """However the server hands them on."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)
        connection.putrequest("GET", "/v1/projects")
        for _ in range(2):
            connection.putheader("Authorization", f"Bearer {served.key}")
        connection.endheaders()
        answer = connection.getresponse()
        assert (400, ["authorization"]) == (answer.status, list(json.loads(answer.read())["errors"]))
        connection.close()

    def test_deep_json_is_no_trouble(self, served: Served) -> None:
        """Ten thousand levels are a 400."""
        status, _, body = served.call("POST", "/v1/projects", b"[" * 10_000 + b"]" * 10_000)
        assert (400, ["body"]) == (status, list(json.loads(body)["errors"]))
