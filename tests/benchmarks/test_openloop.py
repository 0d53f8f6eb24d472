"""Does the open loop charge a stall to everything that had to wait for it, and refuse what is no success?"""

import asyncio
import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.openloop import connections, drive, mix

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the driver stands on epoll")

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STALL_S = 0.3


class Server:
    """Answers each request with `answer`; the first one of all only after a stall, and nobody else meanwhile."""

    def __init__(self, answer: bytes, stall_s: float) -> None:
        self.port = 0
        self.is_up = threading.Event()
        self._answer, self._stall_s = answer, stall_s

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over, self._gate, self._is_first = asyncio.Event(), asyncio.Lock(), True
        server = await asyncio.start_server(self._answer_all, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.is_up.set()
        await self._over.wait()
        server.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                async with self._gate:
                    if self._is_first:
                        self._is_first = False
                        await asyncio.sleep(self._stall_s)
                for part in (self._answer[:20], self._answer[20:]):  # an answer may come in pieces
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()


@contextmanager
def serving(answer: bytes = ANSWER, stall_s: float = 0.0) -> Iterator[int]:
    server = Server(answer, stall_s)
    thread = threading.Thread(target=server.run)
    thread.start()
    server.is_up.wait()
    try:
        yield server.port
    finally:
        server.stop()
        thread.join()


REQUESTS = (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",)


class TestDrive:
    def test_every_request_is_answered_and_counted(self) -> None:
        """As many latencies as rate and seconds make, more than there are connections."""
        with serving() as port:
            told = drive(port, itertools.cycle(REQUESTS), rate=1_000, seconds=0.3)
        assert 300 == told["requests"]

    def test_a_stall_is_charged_to_all_that_had_to_wait(self) -> None:
        """While the server stood still three hundred calls were due: the half of them waited half of it or longer."""
        with serving(stall_s=STALL_S) as port:
            told = drive(port, itertools.cycle(REQUESTS), rate=1_000, seconds=STALL_S)
        assert told["most_ms"] >= STALL_S * 1000
        assert told["p50_ms"] >= STALL_S * 1000 / 2 * 0.9

    def test_a_refusal_is_an_error(self) -> None:
        """Latencies of refusals are not what is measured."""
        with serving(ANSWER.replace(b"200 OK", b"429 No")) as port, pytest.raises(RuntimeError, match="429"):
            drive(port, itertools.cycle(REQUESTS), rate=100, seconds=0.1)


class TestConnections:
    @pytest.mark.parametrize(("rate", "expected"), [(0.5, 8), (25, 25), (9_000, 128)], ids=["slow", "middling", "fast"])
    def test_each_is_used_once_a_second(self, rate: float, expected: int) -> None:
        """A server ends one that is idle for five; and a fast one needs no thousands."""
        assert expected == connections(rate)


class TestMix:
    def test_it_is_mostly_lists_and_some_writes(self) -> None:
        """90 % lists, 8 % reads, 2 % creates, within what chance allows; each create has a name of its own."""
        sent = list(itertools.islice(mix(["key-a 1 2", "key-b 3"], seed=1), 5_000))
        creates = [request for request in sent if request.startswith(b"POST")]
        lists = [request for request in sent if b"?per_page=20&page=" in request]
        assert abs(len(lists) / len(sent) - 0.90) < 0.02
        assert abs(len(creates) / len(sent) - 0.02) < 0.01
        assert len(creates) == len({request.partition(b"\r\n\r\n")[2] for request in creates})

    def test_a_read_is_of_the_keys_own_workspace(self) -> None:
        """Else it would be answered by 404."""
        requests = list(itertools.islice(mix(["key-a 1 2", "key-b 3"], seed=1), 2_000))
        reads = [request for request in requests if b"/projects/" in request]
        assert {b"1", b"2"} == {_id(request) for request in reads if b"key-a" in request}
        assert {b"3"} == {_id(request) for request in reads if b"key-b" in request}


def _id(request: bytes) -> bytes:
    return request.split()[1].rpartition(b"/")[2]
