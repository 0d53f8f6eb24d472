"""How does Creatopy refuse? With one sentence under `error`, whoever refuses: a verb, the gate, the framework."""

import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.dialects.creatopy.envelope import envelope
from maquette.domain import projects
from maquette.model import errors
from maquette.model.ids import reads_as_uuid
from tests.dialects.creatopy.calls import make_project, names, refusal, remove, success
from tests.office import Office, Team

UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]  # a busy machine is no failure

ROUTES = [
    ("POST", "/auth/token"),
    ("POST", "/projects"),
    ("PUT", "/projects"),
    ("DELETE", "/projects"),
    ("POST", "/brandkits/create"),
    ("PUT", "/brandkits"),
    ("DELETE", "/brandkits"),
]
"""Every route that takes a body."""

ALLOWED = {
    "/auth/token": "OPTIONS, POST",
    "/projects": "DELETE, GET, HEAD, OPTIONS, POST, PUT",
    "/brandkits": "DELETE, GET, HEAD, OPTIONS, PUT",
    "/brandkits/create": "OPTIONS, POST",
}

STATUSES = {
    errors.Invalid({"name": ["is required"]}): 400,
    errors.InUse("brand kit", 3): 400,
    errors.Unauthenticated(): 401,
    errors.Forbidden("project.create"): 403,
    errors.ReadOnly(): 403,
    errors.InsecureTransport(): 403,
    errors.ForeignOrigin(): 403,
    errors.PlanLimit("starter", 5): 403,
    errors.NotFound("project"): 404,
    errors.UnknownReference("brand_kit", "brand kit"): 404,
    errors.NoRoute(): 404,
    errors.MethodNotAllowed(("GET", "POST")): 405,
    errors.IdempotencyKeyInUse(): 409,
    errors.Invisible("project"): 410,
    errors.Stale(): 412,
    errors.TooLarge(1_048_576): 413,
    errors.NotJson(): 415,
    errors.IdempotencyKeyReused(): 422,
    errors.QuotaSpent(50_000, 60): 429,
    errors.BurstSpent(100, 10, 5): 429,
    errors.TooManyFailures(60): 429,
    errors.InternalError("0198a1b2-0000-7000-8000-000000000000"): 500,
    errors.Unavailable("disk full"): 503,
    errors.Overloaded("too much"): 503,
    errors.FileMissing("7/0198a1b2"): 503,
    errors.Uncertain("the line was cut"): 503,
    errors.OutOfScope("project.create"): 403,
    errors.NotInPlan("starter", "custom scopes"): 403,
    errors.Expired("invitation"): 400,
    errors.LastOwner(): 400,
    errors.NotForm(): 415,
}
"""Every refusal that there is, as the API answers it."""


def every(kind: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    """The kind and all its kinds."""
    yield kind
    for inner in kind.__subclasses__():
        yield from every(inner)


async def send(caller: httpx2.AsyncClient, method: str, path: str, body: bytes, kind: str | None) -> httpx2.Response:
    """A call with exactly these bytes, said to be of that kind."""
    headers = {} if kind is None else {"Content-Type": kind}
    return await caller.request(method, path, content=body, headers=headers)


class TestEnvelope:
    def test_every_refusal_has_a_status_and_a_sentence(self) -> None:
        """The whole closed set is told, in the statuses of this API, as `{"error": "…"}`."""
        for refused, status in STATUSES.items():
            reply = envelope(refused)
            body = json.loads(reply.body)
            assert (status, ["error"]) == (reply.status, list(body)), refused
            assert re.fullmatch(r"[A-Z][^{}]+\.|name is required\.", body["error"]), body
        assert set(every(errors.Refusal)) - {errors.Refusal} == {type(refused) for refused in STATUSES}

    def test_what_is_inside_stays_there(self) -> None:
        """A failing store's own words are not passed on."""
        assert b"disk full" not in envelope(errors.Unavailable("disk full")).body


class TestCredential:
    async def test_a_craftdesk_key_is_401(self, office: Office, team: Team) -> None:
        """It is the other dialect's."""
        _, key = await team.key()
        for path in ("/projects", "/brandkits", "/nowhere"):
            refusal(await office.http("/creatopy/v1", key).get(path), 401)

    async def test_two_headers_are_400(self, creatopy: httpx2.AsyncClient) -> None:
        """Whichever of them were right, the same one twice too."""
        right = creatopy.headers["authorization"]
        for pair in ((right, right), (right, "Bearer a.b.c"), ("Bearer a.b.c", right), (right, "")):
            request = creatopy.build_request("GET", "/projects")
            request.headers = httpx2.Headers([("authorization", value) for value in pair])
            assert "Authorization must be sent once." == refusal(await creatopy.send(request), 400)

    async def test_strangers_learn_nothing_of_paths(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """Without a token, what is there and what isn't are 401 alike, and a wrong body isn't read."""
        stranger = office.http("/creatopy/v1")
        for method, path in [*ROUTES[1:], ("GET", "/nowhere"), ("PATCH", "/projects")]:
            refusal(await send(stranger, method, path, b"{", "text/plain"), 401)


class TestTransport:
    async def test_plain_http_from_elsewhere_is_refused(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """403 and no redirect, for every path, before anything else is looked at; HTTPS is let in."""
        headers, elsewhere = dict(creatopy.headers), ("203.0.113.5", 1)
        plain = office.http("/creatopy/v1", headers=headers, client=elsewhere)
        for method, path in [("GET", "/projects"), ("GET", "/nowhere"), *ROUTES]:
            answer = await send(plain, method, path, b"{}", "application/json")
            assert "Use HTTPS: plain HTTP requests are not supported." == refusal(answer, 403)
            assert "location" not in answer.headers
        secure = office.http("/creatopy/v1", headers=headers, client=elsewhere, origin="https://api.example.com")
        success(await secure.get("/projects"))

    async def test_a_foreign_web_page_is_refused(self, creatopy: httpx2.AsyncClient) -> None:
        """403 where the operator hasn't listed its origin."""
        answer = await creatopy.get("/projects", headers={"Origin": "https://elsewhere.example"})
        assert "Calls from this web origin are not allowed." == refusal(answer, 403)


class TestPath:
    async def test_one_that_nobody_answers_is_404(self, creatopy: httpx2.AsyncClient) -> None:
        """The other dialect's paths among them."""
        for path in ("/", "/nowhere", "/projects/1", "/brand_kits", "/usage", "/workspace", "/projects/1/archive"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                answer = await creatopy.request(method, path)
                assert "There is nothing at this path." == refusal(answer, 404), (method, path)

    async def test_another_method_is_405(self, creatopy: httpx2.AsyncClient) -> None:
        """`Allow` and the sentence name what the path answers; PATCH is the other dialect's."""
        for path, allowed in ALLOWED.items():
            methods = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"} - set(allowed.split(", "))
            for method in methods:
                answer = await creatopy.request(method, path)
                assert f"This path answers {allowed}." == refusal(answer, 405), (method, path)
                assert allowed == answer.headers["allow"]

    async def test_options_tells_what_a_path_answers(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """204 with `Allow` and nothing else, to a stranger too."""
        for caller in (creatopy, office.http("/creatopy/v1")):
            for path, allowed in ALLOWED.items():
                answer = await caller.options(path)
                assert (204, b"", allowed) == (answer.status_code, answer.content, answer.headers["allow"]), path

    async def test_head_is_get_without_a_body(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The same status and headers, for a list, a refusal, a path that isn't there; only the id differs."""
        await make_project(creatopy, kit)
        for path in ("/projects", "/brandkits", "/projects?limit=0", "/nowhere"):
            got, head = await creatopy.get(path), await creatopy.head(path)
            assert b"" == head.content
            for answer in (got, head):
                answer.headers.pop("x-request-id", None)
            assert (got.status_code, got.headers) == (head.status_code, head.headers), path


class TestBody:
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    async def test_what_is_no_json_is_refused(self, creatopy: httpx2.AsyncClient, method: str, path: str) -> None:
        """415 for another type, 413 over 1 MiB, 400 with the place of what is malformed, for no object, for nothing."""
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"):
            assert "Send the body as application/json." == refusal(await send(creatopy, method, path, b"{}", kind), 415)
        large = b'{"name":"' + b"x" * 1024 * 1024 + b'"}'
        told = "The body must have at most 1,048,576 bytes."
        assert told == refusal(await send(creatopy, method, path, large, "application/json"), 413)
        for body, byte in ((b"{", 1), (b'{"name":"x",}', 12), (b"{'name':1}", 1), (b'{"name":NaN}', 8)):
            sentence = refusal(await send(creatopy, method, path, body, "application/json"), 400)
            assert sentence.startswith("body is not valid JSON: "), body
            assert f"(byte {byte})" in sentence, body
        sentence = refusal(await send(creatopy, method, path, b"", "application/json"), 400)
        assert "body must be a JSON object; nothing was sent." == sentence
        for body in (b"null", b"[]", b"1", b'"x"', b"true"):
            sentence = refusal(await send(creatopy, method, path, body, "application/json"), 400)
            assert "body must be a JSON object." == sentence, body
        for body in (
            b"[" * 9_000,
            b'{"a":' * 9_000,
            b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
            b'{"a":"\\ud800"}',
            b"\xff",
        ):
            refusal(await send(creatopy, method, path, body, "application/json"), 400)

    async def test_json_has_several_names(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A charset, another case, a type that ends in +json; and a client that doesn't say is believed."""
        body = json.dumps({"name": "New", "brandKitId": kit}).encode()
        kinds = ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", None]
        for kind in kinds:
            success(await send(creatopy, "POST", "/projects", body, kind))
        assert len(kinds) == len(await names(creatopy))

    async def test_one_mebibyte_is_let_in(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """To the byte; one more is 413, also where no length is told before."""
        body = json.dumps({"name": "New", "brandKitId": kit}).encode()
        full = body + b" " * (1024 * 1024 - len(body))
        success(await send(creatopy, "POST", "/projects", full, "application/json"))

        async def pieces() -> AsyncIterator[bytes]:
            yield full
            yield b" "

        refusal(await creatopy.post("/projects", content=pieces(), headers={"Content-Type": "application/json"}), 413)
        assert 1 == len(await names(creatopy))

    async def test_nul_is_refused_in_every_text(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Whichever field it is in, an unknown one's name too."""
        project = (await make_project(creatopy, kit))["id"]
        for body in ({"name": "a\0"}, {"description": "a\0"}, {"color": "\0"}, {"a\0": 1}):
            full = {"name": "New", "brandKitId": kit, **body}
            refusal(await creatopy.post("/projects", json=full), 400)
            refusal(await creatopy.put("/projects", json={"projectId": project, **body}), 400)
        refusal(await creatopy.post("/brandkits/create", json={"name": "\0"}), 400)

    async def test_every_problem_is_told_at_once(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """One sentence for all fields, each by the name that it was sent under."""
        sentence = refusal(await creatopy.put("/projects", json={"projectID": 1, "name": 5, "color": 1}), 400)
        assert {
            "projectID is not a field of this request",
            "name must be text",
            "color must be text or null",
            "projectId is required",
        } == set(sentence.rstrip(".").split("; "))
        sentence = refusal(
            await creatopy.post("/projects", json={"name": "", "brandKitId": kit, "color": "x", "description": "\x1b"}),
            400,
        )
        assert ["name", "description", "color"] == [problem.partition(" ")[0] for problem in sentence.split("; ")]


class TestOurs:
    async def test_a_breakdown_tells_its_id_alone(
        self, creatopy: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """500 without a word of the inside; the log has it, under the id that the caller got."""

        async def broken(*_: Any) -> NoReturn:
            raise RuntimeError("the secret inside")

        monkeypatch.setattr(projects, "list_", broken)
        with caplog.at_level(logging.ERROR):
            sentence = refusal(await creatopy.get("/projects"), 500)
        (id,) = [word.rstrip(".") for word in sentence.split() if reads_as_uuid(word.rstrip("."))]
        assert "secret" not in sentence
        assert id in caplog.text
        assert "the secret inside" in caplog.text

    async def test_a_store_that_fails_is_503(
        self, office: Office, creatopy: httpx2.AsyncClient, kit: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With `Retry-After`; reads go on, and so do writes when it is well again."""
        project = await make_project(creatopy, kit)

        async def failing(*_: Any) -> NoReturn:
            raise errors.Unavailable("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(type(office.database), "write", failing)
            answer = await remove(creatopy, project["id"])
            assert "The store can't do this right now. Nothing was changed." == refusal(answer, 503)
            assert "1" == answer.headers["retry-after"]
            assert 1 == len(await names(creatopy))
        success(await remove(creatopy, project["id"]))

    async def test_a_change_that_may_have_been_made_promises_nothing(
        self, office: Office, creatopy: httpx2.AsyncClient, kit: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Lost while it was kept: 503 in other words, and the `Idempotency-Key` is the way to know."""
        write, key = type(office.database).write, {"Idempotency-Key": "a"}

        async def unanswered(self: Any, body: Any) -> NoReturn:
            await write(self, body)
            raise errors.Uncertain("the line was cut")

        body = {"name": "Poster", "brandKitId": kit}
        with monkeypatch.context() as patch:
            patch.setattr(type(office.database), "write", unanswered)
            answer = await creatopy.post("/projects", json=body, headers=key)
        sentence = "It isn't known whether this was done. Check, or repeat it with the same Idempotency-Key."
        assert (sentence, "1") == (refusal(answer, 503), answer.headers["retry-after"])
        again = await creatopy.post("/projects", json=body, headers=key)
        assert ("true", 1) == (again.headers["idempotency-replayed"], len(await names(creatopy)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "name",
        "brandKitId",
        "projectId",
        "brandkitId",
        "assignedBrandKitId",
        "isBrandKitSelectable",
        "color",
        "description",
    ]
)


class TestAnything:
    @settings(max_examples=100, deadline=None, suppress_health_check=UNCHECKED)
    @given(route=st.sampled_from(ROUTES[1:]), body=st.dictionaries(FIELDS, VALUES).map(json.dumps) | st.binary())
    async def test_any_body_is_answered(
        self, creatopy: httpx2.AsyncClient, route: tuple[str, str], body: str | bytes
    ) -> None:
        """No body on any route breaks anything: it succeeds, is 400, or names what isn't there."""
        content = body.encode() if isinstance(body, str) else body
        answer = await send(creatopy, *route, content, "application/json")
        assert answer.status_code in (200, 400, 404), answer.text
        _ = success(answer) if answer.is_success else refusal(answer, answer.status_code)
