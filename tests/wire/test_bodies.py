"""Is a body that is too large refused in time, and in a way that its sender gets to read?"""

import asyncio
import itertools
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maquette.model.errors import Invalid, TooLarge
from maquette.wire import bodies
from maquette.wire.asgi import as_asgi
from maquette.wire.bodies import MAX_BODY_BYTES, MAX_DRAINED_BYTES, content_length, read_whole
from maquette.wire.body_timeout import BodyTimeout
from tests.office import Office
from tests.server.running import Served, serve
from tests.wire.asgi import Answer, coming, scope_of

MEBIBYTE = b" " * MAX_BODY_BYTES
PATIENCE_S = 20


class TestReadWhole:
    @pytest.mark.parametrize("pieces", [[], [b"{}"], [b"{", b"}"], [MEBIBYTE], [MEBIBYTE[:-1], b"x"]])
    async def test_up_to_the_limit_a_body_comes_as_it_is(self, pieces: list[bytes]) -> None:
        """A mebibyte exactly is not too much, in however many pieces."""
        assert b"".join(pieces) == await read_whole(coming(pieces), BodyTimeout())

    @pytest.mark.parametrize("pieces", [[MEBIBYTE + b"x"], [MEBIBYTE, b"x"], [b"x"] * 3 + [MEBIBYTE]])
    async def test_one_byte_more_is_refused(self, pieces: list[bytes]) -> None:
        """As soon as it has come, whatever length was promised."""
        with pytest.raises(TooLarge) as refused:
            await read_whole(coming(pieces), BodyTimeout())
        assert MAX_BODY_BYTES == refused.value.limit

    async def test_a_small_limit_is_a_limit_too(self) -> None:
        """Also below what is small for the budget."""
        assert bytes(100) == await read_whole(coming([bytes(99), b"\0"]), BodyTimeout(), 100)
        with pytest.raises(TooLarge):
            await read_whole(coming([bytes(99), b"xx"]), BodyTimeout(), 100)

    async def test_what_is_still_coming_is_read_to_its_end(self) -> None:
        """Then the sender has finished, and reads the answer."""
        receive = coming([MEBIBYTE] * 5)
        with pytest.raises(TooLarge):
            await read_whole(receive, BodyTimeout())
        with pytest.raises(StopAsyncIteration):
            await receive()

    async def test_what_never_ends_is_read_no_further_than_a_bound(self) -> None:
        """32 MiB in all; the sender's patience is then its own business."""
        sent = itertools.count(1)
        endless = (MEBIBYTE for _ in sent)
        with pytest.raises(TooLarge):
            await read_whole(coming(endless), BodyTimeout())
        assert MAX_DRAINED_BYTES == (next(sent) - 1) * MAX_BODY_BYTES

    async def test_who_stops_halfway_is_answered_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sender that waits for the answer before going on doesn't wait for ever."""
        monkeypatch.setattr(bodies, "DRAIN_S", 0.01)
        first = coming([MEBIBYTE, b"x"])
        turns = itertools.count()

        async def stalling() -> Any:
            return await (first() if next(turns) < 2 else asyncio.Event().wait())

        with pytest.raises(TooLarge):
            await read_whole(stalling, BodyTimeout())

    async def test_what_is_announced_as_too_large_isn_t_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor believed to be less."""
        monkeypatch.setattr(bodies, "DRAIN_S", 0.01)

        async def stalling() -> Any:
            return await asyncio.Event().wait()

        with pytest.raises(TooLarge):
            await read_whole(stalling, BodyTimeout(), length=MAX_BODY_BYTES + 1)

    async def test_who_goes_away_is_not_waited_for(self) -> None:
        """A lost connection ends the reading."""
        first = coming([MEBIBYTE, b"x"])
        turns = itertools.count()

        async def leaving() -> Any:
            return await first() if next(turns) < 2 else {"type": "http.disconnect"}

        with pytest.raises(TooLarge):
            await read_whole(leaving, BodyTimeout())


class TestContentLength:
    @pytest.mark.parametrize("pieces", [[], [b"{}"], [b"{", b"}"]])
    async def test_nobody_waits_when_all_has_come(self, pieces: list[bytes]) -> None:
        """Not even for word that it was all."""
        left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

        async def receive() -> Any:
            return left.pop(0)

        whole = b"".join(pieces)
        assert whole == await read_whole(receive, BodyTimeout(), length=len(whole))
        assert [] == left

    async def test_what_ends_sooner_is_no_longer_waited_for(self) -> None:
        """The server is believed before the sender."""
        assert b"{}" == await read_whole(coming([b"{}"]), BodyTimeout(), length=3)

    async def test_what_goes_on_is_read_to_its_end(self) -> None:
        """Nothing that came is left out."""
        assert b"{} " == await read_whole(coming([b"{}", b" "]), BodyTimeout(), length=1)

    async def test_a_whole_call_goes_by_it(self, office: Office) -> None:
        """Behind the gate, too, nobody waits for word that this was all."""
        _, key = await (await office.team()).key()
        body, answer = b'{"name":"Small"}', Answer()
        left = [{"type": "http.request", "body": body, "more_body": True}]

        async def receive() -> Any:
            return left.pop(0)

        headers = [("authorization", f"Bearer {key}"), ("content-length", str(len(body)))]
        scope = scope_of("POST", "/craftdesk/v1/projects", headers=headers)
        await as_asgi(office.runtime.application)(scope, receive, answer.send)
        assert 201 == answer.status

    async def test_one_that_is_cut_off_is_refused(self) -> None:
        """Before all that was announced has come."""
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(messages)

        with pytest.raises(Invalid):
            await read_whole(receive, BodyTimeout(), length=2)

    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            ({b"content-length": b"12"}, 12),
            ({b"content-length": b"0"}, 0),
            ({}, None),
            ({b"content-length": b"12", b"transfer-encoding": b"chunked"}, None),
            ({b"content-length": b"0" * 17 + b"2"}, 2),
            ({b"content-length": b"0" * 5_000 + b"2"}, None),
            ({b"content-length": b""}, None),
            ({b"content-length": b"+12"}, None),
            ({b"content-length": b"12, 12"}, None),
            ({b"content-length": "\u0661".encode()}, None),
        ],
    )
    def test_it_is_taken_from_a_plain_number(self, headers: dict[bytes, bytes], expected: int | None) -> None:
        """And not where the body says itself where it ends."""
        assert expected == content_length(headers)


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of each kind, in a process of its own."""
    folder: Path = tmp_path_factory.mktemp("bodies")
    running = serve(folder, "--server", request.param)
    yield running
    running.stop()


class Sender:
    """A client that sends on one thread and listens on another, as clients do that stream a file."""

    def __init__(self, served: Served, *headers: str) -> None:
        self._served = served
        self._headers = headers
        self.sent = 0

    def answer_to(self, pieces: Iterable[bytes]) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer; sending ends when it has come."""
        with socket.create_connection(("127.0.0.1", self._served.port), timeout=PATIENCE_S) as connection:
            connection.sendall(self._head())
            sending = threading.Thread(target=self._send, args=(connection, pieces), daemon=True)
            sending.start()
            head, _, body = self._listen(connection).partition(b"\r\n\r\n")
        sending.join(PATIENCE_S)
        return int(head.split(b" ")[1]), json.loads(body)

    def _head(self) -> bytes:
        lines = [
            "POST /craftdesk/v1/projects HTTP/1.1",
            f"Host: 127.0.0.1:{self._served.port}",
            f"Authorization: Bearer {self._served.key}",
            "Content-Type: application/json",
            *self._headers,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def _send(self, connection: socket.socket, pieces: Iterable[bytes]) -> None:
        try:
            for piece in pieces:
                connection.sendall(piece)
                self.sent += len(piece)
        except OSError:
            return  # the other side has heard enough

    def _listen(self, connection: socket.socket) -> bytes:
        """The whole of one answer, by its length."""
        heard = b""
        while True:
            head, found, body = heard.partition(b"\r\n\r\n")
            length = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
            if found and len(body) >= int(length[0]):
                return heard
            piece = connection.recv(65_536)
            assert piece, f"closed without an answer after {self.sent} bytes: {heard!r}"
            heard += piece


def chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as the chunked coding sends them, with its end."""
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


class TestServed:
    """The same with a server and a socket between: the refusal is an answer in the envelope, not a lost connection."""

    @staticmethod
    def is_refused(answer: tuple[int, dict[str, Any]]) -> bool:
        """413 in CraftDesk's words."""
        status, body = answer
        return (413, 413, "Payload Too Large") == (status, body["code"], body["message"])

    def test_a_promised_length(self, served: Served) -> None:
        """5 MiB with `Content-Length`, all of it sent."""
        assert self.is_refused(Sender(served, f"Content-Length: {5 * MAX_BODY_BYTES}").answer_to([MEBIBYTE] * 5))

    def test_chunks(self, served: Served) -> None:
        """5 MiB in chunks, whose length nobody promised."""
        assert self.is_refused(Sender(served, "Transfer-Encoding: chunked").answer_to(chunks([MEBIBYTE] * 5)))

    def test_a_length_that_takes_for_ever(self, served: Served) -> None:
        """100 GiB promised: the answer arrives while they are still being sent."""
        sender = Sender(served, f"Content-Length: {100 * 1024 * MAX_BODY_BYTES}")
        assert self.is_refused(sender.answer_to(itertools.repeat(MEBIBYTE)))
        assert sender.sent < 4 * MAX_DRAINED_BYTES

    def test_chunks_without_end(self, served: Served) -> None:
        """The answer arrives while they are still coming."""
        sender = Sender(served, "Transfer-Encoding: chunked")
        assert self.is_refused(sender.answer_to(chunks(itertools.repeat(MEBIBYTE))))
        assert sender.sent < 4 * MAX_DRAINED_BYTES

    def test_a_small_body_is_still_welcome_afterwards(self, served: Served) -> None:
        """None of this harms the server."""
        body = b'{"name":"Small"}'
        assert 201 == Sender(served, f"Content-Length: {len(body)}").answer_to([body])[0]

    def test_a_connection_goes_on_after_each_body(self, served: Served) -> None:
        """With its length, in chunks, without anything in it, and with the next call right behind it."""
        told, chunked = Sender(served, "Content-Length: 16"), Sender(served, "Transfer-Encoding: chunked")
        empty, named = Sender(served, "Content-Length: 0"), b'{"name":"Small"}'
        with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_S) as connection:
            for sender, pieces in (
                (told, [named[:5], named[5:]]),
                (chunked, chunks([named])),
                (empty, ()),
                (told, [named]),
            ):
                connection.sendall(sender._head())
                for piece in pieces:
                    connection.sendall(piece)
                expected = b"400" if sender is empty else b"201"
                assert expected == sender._listen(connection).split(b" ")[1]
            connection.sendall((told._head() + named) * 2)
            answers = b""
            while answers.count(b"HTTP/1.1 201 ") < 2:
                answers += connection.recv(65_536)
