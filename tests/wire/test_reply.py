"""Does an answer leave with the right headers, whoever sends it?"""

from typing import Any

import pytest

from maquette.wire.reply import Reply
from tests.wire.asgi import Answer


async def sent(reply: Reply, **options: Any) -> Answer:
    """What arrives of it."""
    answer = Answer()
    await reply.send(answer.send, **options)  # type: ignore[arg-type]
    return answer


class TestSend:
    async def test_type_and_length_are_added(self) -> None:
        """After the reply's own headers, which stay in their order."""
        answer = await sent(Reply(200, b"{}", [(b"b", b"1"), (b"a", b"2")]))
        expected = [("b", "1"), ("a", "2"), ("content-type", "application/json"), ("content-length", "2")]
        assert (200, expected, b"{}") == (answer.status, answer.headers, answer.body)

    async def test_another_media_type_is_kept(self) -> None:
        """A page of HTML is not called JSON."""
        assert "text/html" == (await sent(Reply(200, b"<p>", media_type=b"text/html")))["content-type"]

    async def test_an_empty_answer_has_no_type(self) -> None:
        """But a length, so that a kept connection knows where it ends."""
        assert [("content-length", "0")] == (await sent(Reply(200))).headers

    @pytest.mark.parametrize("status", [204, 304])
    async def test_an_answer_that_has_no_body_by_its_status_has_no_length(self, status: int) -> None:
        """RFC 9110, section 8.6."""
        assert [] == (await sent(Reply(status))).headers

    async def test_without_its_body_its_headers_are_the_same(self) -> None:
        """What a HEAD gets: type and length of what a GET would have got."""
        reply = Reply(200, b"{}", [(b"etag", b'"1"')])
        whole, head = await sent(reply), await sent(reply, without_body=True)
        assert (whole.status, whole.headers, b"") == (head.status, head.headers, head.body)

    async def test_it_can_be_sent_twice(self) -> None:
        """Sending doesn't add to what it is."""
        reply = Reply(200, b"{}", [(b"a", b"1")])
        assert await sent(reply) == await sent(reply)
