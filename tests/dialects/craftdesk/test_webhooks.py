"""`/v1/webhooks`: made, shown once, listed without secrets, changed, rotated, removed."""

from typing import Any

import httpx2
import pytest

from maquette.domain import webhooks
from maquette.model.actor import Role, Scope
from maquette.outbound.http import Sender
from maquette.outbound.urls import BadUrl
from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, refusal
from tests.dialects.sending import OUTSIDE, REFUSED
from tests.office import Office, Team

CHOSEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = {"url": OUTSIDE, "events": ["project.created"]}


async def make(caller: httpx2.AsyncClient, **given: Any) -> dict[str, Any]:
    """A new webhook, as it is answered."""
    webhook: dict[str, Any] = data(await caller.post("/webhooks", json={**BODY, **given}), 201)
    return webhook


def unlisted(webhook: dict[str, Any]) -> dict[str, Any]:
    """As it is shown later."""
    return {name: value for name, value in webhook.items() if name != "secret"}


class TestCreate:
    async def test_it_is_shown_with_its_secret_this_once(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """201 with the contract's fields in their order; the secret is nowhere afterwards."""
        caller = engine_craftdesk
        answer = await caller.post("/webhooks", json={**BODY, "description": "Tells the shop"})
        made = data(answer, 201)
        assert {
            "id": made["id"],
            "url": OUTSIDE,
            "events": ["project.created"],
            "description": "Tells the shop",
            "enabled": True,
            "disabled_reason": None,
            "failing_since": None,
            "paused_until": None,
            "created_at": "2026-03-10T12:00:00Z",
            "updated_at": "2026-03-10T12:00:00Z",
            "secret": made["secret"],
        } == made
        assert made["secret"].startswith("whsec_")
        assert (f"/craftdesk/v1/webhooks/{made['id']}", "no-store") == (
            answer.headers["location"],
            answer.headers["cache-control"],
        )
        shown = await caller.get(f"/webhooks/{made['id']}"), await caller.get("/webhooks")
        assert shown[0].headers["etag"] == answer.headers["etag"]
        assert unlisted(made) == data(shown[0])
        assert [unlisted(made)] == shown[1].json()["data"]
        assert "whsec_" not in shown[0].text + shown[1].text

    async def test_everything_is_a_star(self, craftdesk: httpx2.AsyncClient) -> None:
        """Whatever is named beside it."""
        assert ["*"] == (await make(craftdesk, events=["project.created", "*"]))["events"]

    async def test_a_secret_can_be_chosen(self, craftdesk: httpx2.AsyncClient) -> None:
        """And is answered as it was sent."""
        assert CHOSEN == (await make(craftdesk, secret=CHOSEN))["secret"]

    async def test_it_is_made_once_for_a_key(
        self, craftdesk: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The repeated call gets the same secret, also where the URL would be refused by now."""

        async def refuse(*_: object, **__: object) -> None:
            raise BadUrl("must not lead inside")

        headers = {"Idempotency-Key": "once"}
        first = await craftdesk.post("/webhooks", json=BODY, headers=headers)
        monkeypatch.setattr(Sender, "vet", refuse)
        again = await craftdesk.post("/webhooks", json=BODY, headers=headers)
        assert data(first, 201) == data(again, 201)
        assert "true" == again.headers["idempotency-replayed"]
        assert 1 == (await listed(craftdesk, "/webhooks"))["meta"]["pagination"]["total"]
        assert ["url"] == fields(await craftdesk.post("/webhooks", json=BODY))

    async def test_no_url_leads_inside(self, craftdesk: httpx2.AsyncClient) -> None:
        """Nor anywhere but by HTTPS on its own port: 400 with a sentence about the URL, and nothing is made."""
        for title, url in REFUSED.items():
            answer = await craftdesk.post("/webhooks", json={**BODY, "url": url})
            assert ["url"] == fields(answer), title
            assert all(sentence.startswith("The url must ") for sentence in answer.json()["errors"]["url"]), title
        assert 0 == (await listed(craftdesk, "/webhooks"))["meta"]["pagination"]["total"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"url": None}, "url"),
            ({"events": []}, "events"),
            ({"events": ["project.created", "task.created"]}, "events"),
            ({"events": ["webhook.created"]}, "events"),
            ({"events": ["x" * 101]}, "events"),
            ({"events": ["*"] * 101}, "events"),
            ({"events": "*"}, "events"),
            ({"events": [7]}, "events"),
            ({"description": "a\0b"}, "description"),
            ({"description": "x" * 10_001}, "description"),
            ({"secret": "whsec_"}, "secret"),
            ({"secret": "whsec_c2hvcnQ="}, "secret"),
            ({"secret": CHOSEN.removeprefix("whsec_")}, "secret"),
            ({"secret": "whsec_" + "A" * 120}, "secret"),
            ({"secret": CHOSEN + "!"}, "secret"),
            ({"enabled": True}, "enabled"),
            ({"name": "Shop"}, "name"),
        ],
        ids=[
            "no url", "no events", "unknown event", "own event", "long event", "many events", "text", "number", "NUL",
            "long description", "empty secret", "short secret", "bare secret", "long secret", "broken secret",
            "enabled", "name",
        ],
    )  # fmt: skip
    async def test_what_is_wrong_is_named(
        self, craftdesk: httpx2.AsyncClient, given: dict[str, Any], field: str
    ) -> None:
        """400, and nothing is made."""
        assert [field] == fields(await craftdesk.post("/webhooks", json={**BODY, **given}))
        assert 0 == (await listed(craftdesk, "/webhooks"))["meta"]["pagination"]["total"]

    async def test_there_can_be_too_many(self, craftdesk: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Until one is removed."""
        monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 2)
        made = [await make(craftdesk) for _ in range(2)]
        told = {"webhooks": ["The webhooks are limited to 2 in a workspace."]}
        assert told == refusal(await craftdesk.post("/webhooks", json=BODY), 400)
        await craftdesk.delete(f"/webhooks/{made[0]['id']}")
        await make(craftdesk)


class TestAuthority:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "", None),
            ("POST", "", BODY),
            ("GET", "/{id}", None),
            ("PATCH", "/{id}", {"url": OUTSIDE}),
            ("DELETE", "/{id}", None),
            ("POST", "/{id}/rotate_secret", None),
            ("POST", "/{id}/test", None),
            ("POST", "/{id}/replay", {"since": "2026-03-10"}),
            ("GET", "/{id}/deliveries", None),
            ("GET", "/{id}/deliveries/{delivery}", None),
            ("POST", "/{id}/deliveries/{delivery}/resend", None),
        ],
    )
    async def test_members_and_read_only_keys_change_nothing(
        self, team: Team, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: dict[str, Any] | None
    ) -> None:
        """A member's key is 403 throughout, a read-only one where it would write; no URL is looked up for either."""
        webhook = await team.webhook()
        words = {"id": webhook["id"], "delivery": (await team.trial(webhook["id"]))["id"]}
        monkeypatch.setattr(Sender, "vet", None)
        member, reader = await team.craftdesk(await team.member()), await team.craftdesk(scope=Scope.READ_ONLY)
        target = "/webhooks" + path.format_map(words)
        assert ["permission"] == fields(await member.request(method, target, json=body), 403)
        read = await reader.request(method, target, json=body)
        assert read.status_code == 200 if method == "GET" else ["api_key"] == fields(read, 403)

    async def test_a_narrow_key_decides_nothing_that_it_does_not_see(
        self, office: Office, craftdesk: httpx2.AsyncClient
    ) -> None:
        """A key for webhooks alone makes none that is told of projects."""
        grants = {"webhooks": {"access": "write"}}
        key = data(await craftdesk.post("/api_keys", json={"name": "N", "scope": "custom", "grants": grants}), 201)
        narrow = office.http("/craftdesk/v1", key["key"])
        assert ["api_key"] == fields(await narrow.post("/webhooks", json=BODY), 403)
        assert 200 == (await narrow.get("/webhooks")).status_code

    async def test_an_admin_manages_them(self, team: Team) -> None:
        """Those of owners too."""
        admin = await team.craftdesk(await team.member(Role.ADMIN))
        made = await make(await team.craftdesk())
        assert 204 == (await admin.delete(f"/webhooks/{made['id']}")).status_code


class TestList:
    async def test_the_newest_is_first(self, craftdesk: httpx2.AsyncClient) -> None:
        """In pages, with their links."""
        made = [unlisted(await make(craftdesk, description=str(number))) for number in range(3)]
        page = await listed(craftdesk, "/webhooks", per_page=2)
        assert [made[2], made[1]] == page["data"]
        assert {"current_page": 1, "total": 3, "per_page": 2, "last_page": 2} == page["meta"]["pagination"]
        assert [made[0]] == (await listed(craftdesk, "/webhooks", per_page=2, page=2))["data"]


class TestChange:
    async def test_it_changes_what_the_body_names(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """And its `updated_at`; `{}` changes nothing."""
        made = unlisted(await make(craftdesk, description="Old"))
        path = f"/webhooks/{made['id']}"
        assert made == data(await craftdesk.patch(path, json={}))
        office.clock.advance(seconds=5)
        for given in ({"url": OUTSIDE + "/two"}, {"events": ["*"]}, {"description": None}):
            made = {**made, **given, "updated_at": "2026-03-10T12:00:05Z"}
            assert made == data(await craftdesk.patch(path, json=given))
        assert made == data(await craftdesk.get(path))

    async def test_it_is_disabled_and_enabled(self, craftdesk: httpx2.AsyncClient) -> None:
        """With a reason while it is."""
        path = f"/webhooks/{(await make(craftdesk))['id']}"
        off = data(await craftdesk.patch(path, json={"enabled": False}))
        assert (False, "It was disabled by hand.") == (off["enabled"], off["disabled_reason"])
        on = data(await craftdesk.patch(path, json={"enabled": True}))
        assert (True, None) == (on["enabled"], on["disabled_reason"])

    async def test_no_url_leads_inside(self, craftdesk: httpx2.AsyncClient) -> None:
        """Here neither, and the old one stays."""
        made = unlisted(await make(craftdesk))
        path = f"/webhooks/{made['id']}"
        for title, url in REFUSED.items():
            assert ["url"] == fields(await craftdesk.patch(path, json={"url": url, "description": "x"})), title
        assert made == data(await craftdesk.get(path))

    async def test_another_version_is_left_alone(self, craftdesk: httpx2.AsyncClient) -> None:
        """`If-Match` compares with what GET, PATCH and a rotation answered."""
        path = f"/webhooks/{(await make(craftdesk))['id']}"
        tag = (await craftdesk.get(path)).headers["etag"]
        changed = await craftdesk.patch(path, json={"description": "New"}, headers={"If-Match": tag})
        assert "New" == data(changed)["description"]
        for method, target in (("PATCH", path), ("DELETE", path), ("POST", path + "/rotate_secret")):
            stale = await craftdesk.request(method, target, json={}, headers={"If-Match": tag})
            assert ["if_match"] == fields(stale, 412)
        rotated = await craftdesk.post(path + "/rotate_secret", headers={"If-Match": changed.headers["etag"]})
        assert (await craftdesk.get(path)).headers["etag"] == rotated.headers["etag"]
        assert 204 == (await craftdesk.delete(path, headers={"If-Match": rotated.headers["etag"]})).status_code

    @pytest.mark.parametrize("given", [{"secret": CHOSEN}, {"events": []}, {"url": None}, {"enabled": None}], ids=str)
    async def test_what_is_wrong_is_named(self, craftdesk: httpx2.AsyncClient, given: dict[str, Any]) -> None:
        """A secret is rotated, not changed."""
        path = f"/webhooks/{(await make(craftdesk))['id']}"
        assert list(given) == fields(await craftdesk.patch(path, json=given))


class TestRemove:
    async def test_it_is_gone(self, craftdesk: httpx2.AsyncClient) -> None:
        """204, and 404 for whatever is asked of it then, as of one that never was."""
        webhook = (await make(craftdesk))["id"]
        answer = await craftdesk.delete(f"/webhooks/{webhook}")
        assert (204, b"") == (answer.status_code, answer.content)
        assert 0 == (await listed(craftdesk, "/webhooks"))["meta"]["pagination"]["total"]
        for ref in (webhook, ABSENT, "nonsense"):
            for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
                assert ["webhook"] == fields(await craftdesk.request(method, f"/webhooks/{ref}{path}"), 404)


class TestRotate:
    async def test_the_new_secret_is_shown_this_once(self, craftdesk: httpx2.AsyncClient) -> None:
        """200 with another secret, the chosen one or a new one; the webhook stays."""
        made = await make(craftdesk)
        path = f"/webhooks/{made['id']}/rotate_secret"
        answer = await craftdesk.post(path)
        fresh = data(answer)
        assert "no-store" == answer.headers["cache-control"]
        assert unlisted(made) == unlisted(fresh)
        assert fresh["secret"] not in ("", made["secret"])
        assert CHOSEN == data(await craftdesk.post(path, json={"secret": CHOSEN}))["secret"]
        assert ["secret"] == fields(await craftdesk.post(path, json={"secret": "short"}))

    async def test_it_is_rotated_once_for_a_key(self, craftdesk: httpx2.AsyncClient) -> None:
        """A repeated call gets the same secret."""
        path, headers = f"/webhooks/{(await make(craftdesk))['id']}/rotate_secret", {"Idempotency-Key": "once"}
        first, again = [await craftdesk.post(path, headers=headers) for _ in range(2)]
        assert data(first) == data(again)
