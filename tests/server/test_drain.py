"""A server that is told to stop answers all that has come in, and then ends within its deadline."""

import asyncio
import json
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from maquette.cli import main
from tests.server.running import Served, projects_in

Start = Callable[..., Served]
HOST = "127.0.0.1"


@pytest.fixture(params=["granian", "uvicorn"])
def server(request: pytest.FixtureRequest) -> str:
    """Each HTTP server in turn."""
    return str(request.param)


@dataclass
class Load:
    """Clients that call without pause, and what became of their calls."""

    served: Served
    answered: Counter[int] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    async def client(self, *, writes: bool, keeps: bool) -> None:
        """Call until no connection is to be had; `keeps` goes on with a connection as long as it lasts."""
        request = self._request(writes)
        while True:
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, self.served.port), 0.5)
            except (OSError, TimeoutError):
                return
            try:
                while not reader.at_eof():
                    writer.write(request)
                    head = await self._answer(reader)
                    if b"\r\nconnection: close" in head.lower() or not keeps:
                        break
            except (OSError, EOFError) as error:
                self.dropped.append(repr(error))
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length
        body = await reader.readexactly(int(length.group(1)))
        status = int(head.split(b" ", 2)[1])
        self.answered[status] += 1
        if status == 201:
            self.created.append(json.loads(body)["data"]["id"])
        return head

    def _request(self, writes: bool) -> bytes:
        body = '{"name":"Site"}' if writes else ""
        method = "POST" if writes else "GET"
        return (
            f"{method} /craftdesk/v1/projects HTTP/1.1\r\nHost: maquette\r\nAuthorization: Bearer {self.served.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class SlowCall:
    """A call whose body takes its time."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection((HOST, served.port), 10)
        head = (
            "POST /craftdesk/v1/projects HTTP/1.1\r\nHost: maquette\r\n"
            f"Authorization: Bearer {served.key}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
        )
        self._socket.sendall(head.encode() + b'{"name"')
        time.sleep(0.2)  # it has come in

    def finish(self) -> bytes:
        """Send the rest; returns the answer's first line."""
        self._socket.sendall(b':"Site"}')
        return self._socket.makefile("rb").readline()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class TestLoad:
    async def test_no_call_is_dropped(self, server: str, start: Start, tmp_path: Path) -> None:
        """Kept connections and new ones, reading and writing: all are answered, and all that was made is there."""
        served = await asyncio.to_thread(start, tmp_path, "--server", server, "--drain-s", "10")
        arguments = ["workspace", "plan", "my-workspace", "unlimited", "--data", str(tmp_path)]
        assert (await asyncio.to_thread(CliRunner().invoke, main, arguments)).exit_code == 0
        load = Load(served)
        clients = [
            asyncio.create_task(load.client(writes=writes, keeps=keeps))
            for writes in (False, True)
            for keeps in (True, True, False)
            for _ in range(6)
        ]
        await asyncio.sleep(0.5)
        before = load.answered.total()
        served.signal()
        told_at = time.monotonic()
        status = await asyncio.to_thread(served.ended, 15)
        assert time.monotonic() - told_at < 5
        await asyncio.gather(*clients)
        assert (0, [], {200, 201}) == (status, load.dropped, set(load.answered))
        assert before > 50
        assert set(load.created) <= await projects_in(tmp_path)


class TestSlowCall:
    def test_it_is_answered_and_nobody_comes_in_after_it(self, server: str, start: Start, tmp_path: Path) -> None:
        """A call that had come in gets its answer, a new client no connection."""
        served = start(tmp_path, "--server", server, "--drain-s", "20")
        call = SlowCall(served)
        served.signal()
        time.sleep(0.5)
        with pytest.raises((ConnectionError, TimeoutError)):
            socket.create_connection((HOST, served.port), 0.3)
        assert call.finish().startswith(b"HTTP/1.1 201")
        assert served.ended(5) == 0
        call.close()

    def test_a_second_signal_doesn_t_wait_for_it(self, server: str, start: Start, tmp_path: Path) -> None:
        """Whoever asks twice is in a hurry."""
        served = start(tmp_path, "--server", server, "--drain-s", "60")
        call = SlowCall(served)
        served.signal(signal.SIGINT)
        time.sleep(0.3)
        assert served.process.poll() is None
        served.signal(signal.SIGTERM)
        served.ended(3)
        call.close()

    def test_the_deadline_doesn_t_wait_for_it(self, start: Start, tmp_path: Path) -> None:
        """What takes longer is cut off, and the log says so."""
        served = start(tmp_path, "--drain-s", "1")
        call = SlowCall(served)
        served.signal()
        told_at = time.monotonic()
        assert served.ended(4) == 0
        assert time.monotonic() - told_at >= 0.9
        told = ("stopping: waiting for 1 calls", "calls under way: 1", "stopped")
        assert sorted(told, key=served.output.index) == list(told)
        call.close()


class TestLogLevel:
    def test_what_is_less_grave_is_left_out(self, start: Start, tmp_path: Path) -> None:
        """But for e-mails that no mail server takes: they are nowhere else."""
        served = start(tmp_path, "--log-level", "warning")
        arguments = ["--workspace", "my-workspace", "--email", "bob@example.com", "--role", "member"]
        done = CliRunner().invoke(main, ["member", "invite", *arguments, "--data", str(tmp_path)])
        assert 0 == done.exit_code, done.output
        end = time.monotonic() + 20
        while "hand this on to bob@example.com" not in served.output and time.monotonic() < end:
            time.sleep(0.05)
        served.signal()
        assert 0 == served.ended(10)
        assert "hand this on to bob@example.com" in served.output
        assert not [word for word in ("INFO", "sealing key", "stopping", "stopped") if word in served.output]


class TestKill:
    def test_nobody_is_left_behind(self, start: Start, tmp_path: Path) -> None:
        """One process, without children; killed, it leaves its port to the next, which finds the store in order."""
        served = start(tmp_path)
        children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text("ascii")
        assert children == ""
        served.signal(signal.SIGKILL)
        assert served.ended(5) == -signal.SIGKILL
        again = start(tmp_path, port=served.port)
        assert "my-workspace" in again.output
