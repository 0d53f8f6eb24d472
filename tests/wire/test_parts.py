"""Is a long answer sent as it is made, and broken off where it can't be? And what comes with a tag of its own?"""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from maquette.dialects import craftdesk
from maquette.domain.versions import Versions
from maquette.model.errors import Invalid, NotFound, TooLarge
from maquette.wire.asgi import as_asgi
from maquette.wire.bodies import MAX_BODY_BYTES, read_whole
from maquette.wire.body_budget import BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.call import Call
from maquette.wire.gate import Gate
from maquette.wire.reply import Reply
from maquette.wire.response_cache import ResponseCache
from maquette.wire.router import Handler
from maquette.wire.transport import Transport
from tests.office import Office
from tests.wire.asgi import Answer, Message, ask, coming, scope_of

TAG = '"000000000000000000000000"'


class Parts:
    """Parts of an answer; tells which were asked for, and whether anybody waits for more."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.asked: list[bytes] = []
        self.is_over = False
        self._parts = parts

    async def made(self) -> AsyncGenerator[bytes, None]:
        """One after the other; an exception is raised."""
        try:
            for part in self._parts:
                if isinstance(part, Exception):
                    raise part
                self.asked.append(part)
                yield part
        finally:
            self.is_over = True


class Telling(Answer):
    """An answer that notes its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        """Note it."""
        self.messages.append(message)
        await super().send(message)

    @property
    def is_whole(self) -> bool:
        """Whether its end has come."""
        return bool(self.messages) and self.messages[-1].get("more_body") is False


class TestReply:
    async def test_parts_are_sent_one_by_one(self) -> None:
        """With their type and without a length, which nobody knows."""
        parts, answer = Parts(b"one", b"two"), Telling()
        await Reply(200, b"", [(b"etag", b"x")], b"application/zip", parts.made()).send(answer.send)  # type: ignore[arg-type]
        assert [("etag", "x"), ("content-type", "application/zip")] == answer.headers
        sent = [(message["body"], message["more_body"]) for message in answer.messages[1:]]
        assert [(b"one", True), (b"two", True), (b"", False)] == sent
        assert parts.is_over

    async def test_without_its_body_none_is_made(self) -> None:
        """A HEAD costs no packing; whoever makes the parts is let go."""
        parts, answer = Parts(b"one", b"two"), Telling()
        made = parts.made()
        assert b"one" == await anext(made)
        await Reply(200, b"", [], b"application/zip", made).send(answer.send, without_body=True)  # type: ignore[arg-type]
        assert (b"", True, True, [b"one"]) == (answer.body, answer.is_whole, parts.is_over, parts.asked)


@pytest.fixture
async def key(office: Office) -> str:
    """A key of a new team's."""
    _, key = await (await office.team(plan="business")).key()
    return key


def gate(office: Office, handler: Handler) -> Gate:
    """The gate before whoever answers."""
    services = office.runtime.services
    cache = ResponseCache(Versions(services.database))
    return Gate(craftdesk.DIALECT, handler, services, cache, Transport(), BodyTimeout(), BodyBudget())


def always(reply: Reply) -> Handler:
    """Answers every call with that."""

    async def answer(_call: Call) -> Reply:
        return reply

    return answer


async def asked(door: Gate, key: str, answer: Telling | None = None) -> Telling:
    """What the holder of the key is answered, as far as it gets."""
    answer = answer or Telling()
    scope = scope_of(path="/v1/files", headers=[("authorization", f"Bearer {key}")])
    await as_asgi(door)(scope, coming([]), answer.send)
    return answer


class TestGate:
    async def test_parts_go_out_with_what_is_left_of_the_quota(self, office: Office, key: str) -> None:
        """As every answer does."""
        parts = Parts(b"one", b"two")
        door = gate(office, always(Reply(200, b"", [(b"etag", TAG.encode())], b"application/zip", parts.made())))
        answer = await asked(door, key)
        assert (200, b"onetwo", True) == (answer.status, answer.body, answer.is_whole)
        assert "x-ratelimit-remaining" in answer
        assert "content-length" not in answer

    @pytest.mark.parametrize("error", [ZeroDivisionError(), NotFound("asset")])
    async def test_what_fails_halfway_is_broken_off(
        self, office: Office, key: str, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The server is told, so that it ends the connection; no second answer follows the first."""
        parts, answer = Parts(b"one", error), Telling()
        door = gate(office, always(Reply(200, b"", [(b"etag", TAG.encode())], b"application/zip", parts.made())))
        with pytest.raises(type(error)):
            await asked(door, key, answer)
        assert (b"one", False) == (answer.body, answer.is_whole)
        assert 1 == sum(message["type"] == "http.response.start" for message in answer.messages)
        assert [error] == [record.exc_info[1] for record in caplog.records if record.exc_info]

    async def test_what_has_a_tag_of_its_own_is_not_kept(self, office: Office, key: str) -> None:
        """It's large: the cache is for what is small."""
        answers = iter([b"first", b"second"])

        async def next_one(_call: Call) -> Reply:
            return Reply(200, next(answers), [(b"etag", TAG.encode())], b"image/png")

        door = gate(office, next_one)
        first, second = await asked(door, key), await asked(door, key)
        assert (b"first", b"second") == (first.body, second.body)
        assert [TAG, "image/png"] == [first["etag"], first["content-type"]]

    async def test_the_server_knows_a_head_by_its_method(self, office: Office, key: str) -> None:
        """It's told the length of a body that doesn't come, and mustn't wait for it."""
        seen: list[str] = []

        async def noting(call: Call) -> Reply:
            seen.append(call.scope["method"])
            return Reply(200, b"{}")

        door, scopes = gate(office, noting), list[Any]()

        async def server(scope: Any, receive: Any, send: Any) -> None:
            scopes.append(scope)
            await as_asgi(door)(scope, receive, send)

        answer = await ask(server, "HEAD", "/v1/files", headers=[("authorization", f"Bearer {key}")])
        assert (["GET"], "HEAD", "2", b"") == (seen, scopes[0]["method"], answer["content-length"], answer.body)


class TestReadWhole:
    async def test_a_route_may_ask_for_more(self) -> None:
        """Before it reads; the limit that's told is the one that holds."""
        limit = MAX_BODY_BYTES + 1
        assert limit == len(await read_whole(coming([bytes(MAX_BODY_BYTES), b"x"]), BodyTimeout(), limit))
        with pytest.raises(TooLarge) as refused:
            await read_whole(coming([bytes(MAX_BODY_BYTES), b"xx"]), BodyTimeout(), limit)
        assert limit == refused.value.limit

    @pytest.mark.parametrize("pieces", [[], [b"half"]])
    async def test_a_body_that_is_cut_off_is_none(self, pieces: list[bytes]) -> None:
        """Whoever hangs up has not sent what came so far."""
        before = coming(pieces)
        left = len(pieces)

        async def leaving() -> Any:
            nonlocal left
            left -= 1
            return await before() if left >= 0 else {"type": "http.disconnect"}

        with pytest.raises(Invalid) as refused:
            await read_whole(leaving, BodyTimeout())
        assert {"body": ["was cut off"]} == dict(refused.value.problems)
