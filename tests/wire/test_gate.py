"""Does the gate answer from memory exactly what would be answered anew? And who gets past it at all?"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import apsw
import pytest

from maquette.app import open_runtime
from maquette.dialects import craftdesk
from maquette.domain import brand_kits, credentials
from maquette.domain.versions import Versions
from maquette.model.actor import Role
from maquette.model.errors import Unavailable
from maquette.settings import Settings
from maquette.wire.asgi import as_asgi
from maquette.wire.body_budget import BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.gate import Gate
from maquette.wire.response_cache import ResponseCache
from maquette.wire.router import Router
from maquette.wire.routes import Routes
from maquette.wire.transport import Transport
from tests.office import Office, StillClock, Team
from tests.wire.asgi import Answer, ask

QUOTA = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-policy"}


class Framework:
    """Stands for the dialect's application: every answer it makes is another one."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with a number that goes up."""
        self.asked += 1
        body = b'{"answer":%d}' % self.asked
        if self.meanwhile:
            await self.meanwhile()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"link", b"<x>")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class Visitors:
    """A gate before a framework of numbers, and people who come to it."""

    def __init__(self, office: Office, team: Team, max_bytes: int = 1_000_000) -> None:
        self.office = office
        self.team = team
        self.framework = Framework()
        services = office.runtime.services
        cache = ResponseCache(Versions(services.database), max_bytes)
        self.gate = Gate(
            craftdesk.DIALECT,
            Router(Routes(()), lambda: self.framework),
            services,
            cache,
            Transport(),
            BodyTimeout(),
            BodyBudget(),
        )

    async def key(self, role: Role | None = None) -> str:
        """A key of the owner's, or of a new member's with that role."""
        _, key = await self.team.key(None if role is None else await self.team.member(role))
        return key

    async def ask(self, key: str, path: str = "/v1/projects", *, method: str = "GET", **options: Any) -> Answer:
        """What somebody with that key is answered."""
        headers = [("authorization", f"Bearer {key}"), *options.pop("headers", ())]
        base = options.pop("base", "")

        async def based(scope: Any, receive: Any, send: Any) -> None:
            scope["maquette.base"] = base
            await as_asgi(self.gate)(scope, receive, send)

        return await ask(based, method, path, headers=headers, **options)

    async def write(self) -> None:
        """Somebody changes something in the workspace."""
        actor = self.team.actor(self.team.owner, Role.OWNER)
        await self.office.write(lambda tx: brand_kits.create(tx, actor, "Kit", now_ms=self.office.now_ms))


def number(answer: Answer) -> int:
    """Which of the framework's answers it is."""
    return int(json.loads(answer.body)["answer"])


@pytest.fixture
async def visitors(office: Office) -> Visitors:
    """At the gate of a team without limits."""
    return Visitors(office, await office.team())


class TestCachedResponses:
    async def test_a_repeated_read_never_enters_the_framework(self, visitors: Visitors) -> None:
        """The same bytes with the same headers, from memory."""
        key = await visitors.key()
        first, again = await visitors.ask(key), await visitors.ask(key)
        assert (1, first) == (visitors.framework.asked, again)

    async def test_it_is_made_anew_after_every_write(self, visitors: Visitors) -> None:
        """Whoever has been answered a write never reads what was before it."""
        key = await visitors.key()
        seen = []
        for _ in range(3):
            seen += [number(await visitors.ask(key)), number(await visitors.ask(key))]
            await visitors.write()
        assert [1, 1, 2, 2, 3, 3] == seen

    async def test_a_response_that_was_overtaken_while_it_was_made_is_not_kept(self, visitors: Visitors) -> None:
        """It may hold what was before the write or after it; the next reader gets one that is surely after."""
        key = await visitors.key()
        visitors.framework.meanwhile = visitors.write
        assert 1 == number(await visitors.ask(key))
        visitors.framework.meanwhile = None
        assert [2, 2] == [number(await visitors.ask(key)) for _ in range(2)]

    async def test_another_workspaces_write_changes_nothing_here(self, visitors: Visitors) -> None:
        """A busy neighbour doesn't slow this one down."""
        key = await visitors.key()
        await visitors.ask(key)
        neighbours = Visitors(visitors.office, await visitors.office.team())
        await neighbours.write()
        assert 1 == number(await visitors.ask(key))

    async def test_who_sees_everything_shares_and_members_do_not(self, visitors: Visitors) -> None:
        """Owner and admins see the same; what a member sees is their own business."""
        keys = [await visitors.key(role) for role in (None, Role.ADMIN, Role.MEMBER, Role.MEMBER)]
        assert [1, 1, 2, 3] == [number(await visitors.ask(key)) for key in keys]
        assert [1, 1, 2, 3] == [number(await visitors.ask(key)) for key in keys]

    @pytest.mark.parametrize("header", [("x-via", "b"), ("origin", "http://127.0.0.1:8000")])
    async def test_whoever_is_known_is_known_with_any_headers(
        self, visitors: Visitors, header: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From another origin, or with a header that came twice: nobody is asked again who they are."""
        key = await visitors.key()
        headers = [("host", "127.0.0.1:8000"), ("x-via", "a"), header]
        first = await visitors.ask(key, headers=headers)
        monkeypatch.setattr(visitors.gate._callers, "identify", None)
        assert 1 == number(first) == number(await visitors.ask(key, headers=headers))

    async def test_a_member_who_becomes_an_admin_gets_the_admins_response(self, visitors: Visitors) -> None:
        """What one is now decides, not what one was when the response was made."""
        user, owners = await visitors.team.member(Role.MEMBER), await visitors.key()
        _, key = await visitors.team.key(user)
        assert 1 == number(await visitors.ask(key))
        await visitors.team.member(Role.ADMIN, user.email)
        assert 2 == number(await visitors.ask(key))
        assert 2 == number(await visitors.ask(owners))

    @pytest.mark.parametrize(
        "other", [{"path": "/v1/brand_kits"}, {"query": b"page=2"}, {"query": b"_=1"}, {"base": "/elsewhere"}]
    )
    async def test_another_address_is_another_response(self, visitors: Visitors, other: dict[str, Any]) -> None:
        """Another path, another query, and the same under another base, where links read differently."""
        key = await visitors.key()
        assert [1, 2, 1] == [number(await visitors.ask(key, **options)) for options in ({}, other, {})]

    @pytest.mark.parametrize("status", [201, 204, 400, 404, 500, 503])
    async def test_only_a_200_is_kept(self, visitors: Visitors, status: int) -> None:
        """A refusal may be another one the next time."""
        key, visitors.framework.status = await visitors.key(), status
        for _ in range(2):
            assert status == (await visitors.ask(key)).status
        assert 2 == visitors.framework.asked

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "OPTIONS"])
    async def test_only_reading_is_answered_from_memory(self, visitors: Visitors, method: str) -> None:
        """A change always reaches the framework, whatever was read at its address before."""
        key = await visitors.key()
        await visitors.ask(key)
        assert [2, 3] == [number(await visitors.ask(key, method=method)) for _ in range(2)]

    async def test_what_changes_by_being_read_is_never_kept(self, visitors: Visitors) -> None:
        """The usage page shows the present numbers each time, with a tag of its own."""
        key = await visitors.key()
        answers = [await visitors.ask(key, "/v1/usage") for _ in range(2)]
        assert [1, 2] == [number(answer) for answer in answers]
        assert answers[0]["etag"] != answers[1]["etag"]

    async def test_memory_is_bounded_however_many_addresses_are_asked(self, office: Office) -> None:
        """The oldest responses give way to newer ones, long addresses sooner."""
        visitors = Visitors(office, await office.team(), max_bytes=100_000)
        key = await visitors.key()
        await visitors.ask(key)
        for turn in range(40):
            await visitors.ask(key, query=b"_=%d" % turn + b"x" * 5_000)
        assert 42 == number(await visitors.ask(key))


class TestOtherProcesses:
    @pytest.fixture
    async def runtimes(self, engine_settings: Settings, clock: StillClock) -> AsyncIterator[list[Office]]:
        """Two runtimes on one store, as two processes have it."""
        async with AsyncExitStack() as stack:
            made = [
                Office(await stack.enter_async_context(open_runtime(engine_settings, clock)), clock) for _ in range(2)
            ]
            yield made
            for office in made:
                await office.close()

    async def test_their_writes_are_seen_at_once(self, runtimes: list[Office]) -> None:
        """What one process has answered, the next read through the other shows."""
        here, there = runtimes
        team = await here.team()
        reader, token = await team.craftdesk(), await team.craftdesk()
        writer = there.http("/craftdesk/v1", token.headers["authorization"].removeprefix("Bearer "))
        for count in range(4):
            names = [kit["name"] for kit in (await reader.get("/brand_kits?sort=name")).json()["data"]]
            assert [f"Kit {number}" for number in range(count)] == names
            assert 201 == (await writer.post("/brand_kits", json={"name": f"Kit {count}"})).status_code

    async def test_a_write_of_our_own_that_waits_for_theirs_hides_nothing(
        self, office: Office, settings: Settings
    ) -> None:
        """While our write waits for the file's lock, what its holder has committed is read already."""
        team = await office.team()
        caller = await team.craftdesk()
        kit = (await caller.post("/brand_kits", json={"name": "Before"})).json()["data"]["id"]
        assert "Before" == (await caller.get(f"/brand_kits/{kit}")).json()["data"]["name"]
        theirs = apsw.Connection(str(settings.data / "maquette.db"))
        theirs.execute("BEGIN IMMEDIATE")
        theirs.execute("UPDATE brand_kits SET name = 'After'; UPDATE workspaces SET version = version + 1")
        ours = asyncio.ensure_future(caller.post("/brand_kits", json={"name": "Ours"}))
        await asyncio.sleep(0)
        assert "Before" == (await caller.get(f"/brand_kits/{kit}")).json()["data"]["name"]
        theirs.execute("COMMIT")
        theirs.close()
        await asyncio.sleep(0)  # what comes over a socket comes in a turn of its own
        assert "After" == (await caller.get(f"/brand_kits/{kit}")).json()["data"]["name"]
        assert 201 == (await ours).status_code


class TestNotModified:
    async def test_who_has_the_response_gets_no_bytes(self, visitors: Visitors) -> None:
        """304 with the tag and the other headers of the response, but neither type nor length, from memory too."""
        key = await visitors.key()
        whole = await visitors.ask(key)
        for _ in range(2):
            answer = await visitors.ask(key, headers=[("if-none-match", f'"other", {whole["etag"]}')])
            assert (304, b"") == (answer.status, answer.body)
            expected = [header for header in whole.headers if header[0] not in ("content-type", "content-length")]
            assert expected == answer.headers
        assert 1 == visitors.framework.asked

    async def test_who_has_an_older_response_gets_the_present_one(self, visitors: Visitors) -> None:
        """With its new tag."""
        key = await visitors.key()
        old = await visitors.ask(key)
        await visitors.write()
        answer = await visitors.ask(key, headers=[("if-none-match", old["etag"])])
        assert (200, 2) == (answer.status, number(answer))
        assert old["etag"] != answer["etag"]

    async def test_the_first_asker_may_have_it_already(self, visitors: Visitors) -> None:
        """A tag from before a restart is as good as one from memory."""
        key = await visitors.key()
        tag = (await visitors.ask(key))["etag"]
        restarted = Visitors(visitors.office, visitors.team)
        assert 304 == (await restarted.ask(key, headers=[("if-none-match", tag)])).status


class TestHead:
    async def test_it_is_get_without_the_body(self, visitors: Visitors) -> None:
        """The same status and headers, made anew and from memory, and for a 304 too."""
        key = await visitors.key()
        head = await visitors.ask(key, method="HEAD")
        whole = await visitors.ask(key)
        assert (whole.status, whole.headers, b"") == (head.status, head.headers, head.body)
        assert head == await visitors.ask(key, method="HEAD")
        assert 1 == visitors.framework.asked
        same = [("if-none-match", whole["etag"])]
        assert await visitors.ask(key, headers=same) == await visitors.ask(key, method="HEAD", headers=same)

    async def test_a_refusal_has_no_body_either(self, visitors: Visitors) -> None:
        """But the length that a GET's would have had."""
        refused, head = await visitors.ask("wrong"), await visitors.ask("wrong", method="HEAD")
        for answer in (refused, head):
            answer.headers.remove(("x-request-id", answer["x-request-id"]))  # each call has its own
        assert (401, refused.headers, b"") == (head.status, head.headers, head.body)

    async def test_what_is_refused_at_the_gate_has_none_either(self, visitors: Visitors) -> None:
        """Before anybody is asked who calls."""
        afar = ("192.0.2.1", 50_000)
        refused, head = await visitors.ask("", client=afar), await visitors.ask("", method="HEAD", client=afar)
        assert (403, True, 403, b"") == (refused.status, refused.body != b"", head.status, head.body)


class Ticking(StillClock):
    """Time passes between any two looks at it."""

    def now_ms(self) -> int:
        """A millisecond later than the last time."""
        self.at_ms += 1
        return self.at_ms


class TestQuota:
    async def test_no_window_is_longer_than_its_rule(self, tmp_path: Path) -> None:
        """What is left of it is told from the moment at which it was opened, or later."""
        clock = Ticking()
        async with open_runtime(Settings(data=tmp_path, worker=False), clock) as runtime:
            office = Office(runtime, clock)
            visitors = Visitors(office, await office.team(plan=await office.plan(month=100_000, burst=50)))
            key = await visitors.key()
            for _ in range(3):
                answer = await visitors.ask(key)
                assert 60 >= int(answer["ratelimit"].split(";t=")[1].split(",")[0])
                clock.advance(seconds=61)

    async def test_a_cached_response_is_counted_and_tells_what_is_left_now(self, office: Office) -> None:
        """Each call costs one, also a 304 and a HEAD."""
        visitors = Visitors(office, await office.team(plan=await office.plan(month=100, burst=50)))
        key = await visitors.key()
        whole = await visitors.ask(key)
        answers = [
            whole,
            await visitors.ask(key),
            await visitors.ask(key, method="HEAD"),
            await visitors.ask(key, headers=[("if-none-match", whole["etag"])]),
        ]
        assert ["99", "98", "97", "96"] == [answer["x-ratelimit-remaining"] for answer in answers]
        assert all({name for name, _ in answer.headers} >= QUOTA for answer in answers)
        assert 1 == visitors.framework.asked

    async def test_with_the_month_spent_memory_gives_nothing_away(self, office: Office) -> None:
        """Admission comes before the cache."""
        visitors = Visitors(office, await office.team(plan=await office.plan(month=2)))
        key = await visitors.key()
        assert [200, 200, 429] == [(await visitors.ask(key)).status for _ in range(3)]

    async def test_with_the_month_spent_a_repeated_change_gets_its_first_answer(self, office: Office) -> None:
        """Of every method that changes something; it costs nothing, and nothing is done twice."""
        team = await office.team(plan=await office.plan(month=4))
        caller = await team.craftdesk()
        kit = (await caller.post("/brand_kits", json={"name": "Kit"})).headers["location"]
        changes = [("PATCH", {"name": "Other"}), ("DELETE", None)]
        for turn in range(2):
            for method, body in changes:
                headers = {"Idempotency-Key": method}
                url = f"http://127.0.0.1:8080{kit}"
                answer = await caller.request(method, url, json=body, headers=headers)
                assert (turn == 1, answer.is_success) == ("idempotency-replayed" in answer.headers, True)
            await caller.get("/workspace")
        assert 429 == (await caller.get("/workspace")).status_code

    async def test_without_a_month_s_limit_a_refusal_asks_no_store(
        self, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is left of the burst is known, however the store does."""
        await visitors.team.on_plan(await visitors.office.plan(burst=1))
        key = await visitors.key()
        assert 200 == (await visitors.ask(key)).status

        async def failing(_: Any) -> Any:
            raise Unavailable

        monkeypatch.setattr(visitors.office.database, "read", failing)
        monkeypatch.setattr(visitors.office.database, "write", failing)
        answer = await visitors.ask(key)
        assert (429, '"burst";r=0') == (answer.status, answer["ratelimit"].partition(";t")[0])

    async def test_when_nobody_knows_what_is_left_the_refusal_says_so_little(
        self, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A store that fails just as a new month begins is a 503 in the envelope, without numbers."""
        await visitors.team.on_plan(await visitors.office.plan(month=2))
        key = await visitors.key()
        await visitors.ask(key)

        async def failing(_: Any) -> Any:
            raise Unavailable

        visitors.office.clock.advance(days=40)
        monkeypatch.setattr(visitors.office.database, "read", failing)
        monkeypatch.setattr(visitors.office.database, "write", failing)
        answer = await visitors.ask(key)
        assert (503, "1") == (answer.status, answer["retry-after"])
        assert "Service Unavailable" == json.loads(answer.body)["message"]


class TestCallers:
    async def test_memory_knows_nobody_who_is_unknown(self, visitors: Visitors) -> None:
        """A revoked key gets 401 where its owner's response is still cached, and so does no key."""
        credential, key = await visitors.team.key()
        await visitors.ask(key)
        operator = visitors.team.operator
        await visitors.office.write(
            lambda tx: credentials.revoke(tx, operator, credential.id, now_ms=visitors.office.now_ms)
        )
        for token in (key, "", "mq_live_" + "0" * 36):
            assert 401 == (await visitors.ask(token)).status
        assert 1 == visitors.framework.asked

    @pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "Bearer \xe4", "bearer\tx", "Bearer a b"])
    async def test_what_is_no_bearer_token_is_401(self, visitors: Visitors, value: str) -> None:
        """Told with `WWW-Authenticate`, whatever was sent instead."""
        answer = await ask(as_asgi(visitors.gate), path="/v1/projects", headers=[("authorization", value)])
        assert (401, "Bearer") == (answer.status, answer["www-authenticate"])

    async def test_two_credentials_are_none(self, visitors: Visitors) -> None:
        """Which one was meant would be a guess, so it is 400, and costs nothing."""
        key = await visitors.key()
        answer = await visitors.ask(key, headers=[("authorization", f"Bearer {key}")])
        assert 400 == answer.status
        assert 0 == visitors.framework.asked

    async def test_what_is_read_has_no_id(self, visitors: Visitors) -> None:
        """Nor has it when it comes from memory; a refusal has one, to a stranger too."""
        key = await visitors.key()
        read = [await visitors.ask(key) for _ in range(2)]
        visitors.framework.status = 404
        refused = [await visitors.ask(key, "/elsewhere"), await visitors.ask("nobody's")]
        assert [200, 200, 404, 401] == [answer.status for answer in (*read, *refused)]
        assert [False, False, True, True] == ["x-request-id" in answer for answer in (*read, *refused)]

    async def test_an_error_of_ours_tells_nothing_but_its_id(
        self, visitors: Visitors, caplog: pytest.LogCaptureFixture
    ) -> None:
        """500 in the envelope; the same id stands in the log beside what happened."""

        async def broken() -> None:
            raise ZeroDivisionError("the inside")

        key, visitors.framework.meanwhile = await visitors.key(), broken
        answer = await visitors.ask(key)
        (request_id,) = json.loads(answer.body)["errors"]["request_id"]
        assert (500, False) == (answer.status, b"inside" in answer.body)
        assert request_id in caplog.text
        assert request_id == answer["x-request-id"]
        assert "the inside" in caplog.text
