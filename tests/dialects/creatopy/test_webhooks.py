"""`/v1/webhooks` and `/v1/webhookActions`: made, shown once, listed, changed, removed; and what was sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from maquette.dialects.creatopy.shapes.actions import ACTIONS
from maquette.model.webhooks import EVENT_TYPES
from maquette.outbound.http import Sender
from tests.described import problems_of_message
from tests.dialects.creatopy.calls import change, make_kit, make_project, refusal, remove, success
from tests.dialects.sending import OUTSIDE, REFUSED, send_due
from tests.endpoint import Endpoint, Says, endpoint
from tests.office import Office, Team

CHOSEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = {"name": "Tells the shop", "url": OUTSIDE, "actions": [3, 1]}
NOW = "2026-03-10T12:00:00.000Z"


@pytest.fixture
async def there() -> AsyncIterator[Endpoint]:
    """A receiver that takes everything."""
    async with endpoint() as found:
        yield found


async def make(caller: httpx2.AsyncClient, **given: Any) -> dict[str, Any]:
    """A new webhook, as it is answered."""
    webhook: dict[str, Any] = success(await caller.post("/webhooks", json={**BODY, **given}))
    return webhook


async def listed(caller: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """All webhooks."""
    found: list[dict[str, Any]] = success(await caller.get("/webhooks"))
    return found


async def deliveries(caller: httpx2.AsyncClient, webhook: int, **query: str | int) -> dict[str, Any]:
    """The connection of its deliveries."""
    params = {"webhookId": webhook, **query}
    connection: dict[str, Any] = success(await caller.get("/webhooks/deliveries", params=params))
    return connection


def action(id: int, name: str, description: str) -> dict[str, Any]:
    """An action as it is shown."""
    created_at = "2026-01-01T00:00:00.000Z"
    return {"id": id, "name": name, "description": description, "config": None, "createdAt": created_at}


class TestActions:
    async def test_they_are_listed(self, creatopy: httpx2.AsyncClient) -> None:
        """By id, each with its name as `<resource>/<verb>`."""
        found = success(await creatopy.get("/webhookActions"))
        assert action(1, "project/create", "A project was created.") == found[0]
        assert list(range(1, 17)) == [each["id"] for each in found]
        resources = {"project", "brandkit", "member", "subscription"}
        assert resources == {each["name"].partition("/")[0] for each in found}
        assert len(found) == len({each["name"] for each in found})

    def test_each_type_of_event_is_one(self) -> None:
        """What the other dialect can ask for has an action here; an id never changes, so new ones come last."""
        assert sorted(EVENT_TYPES) == sorted(type for type, _, _ in ACTIONS.values())


class TestCreate:
    async def test_it_is_shown_with_its_secret_this_once(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """The contract's fields, with who chose what; the secret is nowhere afterwards."""
        answer = await creatopy.post("/webhooks", json=BODY)
        made, owner = success(answer), {"id": team.owner.serial, "name": team.owner.name}
        assert {
            "id": made["id"],
            "name": "Tells the shop",
            "webhookUrl": OUTSIDE,
            "createdAt": NOW,
            "createdByUser": owner,
            "actions": [
                {"actionId": id, "createdAt": NOW, "createdByUser": owner, "action": action(id, name, description)}
                for id, name, description in (
                    (1, "project/create", "A project was created."),
                    (3, "project/delete", "A project was deleted."),
                )
            ],
            "enabled": True,
            "disabledReason": None,
            "failingSince": None,
            "pausedUntil": None,
            "secret": made["secret"],
        } == made
        assert made["secret"].startswith("whsec_")
        assert "no-store" == answer.headers["cache-control"]
        same = await creatopy.put("/webhooks", json={"webhookId": made["id"]})
        assert same.headers["etag"] == answer.headers["etag"]
        del made["secret"]
        assert [made] == await listed(creatopy)

    async def test_it_is_made_once_for_a_key(self, creatopy: httpx2.AsyncClient) -> None:
        """The repeated call gets the same secret."""
        headers = {"Idempotency-Key": "once"}
        first, again = [await creatopy.post("/webhooks", json=BODY, headers=headers) for _ in range(2)]
        assert success(first) == success(again)
        assert 1 == len(await listed(creatopy))

    async def test_no_url_leads_inside(self, creatopy: httpx2.AsyncClient) -> None:
        """Nor anywhere but by HTTPS on its own port: 400 with a sentence, and nothing is made."""
        for title, url in REFUSED.items():
            answer = await creatopy.post("/webhooks", json={**BODY, "url": url})
            assert refusal(answer, 400).startswith("url must "), title
        assert [] == await listed(creatopy)

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"name": " "}, "name must not be empty."),
            ({"name": "a\nb"}, "name must not hold control characters."),
            ({"actions": []}, "actions must name at least one action."),
            ({"actions": [1, 99, 0]}, "actions can't be 0, 99."),
            ({"actions": [2**70]}, "actions can't be 1180591620717411303424."),
            ({"actions": [True]}, "actions must be a whole number at [0]."),
            ({"actions": ["project/create"]}, "actions must be a whole number at [0]."),
            ({"actions": [1] * 101}, "actions must have at most 100 entries."),
            ({"secret": "short"}, "secret must be whsec_ and 24 to 64 bytes in Base64."),
            ({"description": "x"}, "description is not a field of this request."),
        ],
        ids=[
            "blank", "control", "none", "unknown", "huge", "true", "name", "many", "secret", "field",
        ],
    )  # fmt: skip
    async def test_what_is_wrong_is_named(
        self, creatopy: httpx2.AsyncClient, given: dict[str, Any], sentence: str
    ) -> None:
        """400, and nothing is made."""
        assert sentence == refusal(await creatopy.post("/webhooks", json={**BODY, **given}), 400)
        assert [] == await listed(creatopy)


class TestChange:
    async def test_it_changes_what_the_body_names(self, office: Office, creatopy: httpx2.AsyncClient) -> None:
        """An action that stays keeps who chose it and when."""
        made = await make(creatopy, secret=CHOSEN)
        assert CHOSEN == made.pop("secret")
        office.clock.advance(seconds=5)
        body = {"webhookId": made["id"], "name": "New", "url": OUTSIDE + "/two", "actions": [1, 9]}
        changed = success(await creatopy.put("/webhooks", json=body))
        assert ("New", OUTSIDE + "/two", [1, 9]) == (
            changed["name"],
            changed["webhookUrl"],
            [each["actionId"] for each in changed["actions"]],
        )
        assert made["actions"][0] == changed["actions"][0]
        assert "2026-03-10T12:00:05.000Z" == changed["actions"][1]["createdAt"]
        assert changed == success(await creatopy.put("/webhooks", json={"webhookId": made["id"]}))
        assert [changed] == await listed(creatopy)

    async def test_it_is_disabled_and_enabled(self, creatopy: httpx2.AsyncClient) -> None:
        """With a reason while it is."""
        id = (await make(creatopy))["id"]
        off = success(await creatopy.put("/webhooks", json={"webhookId": id, "enabled": False}))
        assert (False, "It was disabled by hand.") == (off["enabled"], off["disabledReason"])
        refused = await creatopy.post("/webhooks/test", json={"webhookId": id})
        assert "webhook is disabled; enable it first." == refusal(refused, 400)
        on = success(await creatopy.put("/webhooks", json={"webhookId": id, "enabled": True}))
        assert (True, None) == (on["enabled"], on["disabledReason"])

    async def test_no_url_leads_inside(self, creatopy: httpx2.AsyncClient) -> None:
        """Here neither, and the old one stays."""
        made = await make(creatopy)
        for title, url in REFUSED.items():
            answer = await creatopy.put("/webhooks", json={"webhookId": made["id"], "url": url, "name": "x"})
            assert refusal(answer, 400).startswith("url must "), title
        (kept,) = await listed(creatopy)
        assert ("Tells the shop", OUTSIDE) == (kept["name"], kept["webhookUrl"])

    async def test_another_version_is_left_alone(self, creatopy: httpx2.AsyncClient) -> None:
        """`If-Match` compares with what POST, PUT and a rotation answered."""
        made = await creatopy.post("/webhooks", json=BODY)
        body, tag = {"webhookId": success(made)["id"]}, made.headers["etag"]
        assert tag == (await creatopy.put("/webhooks", json=body)).headers["etag"]
        changed = await creatopy.put("/webhooks", json={**body, "name": "New"}, headers={"If-Match": tag})
        fresh = {"If-Match": changed.headers["etag"]}
        rotated = await creatopy.post("/webhooks/rotateSecret", json=body, headers=fresh)
        assert changed.headers["etag"] == rotated.headers["etag"]
        stale = await creatopy.request("DELETE", "/webhooks", json=body, headers={"If-Match": tag})
        refusal(stale, 412)

    @pytest.mark.parametrize("given", [{"name": ""}, {"actions": []}, {"url": None}, {"secret": CHOSEN}], ids=str)
    async def test_what_is_wrong_is_named(self, creatopy: httpx2.AsyncClient, given: dict[str, Any]) -> None:
        """A secret is rotated, not changed."""
        answer = await creatopy.put("/webhooks", json={"webhookId": (await make(creatopy))["id"], **given})
        assert refusal(answer, 400).startswith(next(iter(given)))


class TestRemove:
    async def test_it_is_gone(self, creatopy: httpx2.AsyncClient) -> None:
        """Success, and 404 for whatever is asked of it then, as of one that never was."""
        body = {"webhookId": (await make(creatopy))["id"]}
        assert {"status": "success"} == success(await creatopy.request("DELETE", "/webhooks", json=body))
        assert [] == await listed(creatopy)
        for id in (body["webhookId"], 2**40, 0, -1):
            told = "There is no such webhook."
            assert told == refusal(await creatopy.put("/webhooks", json={"webhookId": id}), 404)
            assert told == refusal(await creatopy.post("/webhooks/test", json={"webhookId": id}), 404)
            assert told == refusal(await creatopy.get("/webhooks/deliveries", params={"webhookId": id}), 404)


class TestRotate:
    async def test_the_new_secret_is_shown_this_once(self, creatopy: httpx2.AsyncClient) -> None:
        """The chosen one or a new one; the webhook stays."""
        made = await make(creatopy)
        body = {"webhookId": made["id"]}
        fresh = success(await creatopy.post("/webhooks/rotateSecret", json=body))
        assert {**made, "secret": fresh["secret"]} == fresh
        assert made["secret"] != fresh["secret"]
        chosen = success(await creatopy.post("/webhooks/rotateSecret", json={**body, "secret": CHOSEN}))
        assert CHOSEN == chosen["secret"]


class TestAuthority:
    async def test_members_manage_none(self, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
        """403 throughout, and no URL is looked up for them."""
        made = await make(await team.creatopy())
        monkeypatch.setattr(Sender, "vet", None)
        member, ref = await team.creatopy(await team.member()), {"webhookId": made["id"]}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "", BODY),
            ("PUT", "", {**ref, "url": OUTSIDE}),
            ("DELETE", "", ref),
            ("POST", "/rotateSecret", ref),
            ("POST", "/test", ref),
            ("POST", "/resend", {**ref, "deliveryId": "evt_1"}),
            ("POST", "/replay", {**ref, "since": "2026-03-10"}),
        ]
        for method, path, body in calls:
            refusal(await member.request(method, "/webhooks" + path, json=body), 403)
        for path in ("", "/deliveries?webhookId=1", "/delivery?webhookId=1&deliveryId=evt_1"):
            refusal(await member.get("/webhooks" + path), 403)
        refusal(await member.get("/webhookActions"), 403)


class TestDeliveries:
    async def test_a_test_arrives_and_is_read(
        self, office: Office, creatopy: httpx2.AsyncClient, there: Endpoint
    ) -> None:
        """With the action's name, the webhook in this dialect's shape, and the attempt as it went."""
        there.says = lambda _: Says(200, {}, b"thanks")
        made = await make(creatopy, url=there.url("/hook"))
        sent = success(await creatopy.post("/webhooks/test", json={"webhookId": made["id"]}))
        assert ("webhook/test", "waiting", 0, NOW) == (
            sent["action"],
            sent["state"],
            sent["attemptCount"],
            sent["nextAttemptAt"],
        )
        await send_due(office)
        (got,), (shown,) = there.got, await listed(creatopy)
        assert ["id", "type", "timestamp", "data"] == list(json.loads(got.body))
        assert {"id": sent["id"], "type": "webhook/test", "timestamp": NOW, "data": shown} == got.message
        (node,) = (await deliveries(creatopy, made["id"]))["nodes"]
        ended = {"state": "delivered", "attemptCount": 1, "nextAttemptAt": None, "finishedAt": NOW}
        assert {**sent, **ended} == node
        params = {"webhookId": made["id"], "deliveryId": sent["id"]}
        whole = success(await creatopy.get("/webhooks/delivery", params=params))
        (attempt,) = whole.pop("attempts")
        assert {**node, "body": got.body.decode()} == whole
        assert (1, NOW, None) == (attempt["number"], attempt["startedAt"], attempt["reason"])
        assert {"url": there.url("/hook"), "headers": attempt["request"]["headers"]} == attempt["request"]
        assert attempt["request"]["headers"].items() <= got.headers.items()
        assert (200, "thanks") == (attempt["response"]["status"], attempt["response"]["body"])

    async def test_a_pause_is_seen(self, office: Office, creatopy: httpx2.AsyncClient, there: Endpoint) -> None:
        """Since when it fails, until when it is left in peace, and that nothing is sent before."""
        there.says = lambda _: Says(503, {"retry-after": "600"})
        id = (await make(creatopy, url=there.url(), actions=[6]))["id"]
        await make_kit(creatopy, "One")
        await send_due(office)
        await make_kit(creatopy, "Two")
        until = "2026-03-10T12:10:00.000Z"
        (shown,), waiting = await listed(creatopy), await deliveries(creatopy, id)
        assert (NOW, until) == (shown["failingSince"], shown["pausedUntil"])
        assert all(node["nextAttemptAt"] >= until for node in waiting["nodes"])
        assert (2, 0) == (waiting["totalCount"], waiting["nodes"][0]["attemptCount"])

    async def test_they_are_walked_and_filtered(
        self, office: Office, creatopy: httpx2.AsyncClient, there: Endpoint
    ) -> None:
        """The newest first, by cursor; by state, action and time."""
        id = (await make(creatopy, url=there.url(), actions=[6]))["id"]
        for number in range(3):
            await make_kit(creatopy, str(number))
            await send_due(office, seconds=60)
        await creatopy.post("/webhooks/test", json={"webhookId": id})
        first = await deliveries(creatopy, id, limit=3)
        assert (4, True, ["webhook/test", "brandkit/create", "brandkit/create"]) == (
            first["totalCount"],
            first["pageInfo"]["hasNextPage"],
            [node["action"] for node in first["nodes"]],
        )
        rest = await deliveries(creatopy, id, cursor=first["pageInfo"]["endCursor"])
        assert (1, False) == (len(rest["nodes"]), rest["pageInfo"]["hasNextPage"])
        assert 3 == (await deliveries(creatopy, id, action="brandkit/create"))["totalCount"]
        assert 0 == (await deliveries(creatopy, id, action="brand_kit/create"))["totalCount"]
        assert 1 == (await deliveries(creatopy, id, state="waiting"))["totalCount"]
        assert (
            2 == (await deliveries(creatopy, id, since="2026-03-10T12:01:00Z", action="brandkit/create"))["totalCount"]
        )
        assert 1 == (await deliveries(creatopy, id, until="2026-03-10T12:01:00Z"))["totalCount"]
        for query in ("state=lost", "since=now", "cursor=x", "limit=0"):
            refusal(await creatopy.get(f"/webhooks/deliveries?webhookId={id}&{query}"), 400)
        assert "webhookId is required." == refusal(await creatopy.get("/webhooks/deliveries"), 400)

    async def test_messages_go_out_again(self, office: Office, creatopy: httpx2.AsyncClient, there: Endpoint) -> None:
        """One by its id, or a time, or what is missing of it: the same id and bytes."""
        id = (await make(creatopy, url=there.url(), actions=[6]))["id"]
        await make_kit(creatopy)
        await send_due(office)
        (node,) = (await deliveries(creatopy, id))["nodes"]
        again = success(await creatopy.post("/webhooks/resend", json={"webhookId": id, "deliveryId": node["id"]}))
        assert (node["id"], "waiting") == (again["id"], again["state"])
        await send_due(office)
        replay = {"webhookId": id, "since": "2026-03-10"}
        missing = success(await creatopy.post("/webhooks/replay", json={**replay, "onlyMissing": True}))
        assert {"deliveries": 0, "complete": True} == missing
        assert {"deliveries": 1, "complete": True} == success(await creatopy.post("/webhooks/replay", json=replay))
        await send_due(office)
        assert [(node["id"], there.got[0].body)] * 3 == [(got.id, got.body) for got in there.got]
        unknown = {"webhookId": id, "deliveryId": "evt_nonsense"}
        assert "There is no such delivery." == refusal(await creatopy.post("/webhooks/resend", json=unknown), 404)
        assert "There is no such delivery." == refusal(await creatopy.get("/webhooks/delivery", params=unknown), 404)


class TestMessages:
    async def test_each_record_is_told_as_the_api_shows_it(
        self, office: Office, team: Team, creatopy: httpx2.AsyncClient, there: Endpoint
    ) -> None:
        """Projects, kits and users after each change as they were then; deleted ones as they were last."""
        await make(creatopy, url=there.url(), actions=[*ACTIONS])
        kit = await make_kit(creatopy)
        project = await make_project(creatopy, kit["id"])
        renamed = success(await change(creatopy, project["id"], name="New"))["project"]
        await remove(creatopy, project["id"])
        body = {"name": "Ada", "email": "ada@example.com", "role": "Viewer"}
        invited = success(await creatopy.post("/users", json=body))
        user = success(await creatopy.put("/users", json={"userId": invited["id"], "roleId": 1}))
        await creatopy.request("DELETE", "/users", json={"email": "ada@example.com"})
        await team.on_plan("business")
        await send_due(office)
        found = {got.message["type"]: got.message["data"] for got in there.got}
        assert [] == [each for got in there.got for each in problems_of_message("creatopy", got.headers, got.body)]
        assert {"id": user["id"], "role": "Viewer"} == {
            "id": found["member/invite"]["id"],
            "role": found.pop("member/invite")["role"]["name"],
        }
        assert {
            "brandkit/create": kit,
            "project/create": project,
            "project/update": renamed,
            "project/delete": renamed,
            "member/changeRole": user,
            "member/remove": user,
            "subscription/downgrade": {
                "id": team.workspace.serial,
                "name": team.workspace.name,
                "plan": "business",
            },
        } == found
