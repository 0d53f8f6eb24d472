"""What must every dialect do alike, whatever its words are? One table of calls, and one class of courses of events."""

import logging
from dataclasses import dataclass, field
from typing import Any, NoReturn

import httpx2
import pytest

from maquette.dialects import INSTALLED
from maquette.domain import credentials, projects
from maquette.model.errors import Unavailable
from tests.dialects.speakers import SPEAKERS, Speaker
from tests.office import Office, Team

EACH = pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda speaker: speaker.name)
JSON = {"Content-Type": "application/json"}
ELSEWHERE = ("203.0.113.7", 50_000)


@dataclass(frozen=True)
class Scenario:
    """A call that is refused: what is sent, the status, and a word that the refusal must hold."""

    title: str
    status: int
    says: str
    method: str = "POST"
    path: str = "/projects"
    given: dict[str, Any] = field(default_factory=dict)


def sent(body: bytes, **headers: str) -> dict[str, Any]:
    """These bytes as JSON, unless a header says otherwise."""
    return {"content": body, "headers": {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}}


SCENARIOS = (
    Scenario("a path that nobody answers", 404, "path", "GET", "/nothing"),
    Scenario("a path that is too long by a part", 404, "path", "GET", "/projects/a/b/c"),
    Scenario("a method that no route has", 405, "GET", "PURGE"),
    Scenario("a list of no size", 400, "at least 1", "GET", "/projects?{bad_query}"),
    Scenario("a query with NUL", 400, "NUL", "GET", "/projects?{search}=%00"),
    Scenario("a query with a lone surrogate", 400, "UTF-8", "GET", "/projects?{search}=%ED%A0%80"),
    Scenario("a query that is not UTF-8", 400, "UTF-8", "GET", "/projects?nonsense=%FF"),
    Scenario("a path with NUL", 400, "NUL", "GET", "/projects%00"),
    Scenario("no body", 400, "body must be a JSON object; nothing was sent", given=sent(b"")),
    Scenario("a body of blanks", 400, "body must be a JSON object; nothing was sent", given=sent(b" \n")),
    Scenario("half a body", 400, "(byte 10)", given=sent(b'{"name":"x')),
    Scenario("a trailing comma", 400, "(byte 12)", given=sent(b'{"name":"x",}')),
    Scenario("a body that is not UTF-8", 400, "(byte 9)", given=sent(b'{"name":"\xff"}')),
    Scenario("a lone surrogate", 400, "JSON", given=sent(b'{"name":"\\ud800"}')),
    Scenario("NUL in a name", 400, "name", given=sent(b'{"name":"a\\u0000b"}')),
    Scenario("a name of blanks", 400, "name", given=sent(b'{"name":"  "{more}}')),
    Scenario("a name that is too long", 400, "255", given=sent(b'{"name":"' + b"x" * 256 + b'"{more}}')),
    Scenario("a name that is a number", 400, "name must be text", given=sent(b'{"name":7}')),
    Scenario("no name", 400, "name", given=sent(b"{}")),
    Scenario("a field that is not known", 400, "colour", given=sent(b'{"name":"x","colour":"#fff"}')),
    Scenario("a colour that is none", 400, "colour", given=sent(b'{"name":"x","color":"red"{more}}')),
    Scenario("a list in the place of an object", 400, "object", given=sent(b"[]")),
    Scenario("null in the place of an object", 400, "object", given=sent(b"null")),
    Scenario("ten thousand levels", 400, "deep", given=sent(b"[" * 10_000 + b"]" * 10_000)),
    Scenario("ten thousand levels in a field", 400, "deep", given=sent(b'{"name":' + b"[" * 10_000)),
    Scenario("a number beyond all types", 400, "range", given=sent(b'{"name":1e999}')),
    Scenario("five megabytes", 413, "1,048,576", given=sent(b" " * 5_000_000)),
    Scenario("text", 415, "application/json", given=sent(b'{"name":"x"}', Content_Type="text/plain")),
    Scenario("a form", 415, "application/json", given={"data": {"name": "x"}}),
    Scenario("an empty Idempotency-Key", 400, "1 to 255", given=sent(b'{"name":"x"{more}}', Idempotency_Key="")),
    Scenario("a long Idempotency-Key", 400, "1 to 255", given=sent(b'{"name":"x"{more}}', Idempotency_Key="k" * 256)),
)


async def put(speaker: Speaker, caller: httpx2.AsyncClient, scenario: Scenario) -> httpx2.Response:
    """The scenario's call, in the dialect's words."""
    path = scenario.path.format(search=speaker.search, bad_query=speaker.bad_query)
    given = dict(scenario.given)
    if b"{more}" in given.get("content", b""):
        body = await speaker.create_body(caller, "x")
        more = "".join(f',"{name}":{value}' for name, value in body.items() if name != "name")
        given["content"] = given["content"].replace(b"{more}", more.encode())
    return await caller.request(scenario.method, path, **given)


def test_every_dialect_speaks_here() -> None:
    """A new dialect is put to the same scenarios by one more speaker."""
    assert {dialect.name for dialect in INSTALLED} == {speaker.name for speaker in SPEAKERS}


@EACH
class TestTable:
    async def test_every_refusal_is_as_the_table_says(self, office: Office, speaker: Speaker) -> None:
        """In the dialect's envelope, with what is left of the quota; and nothing was made by any."""
        team = await office.team(plan="business")
        caller = await speaker.caller(team, None)
        for scenario in SCENARIOS:
            office.clock.advance(seconds=60)
            answer = await put(speaker, caller, scenario)
            assert scenario.status == answer.status_code, (scenario.title, answer.text)
            assert scenario.says in speaker.problem(answer), scenario.title
            assert "500000" == answer.headers["x-ratelimit-limit"], scenario.title
            assert ("allow" in answer.headers) == (scenario.status == 405), scenario.title
        assert [] == await speaker.names(caller)

    async def test_each_costs_one_call(self, office: Office, speaker: Speaker) -> None:
        """What was admitted is counted, whatever came of it."""
        caller = await speaker.caller(await office.team(plan="business"), None)
        for scenario in SCENARIOS:
            if b"{more}" in scenario.given.get("content", b""):
                continue
            office.clock.advance(seconds=60)
            before = int((await caller.get("/projects")).headers["x-ratelimit-remaining"])
            after = int((await put(speaker, caller, scenario)).headers["x-ratelimit-remaining"])
            assert before - 1 == after, scenario.title


@EACH
class TestStranger:
    async def test_without_a_credential_it_is_401(self, office: Office, speaker: Speaker) -> None:
        """None, no Bearer, nonsense: one and the same answer, without a word of any quota."""
        answers = []
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic eDp4"}, {"Authorization": "Bearer x.y.z"}):
            answer = await office.http(f"/{speaker.name}/v1", headers=headers).get("/projects")
            assert 401 == answer.status_code
            assert speaker.problem(answer)
            assert not [name for name in answer.headers if "ratelimit" in name]
            answers.append(answer.content)
        assert 1 == len(set(answers))

    async def test_a_credential_opens_one_door(self, office: Office, team: Team, speaker: Speaker) -> None:
        """That of another dialect is 401 at this one."""
        for other in SPEAKERS:
            token = (await other.caller(team, None)).headers["authorization"].removeprefix("Bearer ")
            answer = await office.http(f"/{speaker.name}/v1", token).get("/projects")
            assert (200 if other is speaker else 401) == answer.status_code
            at_a_bare_v1 = await office.http("/v1", token).get("/projects")
            assert 200 == at_a_bare_v1.status_code

    async def test_two_credentials_are_400(self, team: Team, speaker: Speaker) -> None:
        """Even two of the same."""
        caller = await speaker.caller(team, None)
        headers = [("Authorization", caller.headers["authorization"])] * 2
        caller.headers.pop("authorization")
        answer = await caller.send(caller.build_request("GET", "/projects", headers=headers))
        assert 400 == answer.status_code
        assert "uthorization" in speaker.problem(answer)

    async def test_plain_http_and_foreign_pages_are_403(self, office: Office, team: Team, speaker: Speaker) -> None:
        """With a credential or without."""
        token = (await speaker.caller(team, None)).headers["authorization"].removeprefix("Bearer ")
        for bearer in (token, None):
            plain = office.http(f"/{speaker.name}/v1", bearer, client=ELSEWHERE)
            foreign = office.http(f"/{speaker.name}/v1", bearer, headers={"Origin": "https://evil.example"})
            for caller, says in ((plain, "HTTPS"), (foreign, "origin")):
                answer = await caller.get("/projects")
                assert 403 == answer.status_code
                assert says in speaker.problem(answer)

    async def test_a_revoked_credential_is_401_at_once(self, office: Office, team: Team, speaker: Speaker) -> None:
        """Whatever was answered a moment ago."""
        caller = await speaker.caller(team, None)
        assert 200 == (await caller.get("/projects")).status_code

        async def body(tx: Any) -> None:
            for credential in await credentials.every(tx, team.operator):
                await credentials.revoke(tx, team.operator, credential.id, now_ms=office.now_ms)

        await office.write(body)
        assert 401 == (await caller.get("/projects")).status_code


@EACH
class TestMethods:
    async def test_head_is_get_without_a_body(self, team: Team, speaker: Speaker) -> None:
        """The same status and headers, found and refused, but for the call's own id."""
        caller = await speaker.caller(team, None)
        for path in ("/projects", f"/projects?{speaker.bad_query}", "/nothing"):
            got, head = await caller.get(path), await caller.head(path)
            assert [path == "/projects"] * 2 == [not answer.headers.pop("x-request-id", "") for answer in (got, head)]
            assert (got.status_code, dict(got.headers), b"") == (head.status_code, dict(head.headers), head.content)

    async def test_options_and_405_name_the_same_methods(self, office: Office, team: Team, speaker: Speaker) -> None:
        """For a stranger as for a known caller; GET and HEAD go together."""
        caller, stranger = await speaker.caller(team, None), office.http(f"/{speaker.name}/v1")
        told = [await caller.options("/projects"), await stranger.options("/projects")]
        assert [204, 204] == [answer.status_code for answer in told]
        allowed = [answer.headers["allow"] for answer in [*told, await caller.request("PURGE", "/projects")]]
        assert 1 == len(set(allowed))
        assert {"GET", "HEAD", "OPTIONS", "POST"} <= set(allowed[0].split(", "))


@EACH
class TestProjects:
    async def test_what_was_made_is_listed_the_newest_first(self, team: Team, speaker: Speaker) -> None:
        """Names are trimmed and may repeat; parameters that nobody knows are ignored."""
        caller = await speaker.caller(team, None)
        for name in ("First", "  Twin ", "Twin"):
            await speaker.make(caller, name)
        assert ["Twin", "Twin", "First"] == await speaker.names(caller)
        assert ["Twin", "Twin", "First"] == await speaker.names(caller, nonsense="1", _="2")

    async def test_names_are_found_in_any_case_and_script(self, team: Team, speaker: Speaker) -> None:
        """Folded, accents count, and no character means another one."""
        caller = await speaker.caller(team, None)
        for name in ("École", "Straße", "日本語", "100% off"):
            await speaker.make(caller, name)
        for text, found in (
            ("éCOLE", ["École"]),
            ("ecole", []),
            ("STRASSE", ["Straße"]),
            ("本", ["日本語"]),
            ("%", ["100% off"]),
            ("_", []),
        ):
            assert found == await speaker.names(caller, **{speaker.search: text}), text

    async def test_a_member_is_shown_no_private_project(self, team: Team, speaker: Speaker) -> None:
        """Neither row nor total, nor may they make one."""
        await speaker.make(await speaker.caller(team, None), "Private")
        member = await speaker.caller(team, await team.member())
        assert [] == await speaker.names(member)
        assert [] == await speaker.names(member, **{speaker.search: "private"})

    async def test_a_write_is_read_at_once(self, team: Team, speaker: Speaker) -> None:
        """By every dialect, from a page that each sent a moment ago."""
        caller = await speaker.caller(team, None)
        made = await speaker.make(caller, "Old")
        readers = [(other, await other.caller(team, None)) for other in SPEAKERS]
        for name in ("Old", "New", "Newer"):
            method, path, body = speaker.rename(made, name)
            assert 200 == (await caller.request(method, path, json=body)).status_code
            for other, reader in readers:
                assert [name] == await other.names(reader)


@EACH
class TestHeaders:
    async def test_a_page_that_is_known_is_304(self, team: Team, speaker: Speaker) -> None:
        """Until something is written."""
        caller = await speaker.caller(team, None)
        tag = {"If-None-Match": (await caller.get("/projects")).headers["etag"]}
        assert (304, b"") == ((again := await caller.get("/projects", headers=tag)).status_code, again.content)
        await speaker.make(caller, "x")
        assert 200 == (await caller.get("/projects", headers=tag)).status_code

    async def test_a_stale_version_is_412(self, team: Team, speaker: Speaker) -> None:
        """The tag of the last answer about it passes, an older one doesn't."""
        caller = await speaker.caller(team, None)
        body = await speaker.create_body(caller, "0")
        answer = await caller.post("/projects", json=body)
        first = answer.headers["etag"]
        for number, (tag, status) in enumerate([(first, 200), (first, 412), ("*", 200)], start=1):
            method, path, change = speaker.rename(speaker.created(answer), f"{number}")
            changed = await caller.request(method, path, json=change, headers={"If-Match": tag})
            assert status == changed.status_code, number
        assert ["3"] == await speaker.names(caller)

    async def test_a_create_sent_again_creates_nothing(self, team: Team, speaker: Speaker) -> None:
        """The same answer, said to be one; with another body 422."""
        caller = await speaker.caller(team, None)
        body, key = await speaker.create_body(caller, "Once"), {"Idempotency-Key": "a"}
        first, again = [await caller.post("/projects", json=body, headers=key) for _ in range(2)]
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert (None, "true") == (
            first.headers.get("idempotency-replayed"),
            again.headers.get("idempotency-replayed"),
        )
        other = await caller.post("/projects", json={**body, "name": "Other"}, headers=key)
        assert 422 == other.status_code
        assert speaker.problem(other)
        assert ["Once"] == await speaker.names(caller)


@EACH
class TestLimits:
    async def test_a_spent_month_is_429_until_it_ends(self, office: Office, speaker: Speaker) -> None:
        """`Retry-After` is the truth, and the numbers are those of every answer."""
        caller = await speaker.caller(await office.team(plan=await office.plan(month=2, burst=100)), None)
        answers = [await caller.get("/projects") for _ in range(3)]
        assert [(200, "1"), (200, "0"), (429, "0")] == [
            (answer.status_code, answer.headers["x-ratelimit-remaining"]) for answer in answers
        ]
        assert "month" in speaker.problem(answers[2])
        office.clock.advance(seconds=int(answers[2].headers["retry-after"]))
        assert 200 == (await caller.get("/projects")).status_code

    async def test_too_many_at_once_are_429_for_as_long_as_is_told(self, office: Office, speaker: Speaker) -> None:
        """The policy's own numbers say how many and how long; none of it costs anything of the month."""
        caller = await speaker.caller(await office.team(plan=await office.plan(month=10_000, burst=20)), None)
        answer = await caller.get("/projects")
        limit = int(answer.headers["ratelimit-policy"].partition("q=")[2].partition(";")[0])
        answers = [await caller.get("/projects") for _ in range(limit)]
        assert [200] * (limit - 1) + [429] == [answer.status_code for answer in answers]
        assert f"{10_000 - limit}" == answers[-1].headers["x-ratelimit-remaining"]
        assert f"{limit}" in speaker.problem(answers[-1])
        office.clock.advance(seconds=int(answers[-1].headers["retry-after"]))
        assert 200 == (await caller.get("/projects")).status_code

    async def test_the_unlimited_plan_refuses_nothing(self, team: Team, speaker: Speaker) -> None:
        """And shows no number, since none would be true."""
        caller = await speaker.caller(team, None)
        for _ in range(150):
            answer = await caller.get("/projects")
            assert 200 == answer.status_code
        assert not [name for name in answer.headers if "ratelimit" in name]


@EACH
class TestTrouble:
    async def test_a_bug_is_500_with_an_id(
        self, team: Team, speaker: Speaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log knows the rest."""

        async def broken(*_: Any, **__: Any) -> NoReturn:
            raise RuntimeError("hunter2")

        caller = await speaker.caller(team, None)
        monkeypatch.setattr(projects, "list_", broken)
        with caplog.at_level(logging.ERROR):
            answer = await caller.get("/projects")
        assert 500 == answer.status_code
        assert "hunter2" not in speaker.problem(answer)
        assert "hunter2" in caplog.text

    async def test_a_store_that_can_not_write_is_503(
        self, office: Office, team: Team, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is made, and lists go on being read."""
        caller = await speaker.caller(team, None)
        body = await speaker.create_body(caller, "x")

        async def full(*_: Any, **__: Any) -> NoReturn:
            raise Unavailable("disk full")

        with monkeypatch.context() as patched:
            patched.setattr(office.database, "write", full)
            answer = await caller.post("/projects", json=body)
            assert 503 == answer.status_code
            assert "disk full" not in speaker.problem(answer)
            assert "retry-after" in answer.headers
            assert [] == await speaker.names(caller)
        assert answer.status_code != (await caller.post("/projects", json=body)).status_code


@pytest.fixture
async def team(office: Office) -> Team:
    """A team whose calls are never too many."""
    return await office.team()
