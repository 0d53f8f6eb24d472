"""What is the least a server could do? Send bytes that Maquette sent before, on the same server software.

Run as `python -m benchmarks.floor granian|uvicorn PORT`; FLOOR_ANSWERS names the file that `save` wrote.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.client import Answer, Request

SOFTWARE = ("granian", "uvicorn")
BACKLOG = 2048

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Key = tuple[str, str, bool]
Kept = tuple[Message, Message]

# The server software puts these on by itself.
_ADDED = {"date", "server", "connection", "keep-alive", "transfer-encoding"}


def save(path: Path, answered: Iterable[tuple[Request, Answer]]) -> None:
    """Keeps one answer for each method and path, a conditional request apart; the query doesn't matter."""
    entries = [
        {
            "method": request.method,
            "path": request.path.partition("?")[0],
            "conditional": "If-None-Match" in request.headers,
            "status": answer.status,
            "headers": [pair for pair in answer.headers if pair[0].lower() not in _ADDED],
            "body": answer.body.decode(),
        }
        for request, answer in answered
    ]
    path.write_text(json.dumps(entries))


def serve(software: str, port: int) -> None:
    """Serves as `maquette serve` does: one process, its scheduling and its backlog, uvloop, no lifespan, no log.

    But for the hand-over (decision 29): this is plain ASGI.
    """
    with suppress(OSError):  # as the server does
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    run = {"granian": _granian, "uvicorn": _uvicorn}[software]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(build(), port))


class Floor:
    """The application: a look-up, and two messages."""

    def __init__(self, answers: dict[Key, Kept]) -> None:
        self._answers = answers
        # Single reads ask for ever other ids: each gets the one answer that was kept under that path.
        self._under = {path.rpartition("/")[0]: kept for (method, path, _), kept in answers.items() if method == "GET"}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        conditional = any(name == b"if-none-match" for name, _ in scope["headers"])
        kept = self._answers.get((method, path, conditional)) or self._under[path.rpartition("/")[0]]
        if method == "POST":
            while (await receive()).get("more_body"):
                pass
        start, body = kept
        await send(start)
        await send(body)


def build() -> Floor:
    answers: dict[Key, Kept] = {("GET", "/healthz", False): _kept(200, [], "")}
    for each in json.loads(Path(os.environ["FLOOR_ANSWERS"]).read_text()):
        key = each["method"], each["path"], each["conditional"]
        answers[key] = _kept(each["status"], each["headers"], each["body"])
    return Floor(answers)


def _kept(status: int, headers: list[list[str]], body: str) -> Kept:
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return (
        {"type": "http.response.start", "status": status, "headers": fields},
        {"type": "http.response.body", "body": body.encode()},
    )


async def _granian(app: Floor, port: int) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        backlog=BACKLOG,
        websockets=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


async def _uvicorn(app: Floor, port: int) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        backlog=BACKLOG,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
