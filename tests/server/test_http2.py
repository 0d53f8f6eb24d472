"""HTTP/2, as the default server speaks it: many calls on one connection, and none lost when it's stopped."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from maquette.cli import main
from tests.pictures import noise
from tests.server.certificate import Certificate
from tests.server.http2 import Connection, connected
from tests.server.running import Served, projects_in

Start = Callable[..., Served]

PROJECTS = "/craftdesk/v1/projects"
JSON = {"content_type": "application/json"}
CALLS, BATCH_SIZE = 300, 100
CONNECTIONS, STREAMS = 4, 10


@pytest.fixture
async def served(start: Start, tmp_path: Path) -> Served:
    """A server whose workspace has no limit."""
    made = await asyncio.to_thread(start, tmp_path)
    arguments = ["workspace", "plan", "my-workspace", "unlimited", "--data", str(tmp_path)]
    assert (await asyncio.to_thread(CliRunner().invoke, main, arguments)).exit_code == 0
    return made


class TestOneConnection:
    async def test_both_apis_by_tls(self, start: Start, tmp_path: Path, certificate: Certificate) -> None:
        """The handshake agrees on it; a repeated read, an unchanged one and a HEAD are answered as by HTTP/1.1."""
        served = await asyncio.to_thread(start, tmp_path, *certificate.options)
        pair = {
            "clientId": served.found(r'"clientId": ?"([^"]+)'),
            "clientSecret": served.found(r'"clientSecret": ?"([^"]+)'),
        }
        async with connected(served.port, certificate.trusted()) as connection:
            made = await connection.call("POST", PROJECTS, served.key, b'{"name":"Site"}', **JSON)
            assert (201, "Site") == (made.status, json.loads(made.body)["data"]["name"])
            assert {"x-request-id", "ratelimit", "x-ratelimit-remaining", "etag"} <= set(made.headers)
            lists = [await connection.call("GET", PROJECTS, served.key) for _ in range(3)]
            assert {200} == {each.status for each in lists}
            assert 1 == len({each.body for each in lists})
            tag = lists[0].headers["etag"]
            unchanged = await connection.call("GET", PROJECTS, served.key, if_none_match=tag)
            assert (304, b"") == (unchanged.status, unchanged.body)
            head = await connection.call("HEAD", PROJECTS, served.key)
            assert (200, str(len(lists[0].body)), b"") == (head.status, head.headers["content-length"], head.body)
            entered = await connection.call("POST", "/creatopy/v1/auth/token", "", json.dumps(pair).encode(), **JSON)
            token = json.loads(entered.body)["token"]
            seen = await connection.call("GET", "/creatopy/v1/projects", token)
            assert ["Site"] == [node["name"] for node in json.loads(seen.body)["response"]["nodes"]]

    async def test_many_at_once(self, served: Served, tmp_path: Path) -> None:
        """Reading and writing, all under way together: each gets its own answer, and all that was made is there."""
        made: list[str] = []

        async def one(connection: Connection, number: int) -> None:
            if number % 3:
                assert 200 == (await connection.call("GET", PROJECTS, served.key)).status
                return
            answer = await connection.call("POST", PROJECTS, served.key, b'{"name":"Site %d"}' % number, **JSON)
            told = json.loads(answer.body)["data"]
            assert (201, f"Site {number}") == (answer.status, told["name"])
            made.append(told["id"])

        async with connected(served.port) as connection:
            for first in range(0, CALLS, BATCH_SIZE):
                await asyncio.gather(*(one(connection, first + number) for number in range(BATCH_SIZE)))
        assert CALLS // 3 == len(made)
        assert set(made) == await projects_in(tmp_path)

    async def test_a_file_larger_than_any_window(self, served: Served) -> None:
        """It goes up and comes down whole, while other calls pass it on the same connection."""
        content = noise(700)
        assert len(content) > 2**20
        async with connected(served.port) as connection:
            made = await connection.call("POST", "/craftdesk/v1/brand_kits", served.key, b'{"name":"House"}', **JSON)
            assets = f"/craftdesk/v1/brand_kits/{json.loads(made.body)['data']['id']}/assets"
            head = b'--b\r\ncontent-disposition: form-data; name="kind"\r\n\r\nlogo\r\n--b\r\n'
            head += b'content-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
            form = head + content + b"\r\n--b--\r\n"
            upload = connection.call("POST", assets, served.key, form, content_type="multipart/form-data; boundary=b")
            passing = [connection.call("GET", PROJECTS, served.key) for _ in range(20)]
            kept, *passed = await asyncio.gather(upload, *passing)
            assert (201, {200}) == (kept.status, {each.status for each in passed}), kept.body
            path = f"{assets}/{json.loads(kept.body)['data']['id']}/content"
            assert content == (await connection.call("GET", path, served.key)).body

    async def test_a_call_that_is_given_up(self, served: Served, tmp_path: Path) -> None:
        """In the middle of its body: nothing is made of it, and the others on its connection go on."""
        async with connected(served.port) as connection:
            stream = connection.begin("POST", PROJECTS, served.key, ends=False, content_length="15", **JSON)
            await connection.send(stream, b'{"name"', ends=False)
            await connection.call("GET", PROJECTS, served.key)
            connection.reset(stream)
            made = await connection.call("POST", PROJECTS, served.key, b'{"name":"Other"}', **JSON)
            assert 201 == made.status
        assert {json.loads(made.body)["data"]["id"]} == await projects_in(tmp_path)


class TestStopping:
    async def test_no_call_is_dropped(self, served: Served, tmp_path: Path) -> None:
        """The server says that it's leaving, and answers each call that was made until then."""
        answered: Counter[int] = Counter()
        made: set[str] = set()

        async def caller(connection: Connection, writes: bool) -> None:
            while connection.last_stream is None:
                if writes:
                    answer = await connection.call("POST", PROJECTS, served.key, b'{"name":"Site"}', **JSON)
                else:
                    answer = await connection.call("GET", PROJECTS, served.key)
                answered[answer.status] += 1
                if answer.status == 201:
                    made.add(json.loads(answer.body)["data"]["id"])

        async def client(writes: bool) -> None:
            async with connected(served.port) as connection:
                await asyncio.gather(*(caller(connection, writes) for _ in range(STREAMS)))
                assert connection.last_stream is not None
                assert all(each.is_whole for each in connection.answers.values())

        clients = [asyncio.create_task(client(writes=bool(number % 2))) for number in range(CONNECTIONS)]
        await asyncio.sleep(0.5)
        before = answered.total()
        served.signal()
        await asyncio.gather(*clients)
        assert 0 == await asyncio.to_thread(served.ended, 15)
        assert {200, 201} == set(answered)
        assert before > 50
        assert made == await projects_in(tmp_path)
