"""`/v1/webhooks/{ref}/deliveries`: what was sent to a real receiver, what came back, and sending it again."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from standardwebhooks import Webhook as Library

from maquette.model.actor import Role
from maquette.store import deliveries as store
from tests.described import problems_of_message
from tests.dialects.craftdesk.calls import data, fields, listed, make_kit, make_project, refusal
from tests.dialects.sending import send_due
from tests.endpoint import Endpoint, Says, endpoint
from tests.office import Office, Team


@pytest.fixture
async def there() -> AsyncIterator[Endpoint]:
    """A receiver that takes everything."""
    async with endpoint() as found:
        yield found


class Hook:
    """A webhook of the team's, and its deliveries through HTTP."""

    def __init__(self, caller: httpx2.AsyncClient, made: dict[str, Any]) -> None:
        self.caller = caller
        self.made = made
        self.path = f"/webhooks/{made['id']}"

    async def listed(self, **query: str) -> list[dict[str, Any]]:
        """Its deliveries."""
        rows: list[dict[str, Any]] = (await listed(self.caller, self.path + "/deliveries", **query))["data"]
        return rows

    async def read(self, id: str) -> dict[str, Any]:
        """One of them with its attempts."""
        whole: dict[str, Any] = data(await self.caller.get(f"{self.path}/deliveries/{id}"))
        return whole

    async def post(self, path: str, status: int = 200, /, **body: Any) -> Any:
        """What a verb answers."""
        return data(await self.caller.post(self.path + path, json=body or None), status)


@pytest.fixture
async def hook(team: Team, craftdesk: httpx2.AsyncClient, there: Endpoint) -> Hook:
    """A webhook that the receiver is told everything by."""
    return Hook(craftdesk, await team.webhook(url=there.url("/hook")))


class TestRead:
    async def test_it_is_listed_while_it_waits_and_after(self, office: Office, hook: Hook) -> None:
        """With its state and its times."""
        await make_project(hook.caller)
        (waiting,) = await hook.listed()
        assert {
            "id": waiting["id"],
            "type": "project.created",
            "state": "waiting",
            "reason": None,
            "attempt_count": 0,
            "next_attempt_at": "2026-03-10T12:00:00Z",
            "created_at": "2026-03-10T12:00:00Z",
            "finished_at": None,
        } == waiting
        assert waiting["id"].startswith("evt_")
        assert (None, []) == ((await hook.read(waiting["id"]))["body"], (await hook.read(waiting["id"]))["attempts"])
        await send_due(office, seconds=3)
        (delivered,) = await hook.listed()
        ended = {"state": "delivered", "attempt_count": 1, "next_attempt_at": None}
        assert {**waiting, **ended, "finished_at": "2026-03-10T12:00:03Z"} == delivered

    async def test_while_its_webhook_rests_it_says_until_when(
        self, office: Office, hook: Hook, there: Endpoint
    ) -> None:
        """And the webhook since when it has failed; what is disabled has no next attempt; a test ends the rest."""
        there.says = lambda _: Says(429, {"retry-after": "600"})
        await make_project(hook.caller, "One")
        await send_due(office)
        await make_project(hook.caller, "Two")
        shown, until = data(await hook.caller.get(hook.path)), "2026-03-10T12:10:00Z"
        assert ("2026-03-10T12:00:00Z", until) == (shown["failing_since"], shown["paused_until"])
        second, first = await hook.listed()
        assert (0, until) == (second["attempt_count"], second["next_attempt_at"])
        assert first["next_attempt_at"] >= until
        assert (await hook.post("/test", 201))["next_attempt_at"] == "2026-03-10T12:00:00Z"
        assert None is data(await hook.caller.get(hook.path))["paused_until"]
        await hook.caller.patch(hook.path, json={"enabled": False})
        assert {None} == {each["next_attempt_at"] for each in await hook.listed()}

    async def test_every_attempt_tells_what_went_out_and_came_back(
        self, office: Office, hook: Hook, there: Endpoint
    ) -> None:
        """The very bytes and headers, signed; of a failure the reason, and when it is tried again."""
        there.says = lambda _: Says(500 if len(there.got) == 1 else 200, {"x-said": "yes"}, b"\xffno\0" * 2)
        await make_project(hook.caller)
        await send_due(office)
        (failed,) = await hook.listed()
        assert ("waiting", "The endpoint answered 500.", 1) == (
            failed["state"],
            failed["reason"],
            failed["attempt_count"],
        )
        assert failed["next_attempt_at"] >= "2026-03-10T12:00:05Z"
        await send_due(office, seconds=10)
        whole = await hook.read(failed["id"])
        first, second = whole["attempts"]
        assert [got.body.decode() for got in there.got] == [whole["body"]] * 2
        assert [1, 2] == [first["number"], second["number"]]
        assert {"url": there.url("/hook"), "headers": first["request"]["headers"]} == first["request"]
        assert first["request"]["headers"].items() <= there.got[0].headers.items()
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= first["request"]["headers"].keys()
        assert ("The endpoint answered 500.", None) == (first["reason"], second["reason"])
        assert (500, "\ufffdno\0" * 2, "yes") == (
            first["response"]["status"],
            first["response"]["body"],
            first["response"]["headers"]["x-said"],
        )
        assert ("2026-03-10T12:00:00Z", "2026-03-10T12:00:10Z") == (first["started_at"], second["started_at"])
        assert min(first["took_ms"], second["took_ms"]) >= 0

    async def test_no_answer_is_told_as_none(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """With the reason."""
        there.says = lambda _: Says(0)
        sent = await hook.post("/test", 201)
        await send_due(office)
        (attempt,) = (await hook.read(sent["id"]))["attempts"]
        assert attempt["response"] is None
        assert attempt["reason"]

    async def test_it_is_filtered(self, office: Office, hook: Hook) -> None:
        """By state, by type, by time."""
        await make_project(hook.caller)
        await send_due(office)
        office.clock.advance(seconds=60)
        await make_kit(hook.caller)
        kinds = {
            "": ["brand_kit.created", "project.created"],
            "state=waiting": ["brand_kit.created"],
            "state=delivered": ["project.created"],
            "state=failed": [],
            "type=project.created": ["project.created"],
            "type=nonsense": [],
            "since=2026-03-10T12:01:00Z": ["brand_kit.created"],
            "until=2026-03-10T12:01:00Z": ["project.created"],
            "since=2026-03-10T12:00:00Z&until=2026-03-10T12:01:00Z&type=brand_kit.created": [],
        }
        for query, expected in kinds.items():
            page = await listed(hook.caller, hook.path + "/deliveries", **dict(parse_qsl(query)))
            assert expected == [row["type"] for row in page["data"]], query
            assert len(expected) == page["meta"]["pagination"]["total"], query
        for query, field in (("state=lost", "state"), ("since=now", "since"), ("until=2026-13-01", "until")):
            assert [field] == fields(await hook.caller.get(f"{hook.path}/deliveries?{query}"))

    async def test_one_of_another_webhook_is_not_there(self, team: Team, hook: Hook) -> None:
        """Nor one that never was."""
        other = Hook(hook.caller, await team.webhook())
        sent = await other.post("/test", 201)
        for id in (sent["id"], "evt_nonsense"):
            assert ["delivery"] == fields(await hook.caller.get(f"{hook.path}/deliveries/{id}"), 404)
            assert ["delivery"] == fields(await hook.caller.post(f"{hook.path}/deliveries/{id}/resend"), 404)


class TestTest:
    async def test_it_arrives_at_this_webhook_alone(
        self, office: Office, team: Team, hook: Hook, there: Endpoint
    ) -> None:
        """201 with the delivery's place; what arrives is signed, and shows the webhook without its secret."""
        await team.webhook(url=there.url("/other"))
        answer = await hook.caller.post(hook.path + "/test")
        sent = data(answer, 201)
        assert f"/craftdesk/v1{hook.path}/deliveries/{sent['id']}" == answer.headers["location"]
        await send_due(office)
        (got,) = there.got
        library, shown = Library(hook.made["secret"]), data(await hook.caller.get(hook.path))
        office_now = int(got.headers["webhook-timestamp"])
        assert office.now_ms // 1000 == office_now
        assert got.headers["webhook-signature"] in _signature(library, got.id, office_now, got.body)
        expected = {"id": sent["id"], "type": "webhook.test", "timestamp": "2026-03-10T12:00:00Z", "data": shown}
        assert expected == got.message
        assert "secret" not in got.message["data"]
        assert "delivered" == (await hook.read(sent["id"]))["state"]

    async def test_a_disabled_one_is_not_sent_to(self, hook: Hook) -> None:
        """400, and so for everything else that would send."""
        sent = await hook.post("/test", 201)
        await hook.caller.patch(hook.path, json={"enabled": False})
        told = {"webhook": ["The webhook is disabled; enable it first."]}
        assert told == refusal(await hook.caller.post(hook.path + "/test"), 400)
        assert told == refusal(await hook.caller.post(f"{hook.path}/deliveries/{sent['id']}/resend"), 400)
        assert told == refusal(await hook.caller.post(hook.path + "/replay", json={"since": "2026-03-10"}), 400)


class TestResend:
    async def test_the_same_goes_out_again(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """The same id and bytes, and one delivery with two attempts."""
        await make_project(hook.caller)
        await send_due(office)
        (sent,) = await hook.listed()
        again = await hook.post(f"/deliveries/{sent['id']}/resend")
        assert (sent["id"], "waiting", 1) == (again["id"], again["state"], again["attempt_count"])
        await send_due(office)
        assert [there.got[0].body] * 2 == [got.body for got in there.got]
        assert there.ids() == [sent["id"]] * 2
        assert [1, 2] == [attempt["number"] for attempt in (await hook.read(sent["id"]))["attempts"]]

    async def test_the_newest_attempts_are_shown(
        self, office: Office, hook: Hook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However often it is sent again; their number tells of the others."""
        monkeypatch.setattr(store, "MAX_ATTEMPTS", 2)
        sent = await hook.post("/test", 201)
        for _ in range(2):
            await send_due(office)
            await hook.post(f"/deliveries/{sent['id']}/resend")
        await send_due(office)
        whole = await hook.read(sent["id"])
        assert ([2, 3], 3) == ([attempt["number"] for attempt in whole["attempts"]], whole["attempt_count"])


class TestReplay:
    async def test_a_new_webhook_is_told_what_was_before(self, office: Office, team: Team, there: Endpoint) -> None:
        """Of the time, and of what it wants."""
        caller = await team.craftdesk()
        await make_project(caller, "Before")
        office.clock.advance(seconds=60)
        project, _ = await make_project(caller, "Meant"), await make_kit(caller)
        office.clock.advance(seconds=60)
        await make_project(caller, "After")
        hook = Hook(caller, await team.webhook(url=there.url(), events=["project.created"]))
        window = {"since": "2026-03-10T12:01:00Z", "until": "2026-03-10T12:02:00Z"}
        assert {"deliveries": 1, "complete": True} == await hook.post("/replay", **window)
        await send_due(office)
        assert [project] == [got.message["data"] for got in there.got]
        assert {"deliveries": 2, "complete": True} == await hook.post("/replay", **window | {"until": None})

    async def test_only_what_is_missing_goes_out(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """What has arrived isn't sent again."""
        office.clock.advance(seconds=60)
        await make_project(hook.caller)
        await send_due(office)
        await hook.caller.patch(hook.path, json={"enabled": False})
        await make_kit(hook.caller)
        await hook.caller.patch(hook.path, json={"enabled": True})
        assert {"deliveries": 1, "complete": True} == await hook.post(
            "/replay", since="2026-03-10T12:01:00Z", only_missing=True
        )
        await send_due(office)
        assert ["project.created", "brand_kit.created"] == [got.message["type"] for got in there.got]
        assert {"deliveries": 0, "complete": True} == await hook.post(
            "/replay", since="2026-03-10T12:01:00Z", only_missing=True
        )

    async def test_a_long_time_goes_out_in_parts(
        self, office: Office, hook: Hook, there: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The answer says that it isn't all; and no more than four are under way."""
        monkeypatch.setattr("maquette.domain.replays.PART", 2)
        for number in range(5):
            await make_project(hook.caller, f"Number {number}")
        for _ in range(4):
            begun = await hook.post("/replay", since="2026-03-10")
            assert begun["complete"] is False
            assert begun["deliveries"] <= 2
        again = await hook.caller.post(hook.path + "/replay", json={"since": "2026-03-10"})
        assert ["webhook"] == fields(again)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "since"),
            ({"since": "yesterday"}, "since"),
            ({"since": None}, "since"),
            ({"since": "2026-01-01"}, "since"),
            ({"since": "2026-03-10", "until": "2026-03-09"}, "until"),
            ({"since": "2026-03-10", "until": 7}, "until"),
            ({"since": "2026-03-10", "only_missing": "yes"}, "only_missing"),
            ({"since": "2026-03-10", "type": "project.created"}, "type"),
        ],
        ids=["no since", "word", "null", "long ago", "backwards", "number", "text", "unknown"],
    )
    async def test_what_is_wrong_is_named(self, hook: Hook, body: dict[str, Any], field: str) -> None:
        """400."""
        assert [field] == fields(await hook.caller.post(hook.path + "/replay", json=body))


class TestMessages:
    async def test_a_project_is_told_as_the_api_shows_it(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """After each change as it was then; a deleted one as it was last."""
        project = await make_project(hook.caller, "Poster", description="Δ", color="#abc", visibility="team")
        path = f"/projects/{project['id']}"
        renamed = data(await hook.caller.patch(path, json={"name": "Placard"}))
        archived = data(await hook.caller.post(path + "/archive"))
        taken_up = data(await hook.caller.post(path + "/unarchive"))
        await hook.caller.delete(path)
        await send_due(office)
        assert {
            "project.created": project,
            "project.updated": renamed,
            "project.archived": archived,
            "project.unarchived": taken_up,
            "project.deleted": taken_up,
        } == told(there)

    async def test_a_kit_is_told_as_the_api_shows_it(
        self, office: Office, team: Team, hook: Hook, there: Endpoint
    ) -> None:
        """With its colours, its typography and its logos."""
        kit = await make_kit(hook.caller)
        path = f"/brand_kits/{kit['id']}"
        colored = data(await hook.caller.patch(path, json={"colors": [{"name": "Ink", "hex": "#123"}]}))
        await hook.caller.delete(path)
        await send_due(office)
        assert {"brand_kit.created": kit, "brand_kit.updated": colored, "brand_kit.deleted": colored} == told(there)

    async def test_a_member_is_told_as_the_api_shows_them(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """Invited, changed, removed."""
        ada = data(
            await hook.caller.post("/members", json={"email": "ada@example.com", "role": "member"}),
            201,
        )
        changed = data(await hook.caller.patch(f"/members/{ada['id']}", json={"role": "admin"}))
        await hook.caller.delete(f"/members/{ada['id']}")
        await send_due(office)
        assert {"member.invited": ada, "member.role_changed": changed, "member.removed": changed} == told(there)

    async def test_one_who_joins_is_told(self, office: Office, team: Team, hook: Hook, there: Endpoint) -> None:
        """With their role."""
        bob = await team.member(Role.ADMIN)
        await send_due(office)
        assert {"member.joined": data(await hook.caller.get(f"/members/{bob.id}"))} == told(there)

    async def test_another_plan_is_told_with_the_workspace(
        self, office: Office, team: Team, hook: Hook, there: Endpoint
    ) -> None:
        """As `GET /v1/workspace` shows it."""
        await team.on_plan("business")
        workspace = data(await hook.caller.get("/workspace"))
        await send_due(office)
        assert {"subscription.downgraded": workspace} == told(there)

    async def test_times_and_ids_are_the_events(self, office: Office, hook: Hook, there: Endpoint) -> None:
        """The four keys in their order, and the event's own time however late it is sent."""
        await make_project(hook.caller)
        await send_due(office, seconds=30)
        (event,) = (await listed(hook.caller, "/events", type="project.created"))["data"]
        (got,) = there.got
        assert ["id", "type", "timestamp", "data"] == list(json.loads(got.body))
        assert (event["id"], event["created_at"]) == (got.message["id"], got.message["timestamp"])
        assert event["id"] == got.headers["webhook-id"]


def told(there: Endpoint) -> dict[str, Any]:
    """What arrived: the record of each type, of which there is one message."""
    found = {got.message["type"]: got.message["data"] for got in there.got}
    assert len(there.got) == len(found)
    assert [] == [each for got in there.got for each in problems_of_message("craftdesk", got.headers, got.body)]
    return found


def _signature(library: Library, id: str, at_s: int, body: bytes) -> str:
    """What the reference library makes of it at that time."""
    return library.sign(id, datetime.fromtimestamp(at_s, UTC), body.decode())
