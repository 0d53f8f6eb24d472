"""How does a webhook leave the process? To real receivers, which do everything a stranger's server may do."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import Any

import pytest

from maquette.outbound.http import MAX_BODY_BYTES, Sender
from maquette.outbound.meter import MAX_RECEIVED_BYTES
from maquette.outbound.outcomes import NotDelivered
from tests.outbound.receiver import LOOPBACK, OK, Connection, Names, endless, listening, once, saying

HEADERS = {"Content-Type": "application/json", "webhook-id": "evt_1"}
BODY = b'{"id":"evt_1"}'
MUCH = 16 * 1024 * 1024

Senders = Callable[..., Sender]


@pytest.fixture
async def sender_with() -> AsyncIterator[Senders]:
    """Makes senders that may reach 127.0.0.1, and closes them."""
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> Sender:
            sender = Sender(options.pop("allow", LOOPBACK), **options)
            stack.push_async_callback(sender.close)
            return sender

        yield make


@pytest.fixture
async def sender(sender_with: Senders) -> Sender:
    """One with time enough."""
    return sender_with()


async def refused(sender: Sender, url: str) -> NotDelivered:
    """Why nothing was delivered."""
    with pytest.raises(NotDelivered) as caught:
        await sender.post(url, HEADERS, BODY)
    assert caught.value.took_ms >= 0
    assert caught.value.sentence.endswith(".")
    return caught.value


class TestDelivered:
    async def test_the_request_is_what_was_given(self, sender: Sender) -> None:
        """Method, path, headers and bytes; nothing is compressed, and no cookie is sent."""
        async with listening(saying(OK)) as receiver:
            answer = await sender.post(receiver.url + "?a=%2B&b", HEADERS, BODY)
        (request,) = receiver.requests
        head, body = request.split(b"\r\n\r\n")
        start, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert ("POST /hook?a=%2B&b HTTP/1.1", BODY) == (start, body)
        assert headers.pop("User-Agent").startswith("Maquette/")
        assert headers == HEADERS | {
            "Host": f"127.0.0.1:{receiver.port}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Content-Length": str(len(BODY)),
        }
        assert (200, b"ok", "2") == (answer.status, answer.body, answer.headers["content-length"])
        assert 0 <= answer.took_ms < 10_000

    @pytest.mark.parametrize("status", [204, 301, 302, 307, 308, 400, 410, 429, 500, 599])
    async def test_every_status_is_an_answer(self, sender: Sender, status: int) -> None:
        """It is the caller who knows what it means; `Retry-After` is there to read."""
        text = f"HTTP/1.1 {status} So\r\nRetry-After: 7\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        async with listening(saying(text.encode())) as receiver:
            answer = await sender.post(receiver.url, HEADERS, BODY)
        assert (status, "7", b"", 1) == (
            answer.status, answer.headers["retry-after"], answer.body, len(receiver.requests)
        )  # fmt: skip

    async def test_a_redirect_is_not_followed(self, sender: Sender) -> None:
        """Wherever it leads."""
        async with listening(saying(OK)) as other:
            text = f"HTTP/1.1 307 So\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n"
            async with listening(saying(text.encode())) as receiver:
                answer = await sender.post(receiver.url, HEADERS, BODY)
        assert (307, 0) == (answer.status, other.connections)

    async def test_a_cookie_is_forgotten(self, sender: Sender) -> None:
        """The next delivery doesn't bring it."""
        async with listening(saying(OK.replace(b"OK\r\n", b"OK\r\nSet-Cookie: a=b\r\n"))) as receiver:
            for _ in range(2):
                await sender.post(receiver.url, HEADERS, BODY)
        assert (2, False) == (len(receiver.requests), b"ookie" in b"".join(receiver.requests))

    async def test_no_proxy_of_the_environment_is_used(
        self, monkeypatch: pytest.MonkeyPatch, sender_with: Senders
    ) -> None:
        """It would connect to what it likes."""
        async with listening(saying(OK)) as proxy, listening(saying(OK)) as receiver:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
                monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
            await sender_with().post(receiver.url, HEADERS, BODY)
        assert (0, 1) == (proxy.connections, receiver.connections)

    async def test_a_compressed_answer_stays_compressed(self, sender: Sender) -> None:
        """A bomb is never lit."""
        bomb = gzip.compress(bytes(MUCH))
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
        async with listening(saying(head + bomb)) as receiver:
            answer = await sender.post(receiver.url, HEADERS, BODY)
        assert bomb[:MAX_BODY_BYTES] == answer.body

    async def test_headers_can_be_stored(self, sender: Sender) -> None:
        """Bytes that aren't UTF-8 are replaced; of a name that comes twice the first counts."""
        head = b"HTTP/1.1 200 OK\r\nX-A: \xff\xc3\xbc\r\nX-B: 1\r\nx-b: 2\r\nContent-Length: 0\r\n\r\n"
        async with listening(saying(head)) as receiver:
            answer = await sender.post(receiver.url, HEADERS, BODY)
        assert ("\ufffdü", "1") == (answer.headers["x-a"], answer.headers["x-b"])

    async def test_an_answer_before_the_body_was_read(self, sender: Sender) -> None:
        """It counts, and nobody waits until the rest of the body is read."""

        async def script(connection: Connection) -> None:
            await connection.reader.readuntil(b"\r\n\r\n")
            await connection.say(OK)
            await asyncio.Event().wait()

        async with listening(script) as receiver:
            answer = await sender.post(receiver.url, HEADERS, bytes(1_000_000))
        assert (200, b"ok") == (answer.status, answer.body)

    @pytest.mark.parametrize(
        ("start", "status"),
        [
            (b"HTTP/1.1 100 Continue\r\n\r\n", 200),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", 200),
            (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 101),
        ],
        ids=["continue", "several", "upgrade"],
    )
    async def test_what_comes_before_an_answer_is_not_one(self, sender: Sender, start: bytes, status: int) -> None:
        """But for another protocol, which isn't waited for."""
        async with listening(once(start + OK)) as receiver:
            assert status == (await sender.post(receiver.url, HEADERS, BODY)).status


class TestKept:
    async def test_a_connection_is_used_again(self, sender: Sender) -> None:
        """Deliveries one after the other need one."""
        async with listening(saying(OK)) as receiver:
            for _ in range(3):
                await sender.post(receiver.url, HEADERS, BODY)
        assert (1, 3) == (receiver.connections, len(receiver.requests))

    async def test_names_at_one_address_share_none(self, sender_with: Senders) -> None:
        """What one receiver left on its connection is never another's."""
        sender = sender_with(resolver=Names({"a.test": [["127.0.0.1"]], "b.test": [["127.0.0.1"]]}))
        async with listening(saying(OK)) as receiver:
            for name in ("a.test", "b.test", "a.test"):
                await sender.post(f"http://{name}:{receiver.port}/", HEADERS, BODY)
        assert (2, 3) == (receiver.connections, len(receiver.requests))
        hosts = [f"Host: {name}.test:{receiver.port}\r\n".encode() for name in "aba"]
        assert all(host in text for host, text in zip(hosts, receiver.requests, strict=True))

    async def test_a_receiver_that_moves_gets_a_new_one(self, sender_with: Senders) -> None:
        """A connection is used again only while the name leads to the same addresses."""
        names = Names({"a.test": [["127.0.0.1"], ["127.0.0.2"]]})
        sender = sender_with(resolver=names, allow=[ip_network("127.0.0.0/30")])
        async with listening(saying(OK)) as old, listening(saying(OK), host="127.0.0.2", port=old.port) as new:
            for _ in range(2):
                await sender.post(f"http://a.test:{old.port}/", HEADERS, BODY)
        assert (1, 1) == (len(old.requests), len(new.requests))

    async def test_one_that_ended_while_idle_is_no_failure(self, sender: Sender) -> None:
        """The request goes out once more, on a connection of its own."""

        async def script(connection: Connection) -> None:
            await connection.request()
            await connection.say(OK)
            await connection.request()  # and ends without a word

        async with listening(script) as receiver:
            answers = [await sender.post(receiver.url, HEADERS, BODY) for _ in range(2)]
        assert ([200, 200], 2, 3) == ([each.status for each in answers], receiver.connections, len(receiver.requests))

    async def test_a_new_one_that_ends_is_a_failure(self, sender: Sender) -> None:
        """It isn't tried twice."""

        async def script(connection: Connection) -> None:
            await connection.request()

        async with listening(script) as receiver:
            assert "reset" == (await refused(sender, receiver.url)).reason_kind
        assert 1 == len(receiver.requests)


class TestBounded:
    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", b"x" * 65_536),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 16_384 + b"\r\n"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10\r\n" + b"x" * 16 + b"\r\n"),
        ],
        ids=["until it closes", "by a length", "in chunks", "in tiny chunks"],
    )
    async def test_an_endless_body_is_cut(self, sender: Sender, start: bytes, piece: bytes) -> None:
        """It is an answer, of which 64 KiB are kept; the rest is never asked for."""
        async with listening(endless(start, piece)) as receiver:
            answer = await sender.post(receiver.url, HEADERS, BODY)
        assert (200, b"x" * MAX_BODY_BYTES) == (answer.status, answer.body)
        assert receiver.sent < MUCH

    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"HTTP/1.1 200 ", b"x" * 65_536),
            (b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 65_536),
            (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 8_000),
            (b"HTTP/1.1 200 OK\r\n", b"X" * 65_536),
            (b"HTTP/1.1 200 OK\r\nX-A: b\r\n", b" folded\r\n" * 8_000),
        ],
        ids=["reason", "value", "many", "name", "folded"],
    )
    async def test_endless_headers_are_no_answer(self, sender: Sender, start: bytes, piece: bytes) -> None:
        """They are given up early."""
        async with listening(endless(start, piece)) as receiver:
            assert "protocol" == (await refused(sender, receiver.url)).reason_kind
        assert receiver.sent < MUCH

    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"HTTP/1.1 200 ", b"x"),
            (b"HTTP/1.1 200 OK\r\nX-A: ", b"x"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ],
        ids=["status", "header", "body", "chunks", "chunk length", "continue"],
    )
    async def test_one_that_drips_is_given_up(self, sender_with: Senders, start: bytes, piece: bytes) -> None:
        """However many bytes have come, the time in all is what it is."""
        async with listening(endless(start, piece, pause_s=0.02)) as receiver:
            assert "timeout" == (await refused(sender_with(total_s=0.3), receiver.url)).reason_kind

    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
            (b"", b"\r\n" * 8_000),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 16_000),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 16_000),
        ],
        ids=["continue", "lines", "chunk length", "chunk extension"],
    )
    async def test_what_is_never_an_answer_is_not_listened_to(
        self, sender_with: Senders, start: bytes, piece: bytes
    ) -> None:
        """As fast as it comes: memory isn't filled with it, and the deadline ends it."""
        async with listening(endless(start, piece)) as receiver:
            assert "timeout" == (await refused(sender_with(total_s=0.5), receiver.url)).reason_kind
        assert receiver.sent < MUCH

    async def test_nor_is_what_comes_while_nobody_asked(self, sender: Sender) -> None:
        """It ends the connection, and isn't taken for the answer to the next delivery."""
        flooded = asyncio.Event()

        async def script(connection: Connection) -> None:
            await connection.request()
            await connection.say(OK)
            await asyncio.sleep(0.05)  # so that the answer is taken, and the connection idle
            with contextlib.suppress(OSError):
                while True:
                    await connection.say(b"HTTP/1.1 299 Fake\r\nContent-Length: 0\r\n\r\n" * 500)
            flooded.set()

        async with listening(script) as receiver:
            first = await sender.post(receiver.url, HEADERS, BODY)
            await asyncio.wait_for(flooded.wait(), 8)  # sooner than an idle connection ends by itself
            second = await sender.post(receiver.url, HEADERS, BODY)
        assert ([200, 200], 2) == ([first.status, second.status], len(receiver.requests))
        assert receiver.sent < MUCH

    async def test_the_count_begins_anew_with_each_delivery(self, sender: Sender) -> None:
        """A connection is kept for as long as its answers are small."""

        async def script(connection: Connection) -> None:
            while await connection.request():
                await connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"x" * 30_000)
                await asyncio.sleep(0.01)
                await connection.say(b"x" * 30_000)

        async with listening(script) as receiver:
            answers = [await sender.post(receiver.url, HEADERS, BODY) for _ in range(2 * MAX_RECEIVED_BYTES // 60_000)]
        assert ({60_000}, 1) == ({len(answer.body) for answer in answers}, receiver.connections)

    async def test_an_answer_may_just_fit(self, sender: Sender) -> None:
        """Then its connection is read again for the next delivery."""
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"

        async def script(connection: Connection) -> None:
            while await connection.request():
                await connection.say(interim * (MAX_RECEIVED_BYTES // len(interim)))
                await asyncio.sleep(0.05)
                await connection.say(interim + OK)

        async with listening(script) as receiver:
            answers = [await sender.post(receiver.url, HEADERS, BODY) for _ in range(2)]
        assert ([200, 200], 1) == ([answer.status for answer in answers], receiver.connections)

    async def test_one_that_says_nothing_is_given_up(self, sender_with: Senders) -> None:
        """With a sentence about the answer."""

        async def script(connection: Connection) -> None:
            await asyncio.Event().wait()

        async with listening(script) as receiver:
            failure = await refused(sender_with(total_s=0.3), receiver.url)
        assert ("timeout", "The receiver did not answer in time.") == (failure.reason_kind, failure.sentence)

    async def test_one_that_does_not_take_the_connection_is_given_up(self, sender_with: Senders) -> None:
        """Sooner, and with a sentence about the connection: here one that never says a word of TLS."""

        async def script(connection: Connection) -> None:
            await asyncio.Event().wait()

        async with listening(script) as receiver:
            url = receiver.url.replace("http", "https")
            failure = await refused(sender_with(connect_s=0.3), url)
        assert ("timeout", "The receiver did not take the connection in time.") == (
            failure.reason_kind, failure.sentence
        )  # fmt: skip
        assert failure.took_ms < 9_000


class TestNotDelivered:
    async def test_nobody_listens(self, sender: Sender) -> None:
        """The connection is refused."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            failure = await refused(sender, f"http://127.0.0.1:{free.getsockname()[1]}/")
        assert "connect" == failure.reason_kind

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (b"", "reset"),
            (b"HTTP/1.1 2", "reset"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "protocol"),
        ],
        ids=["before", "in the head", "in the body"],
    )
    async def test_a_reset(self, sender: Sender, said: bytes, kind: str) -> None:
        """Before there is an answer it is one; later the answer isn't whole, as with any other end."""

        async def script(connection: Connection) -> None:
            await connection.request()
            await connection.say(said)
            await asyncio.sleep(0.05)  # so that the bytes are on their way before the reset is
            connection.reset()

        async with listening(script) as receiver:
            assert kind == (await refused(sender, receiver.url)).reason_kind

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
            b"HTTP/1.1 200 OK\r\nX-A: \x00\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n",
            b"<html>ok</html>\r\n\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46",
        ],
        ids=["short", "negative", "list", "twice", "chunk", "no last chunk", "nul", "version", "status", "letters",
             "ssh", "html", "tls"],
    )  # fmt: skip
    async def test_an_answer_that_lies_or_is_none(self, sender: Sender, answer: bytes) -> None:
        """It can't be told what it says."""
        async with listening(once(answer)) as receiver:
            assert "protocol" == (await refused(sender, receiver.url)).reason_kind

    async def test_what_comes_after_an_answer_is_nobodys(self, sender: Sender) -> None:
        """More bytes than were promised are not taken for the next answer."""
        fake = b"HTTP/1.1 500 Fake\r\nContent-Length: 0\r\n\r\n"
        async with listening(saying(OK + fake)) as receiver:
            answers = []
            for _ in range(3):
                answers.append(await sender.post(receiver.url, HEADERS, BODY))
                await asyncio.sleep(0.05)
        assert [200, 200, 200] == [answer.status for answer in answers]

    async def test_a_closed_sender_sends_nothing(self) -> None:
        """It says so to the programmer."""
        sender = Sender(LOOPBACK)
        await sender.close()
        with pytest.raises(RuntimeError):
            await sender.post("http://127.0.0.1:1/", HEADERS, BODY)
