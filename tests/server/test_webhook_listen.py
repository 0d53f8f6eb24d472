"""`maquette webhook listen`: does it tell a good signature from a bad one, and what does it print?"""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook

from maquette.cli import main
from maquette.cli.receiver import Received, is_secret, new_secret, read, receiving
from maquette.outbound.http import Sender
from tests.server.running import environment

SECRET = "whsec_" + "c2VjcmV0" * 4
OTHER_SECRET = "whsec_" + "b3RoZXI0" * 4
ID = "evt_018f"
BODY = '{"id":"evt_018f","type":"project.created","timestamp":"2025-03-23T14:35:21Z","data":{"name":"Größe"}}'.encode()
LOOPBACK = [ip_network("127.0.0.1")]


def signed(body: bytes = BODY, secret: str = SECRET, *, ago_s: int = 0) -> dict[str, str]:
    """The headers of a delivery that was signed so long ago, in seconds."""
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    return {
        "Content-Type": "application/json",
        "webhook-id": ID,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": "v1,bm90aGluZw== " + Webhook(secret).sign(ID, at, body.decode()),
    }


@contextmanager
def listener(*options: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, started as somebody starts it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "maquette", "webhook", "listen", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PYTHONIOENCODING="utf-8", COLUMNS="60"),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def lines(process: "subprocess.Popen[str]", until: Callable[[str], bool]) -> str:
    """What it prints, up to a line that ends it."""
    assert process.stdout
    found = ""
    for line in process.stdout:
        found += line
        if until(line):
            return found
    raise AssertionError(found)


class TestRead:
    def test_a_good_signature(self) -> None:
        """Also where it is one of several; the attempt's own time is told, not the event's."""
        headers = signed()
        received = read(headers, BODY, SECRET)
        assert (ID, "project.created", None, {"name": "Größe"}) == (
            received.id, received.type, received.problem, received.data
        )  # fmt: skip
        assert received.attempted_at is not None
        assert int(headers["webhook-timestamp"]) == datetime.fromisoformat(received.attempted_at).timestamp()

    @pytest.mark.parametrize(
        ("signing", "changed", "problem"),
        [
            ({"secret": OTHER_SECRET}, {}, "No matching signature found"),
            ({"body": BODY + b" "}, {}, "No matching signature found"),
            ({"ago_s": 400}, {}, "Message timestamp too old"),
            ({"ago_s": -400}, {}, "Message timestamp too new"),
            ({}, {"webhook-id": "evt_other"}, "No matching signature found"),
            ({}, {"webhook-id": ""}, "Missing required headers"),
            ({}, {"webhook-timestamp": "soon"}, "Invalid Signature Headers"),
            ({}, {"webhook-signature": "v1"}, "Unreadable signature"),
            ({}, {"webhook-signature": "v1,a"}, "Unreadable signature"),
        ],
        ids=["secret", "body", "old", "new", "id", "none", "time", "comma", "base64"],
    )
    def test_a_bad_signature(self, signing: Any, changed: dict[str, str], problem: str) -> None:
        """It says why, in the words of the reference library."""
        assert problem == read(signed(**signing) | changed, BODY, SECRET).problem

    @pytest.mark.parametrize("body", [b"", b"text", b"\xff", b"[1]", b"null", b"[" * 100_000, b'"\\ud800"'])
    def test_any_body_is_told(self, body: bytes) -> None:
        """It has no type then, and is shown as it is."""
        assert read(signed(), body, SECRET).type is None

    def test_nothing_steers_a_terminal(self) -> None:
        """Neither an id nor a type."""
        headers = signed() | {"webhook-id": "\x1b[2J\x9b"}
        received = read(headers, b'{"type":"\\u001b]0;x\\u0007\\ud800"}', SECRET)
        assert ("\\u001b[2J\\u009b", "\\u001b]0;x\\u0007\\ud800") == (received.id, received.type)


class TestReceiving:
    async def test_it_answers_with_the_status(self) -> None:
        """On any path, whether it is signed well or not."""
        told: list[Received] = []
        sender = Sender(LOOPBACK)
        async with receiving(SECRET, 0, told.append, status=503) as url:
            answers = [await sender.post(url + "any/path?x", headers, BODY) for headers in (signed(), {})]
        await sender.close()
        assert [503, 503] == [answer.status for answer in answers]
        assert [None, "Missing required headers"] == [each.problem for each in told]


class TestSecret:
    def test_a_new_one(self) -> None:
        """It is never the same, and can be used."""
        made = {new_secret() for _ in range(20)}
        assert (20, True) == (len(made), all(is_secret(each) for each in made))

    @pytest.mark.parametrize(
        "text", ["", "whsec_", "whsec_c2hvcnQ=", "c2VjcmV0" * 4, "whsec_" + "!" * 32, "whsec_" + "c2Vj" * 22, "whsec_ü"]
    )
    def test_what_can_not_be_one(self, text: str) -> None:
        """It is refused before anything is listened to."""
        assert not is_secret(text)
        done = CliRunner().invoke(main, ["webhook", "listen", "--secret", text])
        assert (2, True) == (done.exit_code, "24 to 64 bytes" in done.stderr)


class TestListen:
    async def test_for_a_program(self) -> None:
        """First where it listens and the new secret, then each delivery, an object a line; SIGINT ends it."""
        with listener("--json", "--status", "204") as process:
            assert process.stdout
            ready: dict[str, Any] = json.loads(process.stdout.readline())
            sender = Sender(LOOPBACK)
            answers = [
                await sender.post(ready["url"], signed(secret=secret), BODY) for secret in (ready["secret"], SECRET)
            ]
            await sender.close()
            good, bad = (json.loads(process.stdout.readline()) for _ in range(2))
            process.send_signal(signal.SIGINT)
            assert 0 == process.wait(20)
        assert [204, 204] == [answer.status for answer in answers]
        assert ["id", "type", "attempted_at", "verified", "problem", "answered", "data"] == list(good)
        assert [204, 204] == [good["answered"], bad["answered"]]
        assert (ID, "project.created", True, None, {"name": "Größe"}) == (
            good["id"], good["type"], good["verified"], good["problem"], good["data"]
        )  # fmt: skip
        assert (False, "No matching signature found") == (bad["verified"], bad["problem"])

    async def test_for_a_person(self) -> None:
        """The calls that make an endpoint with the new secret, ready to paste; then what comes in; SIGTERM ends it."""
        with listener("--server", "https://maquette.test/api/") as process:
            greeting = lines(process, lambda line: '"Listener"' in line)
            url = greeting.split()[2]
            secret = next(word for word in greeting.split() if word.startswith("whsec_"))
            sender = Sender(LOOPBACK)
            await sender.post(url, signed(secret=secret), BODY)
            good = lines(process, lambda line: line == "}\n")
            await sender.post(url, signed(), b'"\xc2\x9b[31m[bold]"')
            bad = lines(process, lambda line: "bold" in line)
            await sender.close()
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(20)
        assert "maquette serve --webhook-allow 127.0.0.0/8\n" in greeting
        bodies = [json.loads(line.split("'")[1]) for line in greeting.split("\n") if " -d '" in line]
        assert [
            {"url": url, "events": ["*"], "secret": secret},
            {"name": "Listener", "url": url, "actions": [1], "secret": secret},
        ] == bodies
        assert 'make serve ARGS="--webhook-allow 127.0.0.0/8"' in greeting
        urls = [f"https://maquette.test/api/{dialect}/v1/webhooks -H" for dialect in ("craftdesk", "creatopy")]
        assert [True] * 2 == [each in greeting for each in urls]
        assert f"project.created  {ID}  20" in good
        assert "  verified  answered 200\n" in good
        assert '"name": "Größe"' in good
        assert "not verified: No matching signature found" in bad
        assert '"\\u009b[31m[bold]"' in bad

    def test_with_a_secret_it_shows_none(self) -> None:
        """Nor how to make an endpoint: there is one."""
        with listener("--json", "--secret", SECRET) as process:
            assert process.stdout
            assert None is json.loads(process.stdout.readline())["secret"]
        with listener("--secret", SECRET) as process:
            assert "whsec" not in lines(process, lambda line: "--webhook-allow" in line)

    def test_a_port_that_is_taken(self) -> None:
        """It is said in a sentence."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = CliRunner().invoke(main, ["webhook", "listen", "--port", str(port)])
        assert (1, True) == (done.exit_code, f"Port {port} can't be listened on" in done.stderr)
        assert "give another --port" in done.stderr
