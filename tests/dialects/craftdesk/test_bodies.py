"""What may a body be? JSON of at most 1 MiB, an object, text without NUL and without halves of characters."""

import re
from collections.abc import AsyncIterator

import httpx2

from tests.dialects.craftdesk.calls import data, fields, make_project, refusal, total

MIB = 1024 * 1024

JSON_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "APPLICATION/JSON",
    "application/vnd.api+json",
)

OTHER_TYPES = (
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/octet-stream",
    "application/jsonx",
    "json",
)

MALFORMED: dict[bytes, int | None] = {
    b"{": 1,
    b'{"name"': 7,
    b'{"name":"x"': 11,
    b'{"name":"x",}': 12,
    b"{'name':'x'}": 1,
    b'{"name":NaN}': 8,
    b'{"name":Infinity}': 8,
    b'{"name":"a\nb"}': 10,
    b'{"name":"\xff"}': 9,
    b'{"\xff":"x"}': 2,
    b'{"name":"\xed\xa0\x80"}': 9,
    b'{"name":"\xc3': None,
    b'{"name":"x"} trailing': None,
    b"\xef\xbb\xbf{}": 0,
    b"\xff\xfe{\x00}\x00": 0,
    b"name=x": None,
    b'{"name":"\\x"}': None,
    b'{"name":"\\ud800"}': None,
    b'{"name":"\\udc00"}': None,
    b'{"name":"\\ud800x"}': None,
    b'{"name":"x","description":"\\udfff\\ud800"}': None,
    b'{"\\ud800":1}': None,
}
"""Bodies that are no JSON, with the byte that an error names, where there can be but one opinion."""

NO_OBJECTS = (b"null", b"true", b"1", b'"x"', b"[]", b'[{"name":"x"}]')

UNREASONABLE = (
    b"[" * 10_000,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"name":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"name":1e999}',
    b'{"name":-1e999}',
    b'{"name":1' + b"0" * 5_000 + b"}",
    b'{"name":"\\u0000"}',
    b'{"name":"x","description":"a\\u0000"}',
    b'{"name":"x","slug":"a\\u0000"}',
    b'{"name":"x","color":"\\u0000"}',
    b'{"name":"x","brand_kit_id":"\\u0000"}',
    b'{"name":"x","visibility":"\\u0000"}',
    b'{"name":"x","\\u0000":1}',
    b'{"name":"x","":1}',
)


async def create(craftdesk: httpx2.AsyncClient, body: bytes, type: str = "application/json") -> httpx2.Response:
    """A create with these bytes."""
    return await craftdesk.post("/projects", content=body, headers={"Content-Type": type})


class TestType:
    async def test_json_may_be_called_by_any_of_its_names(self, craftdesk: httpx2.AsyncClient) -> None:
        """With a charset, in capitals, and with a suffix."""
        for type in JSON_TYPES:
            assert "x" == data(await create(craftdesk, b'{"name":"x"}', type), 201)["name"], type

    async def test_a_client_that_does_not_say_is_believed(self, craftdesk: httpx2.AsyncClient) -> None:
        """No `Content-Type` at all is JSON."""
        assert "x" == data(await craftdesk.post("/projects", content=b'{"name":"x"}'), 201)["name"]

    async def test_anything_else_is_415(self, craftdesk: httpx2.AsyncClient) -> None:
        """Whatever is in the body, on create and on change."""
        made = await make_project(craftdesk)
        for type in OTHER_TYPES:
            assert ["content_type"] == fields(await create(craftdesk, b'{"name":"x"}', type), 415), type
        changed = await craftdesk.patch(
            f"/projects/{made['id']}", content=b'{"name":"x"}', headers={"Content-Type": "text/plain"}
        )
        assert ["content_type"] == fields(changed, 415)
        assert 1 == await total(craftdesk)


class TestSize:
    async def test_a_mebibyte_is_the_most(self, craftdesk: httpx2.AsyncClient) -> None:
        """One byte more is 413."""
        padding = MIB - len(b'{"name":"x"}')
        assert "x" == data(await create(craftdesk, b'{"name":"x"}' + b" " * padding), 201)["name"]
        answer = await create(craftdesk, b'{"name":"x"}' + b" " * (padding + 1))
        assert {"body": ["The body must have at most 1,048,576 bytes."]} == refusal(answer, 413)
        assert 1 == await total(craftdesk)

    async def test_five_megabytes_are_refused_however_they_come(self, craftdesk: httpx2.AsyncClient) -> None:
        """In one piece, or in many without a length told before."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(500):
                yield b" " * 10_000

        assert ["body"] == fields(await create(craftdesk, b" " * 5_000_000), 413)
        answer = await craftdesk.post("/projects", content=pieces(), headers={"Content-Type": "application/json"})
        assert ["body"] == fields(answer, 413)

    async def test_every_route_has_the_limit(self, craftdesk: httpx2.AsyncClient) -> None:
        """On change, on the kits, and where no body is expected at all."""
        made = await make_project(craftdesk)
        one = f"/projects/{made['id']}"
        for method, path in (
            ("PATCH", one),
            ("DELETE", one),
            ("POST", f"{one}/archive"),
            ("POST", "/brand_kits"),
        ):
            assert ["body"] == fields(await craftdesk.request(method, path, content=b" " * 5_000_000), 413), path
        assert made == data(await craftdesk.get(one))


class TestJson:
    async def test_malformed_json_is_400_with_the_position(self, craftdesk: httpx2.AsyncClient) -> None:
        """The sentence about `body` names the byte, counted from 0."""
        for body, position in MALFORMED.items():
            (sentence,) = refusal(await create(craftdesk, body), 400)["body"]
            found = re.search(r"\(byte (\d+)\)", sentence)
            assert found, body
            assert 0 <= int(found[1]) <= len(body), body
            assert position in (None, int(found[1])), (body, sentence)

    async def test_no_body_is_told_as_what_it_is(self, craftdesk: httpx2.AsyncClient) -> None:
        """Nothing is broken where nothing was sent."""
        (sentence,) = refusal(await create(craftdesk, b""), 400)["body"]
        assert "The body must be a JSON object; nothing was sent." == sentence

    async def test_json_that_is_no_object_is_400(self, craftdesk: httpx2.AsyncClient) -> None:
        """It is about the `body`."""
        for body in NO_OBJECTS:
            assert ["body"] == fields(await create(craftdesk, body)), body

    async def test_nothing_unreasonable_gets_in(self, craftdesk: httpx2.AsyncClient) -> None:
        """Ten thousand levels, numbers beyond all types, and NUL in any string are 400."""
        for body in UNREASONABLE:
            refusal(await create(craftdesk, body), 400)
        assert 0 == await total(craftdesk, archived="any")

    async def test_an_escaped_pair_is_one_character(self, craftdesk: httpx2.AsyncClient) -> None:
        """Only halves are refused."""
        assert "\U0001f3a8" == data(await create(craftdesk, b'{"name":"\\ud83c\\udfa8"}'), 201)["name"]
