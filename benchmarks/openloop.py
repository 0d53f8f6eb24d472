"""How long do calls take at a steady rate? A load driver that never waits for the server before it sends the next.

Run on a core of its own as `python -m benchmarks.openloop PORT RATE SECONDS SEED FILE`; FILE is what wrk/mix.lua
reads. It polls without a pause, so that a call goes out within microseconds of when it is due, and prints JSON.
"""

import gc
import json
import random
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.arrivals import Schedule, percentile, summary

# As many as are used once a second, so that no server ends one for being idle; but not more than these.
CONNECTIONS = range(8, 129)
WARM_SECONDS = 0.2
GRACE_SECONDS = 30
LISTS, READS = 90, 98
PATH = "/craftdesk/v1/projects"
CHUNK = 262_144


class Line:
    """One kept-alive connection with at most one request under way, which was due at `due_s`."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self.fileno, self.close = self._socket.fileno, self._socket.close
        self.due_s = 0.0
        self._left = -1  # bytes that the answer still lacks, -1 before its head is there
        self._head = b""

    def send(self, request: bytes, due_s: float) -> None:
        self.due_s, self._left, self._head = due_s, -1, b""
        if self._socket.send(request) != len(request):
            raise RuntimeError("a request did not fit into the socket")

    def is_answered(self) -> bool:
        """Takes what has come. Raises `RuntimeError` for an answer that isn't one of success."""
        came = self._socket.recv(CHUNK)
        if not came:
            raise RuntimeError("the server closed a connection")
        if self._left < 0:
            self._head += came
            head, ended, body = self._head.partition(b"\r\n\r\n")
            if not ended:
                return False
            self._left = _length(head) - len(body)
        else:
            self._left -= len(came)
        return self._left <= 0


def drive(port: int, requests: Iterator[bytes], *, rate: float, seconds: float) -> dict[str, float]:
    """Sends them at that rate. The latencies are from when each was due to the last byte of its answer."""
    with ExitStack() as stack:
        lines = {line.fileno(): line for line in (_opened(stack, port) for _ in range(connections(rate)))}
        poll = stack.enter_context(select.epoll())
        for number in lines:
            poll.register(number, select.EPOLLIN)
        schedule = Schedule.of(time.perf_counter() + WARM_SECONDS, rate, seconds)
        latencies, late = _loop(poll, lines, requests, schedule)
    sent_late_ms = percentile(sorted(late), 99) * 1000
    return summary(latencies) | {"requests": len(latencies), "rate": rate, "sent_late_p99_ms": sent_late_ms}


def connections(rate: float) -> int:
    return min(max(int(rate), CONNECTIONS.start), CONNECTIONS.stop - 1)


def _opened(stack: ExitStack, port: int) -> Line:
    line = Line(port)
    stack.callback(line.close)
    return line


def _loop(
    poll: "select.epoll", lines: dict[int, Line], requests: Iterator[bytes], schedule: Schedule
) -> tuple[list[float], list[float]]:
    idle, clock = deque(lines.values()), time.perf_counter
    latencies: list[float] = []
    late: list[float] = []
    deadline_s = schedule.due_s(schedule.total) + GRACE_SECONDS
    while len(latencies) < schedule.total:
        now_s = clock()
        due = schedule.are_due(now_s)
        while len(late) < due and idle:
            due_s = schedule.due_s(len(late))
            late.append(clock() - due_s)
            idle.popleft().send(next(requests), due_s)
        for number, _ in poll.poll(0):
            line = lines[number]
            if line.is_answered():
                latencies.append(clock() - line.due_s)
                idle.append(line)
        if now_s > deadline_s:
            raise RuntimeError(f"{schedule.total - len(latencies)} of {schedule.total} requests had no answer")
    return latencies, late


def mix(lines: list[str], seed: int) -> Iterator[bytes]:
    """What wrk/mix.lua sends, as bytes: 90 % lists, 8 % single reads, 2 % creates, of any workspace."""
    chance = random.Random(seed)
    workspaces = [(f"Host: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n", ids) for key, *ids in map(str.split, lines)]
    tag, sent = f"Open {seed}-{time.time_ns()}-", 0
    while True:
        headers, ids = workspaces[int(chance.random() * len(workspaces))]
        drawn = chance.random() * 100
        if drawn < LISTS:
            page = 1 + int(chance.random() * 2)
            yield f"GET {PATH}?per_page=20&page={page} HTTP/1.1\r\n{headers}\r\n".encode()
        elif drawn < READS:
            yield f"GET {PATH}/{ids[int(chance.random() * len(ids))]} HTTP/1.1\r\n{headers}\r\n".encode()
        else:
            sent += 1
            body = f'{{"name": "{tag}{sent}"}}'
            headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            yield f"POST {PATH} HTTP/1.1\r\n{headers}\r\n{body}".encode()


def _length(head: bytes) -> int:
    """What the head says of the body's length. Raises `RuntimeError` where it says none, or isn't one of success."""
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"an answer began {head[:80]!r}")
    _, found, rest = head.lower().partition(b"content-length:")
    if not found:
        raise RuntimeError(f"an answer said nothing of its length: {head[:300]!r}")
    return int(rest.partition(b"\r\n")[0])


def main(arguments: list[str]) -> None:
    port, rate, seconds, seed = int(arguments[0]), float(arguments[1]), float(arguments[2]), int(arguments[3])
    lines = Path(arguments[4]).read_text().splitlines()
    requests = mix(lines, seed)
    gc.disable()  # a pause of the driver's own would be charged to the server
    print(json.dumps(drive(port, requests, rate=rate, seconds=seconds)))


if __name__ == "__main__":
    main(sys.argv[1:])
