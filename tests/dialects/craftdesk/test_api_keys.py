"""`/v1/api_keys`: made, shown once, listed without secrets, changed, rotated, revoked."""

from typing import Any

import httpx2
import pytest

from maquette.domain.keys import is_key
from maquette.model.actor import Role, Scope
from maquette.store.database import Transaction
from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_project, names, refusal
from tests.office import Office, Team

DAY = 86_400


async def make_key(caller: httpx2.AsyncClient, **given: Any) -> dict[str, Any]:
    """A new key, as it is answered."""
    body = {"name": "Deploy", "scope": "full", **given}
    key: dict[str, Any] = data(await caller.post("/api_keys", json=body), 201)
    return key


async def answered(office: Office, key: dict[str, Any]) -> int:
    """How a call with the key is answered now."""
    return (await office.http("/craftdesk/v1", key["key"]).get("/workspace")).status_code


class TestCreate:
    async def test_it_is_shown_once_and_works_at_once(self, engine_office: Office) -> None:
        """201 with the key itself, which is nowhere afterwards; it acts as who made it."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        answer = await craftdesk.post("/api_keys", json={"name": " Deploy ", "scope": "full"})
        key = data(answer, 201)
        assert is_key(key["key"])
        assert {**key, "id": "", "key": "", "created_at": ""} == {
            "id": "",
            "name": "Deploy",
            "scope": "full",
            "grants": None,
            "hint": f"mq_live_…{key['key'][-4:]}",
            "acts_as": team.owner.id,
            "created_at": "",
            "last_used_at": None,
            "expires_at": None,
            "revoked_at": None,
            "key": "",
        }
        assert (f"/craftdesk/v1/api_keys/{key['id']}", "no-store") == (
            answer.headers["location"],
            answer.headers["cache-control"],
        )
        assert "etag" not in answer.headers
        assert 200 == await answered(engine_office, key)
        shown = await craftdesk.get(f"/api_keys/{key['id']}"), await craftdesk.get("/api_keys")
        for later in shown:
            assert key["key"] not in later.text
        assert {name: value for name, value in key.items() if name != "key"} == data(shown[0])

    async def test_a_read_only_one_reads(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """And makes nothing, least of all keys."""
        caller = office.http("/craftdesk/v1", (await make_key(craftdesk, scope="read_only"))["key"])
        assert 200 == (await caller.get("/projects")).status_code
        assert 200 == (await caller.get("/api_keys")).status_code
        told = {"api_key": ["This API key is read-only."]}
        assert told == refusal(await caller.post("/projects", json={"name": "Poster"}), 403)
        assert told == refusal(await caller.post("/api_keys", json={"name": "More", "scope": "full"}), 403)

    async def test_it_ends_when_it_says(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Up to its last instant it is good, and not after."""
        office.clock.at_ms -= office.clock.at_ms % 1000
        key = await make_key(craftdesk, expires_at="2026-03-10T12:00:30Z")
        assert "2026-03-10T12:00:30Z" == key["expires_at"]
        office.clock.advance(seconds=29.999)
        assert 200 == await answered(office, key)
        office.clock.advance(seconds=0.001)
        assert 401 == await answered(office, key)

    async def test_what_is_wrong_is_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """Missing, wrong and unknown fields, an end in the past, grants that don't belong."""
        wrong: list[tuple[dict[str, Any], list[str]]] = [
            ({}, ["name", "scope"]),
            ({"name": "a", "scope": "half", "kind": "client"}, ["scope", "kind"]),
            ({"name": " ", "scope": "full", "expires_at": "2020-01-01"}, ["name", "expires_at"]),
            ({"name": "a", "scope": "full", "expires_at": "soon"}, ["expires_at"]),
            ({"name": "a", "scope": "full", "grants": {"projects": {"access": "read"}}}, ["grants"]),
        ]
        for body, expected in wrong:
            assert expected == fields(await craftdesk.post("/api_keys", json=body))

    async def test_it_reaches_as_far_as_its_maker_does_now(self, office: Office, team: Team) -> None:
        """Demote its maker and the key can't do an owner's work any more; remove them and it is dead."""
        owner, deputy = await team.craftdesk(), await team.member(Role.OWNER)
        key = await make_key(await team.craftdesk(deputy))
        caller = office.http("/craftdesk/v1", key["key"])
        assert 201 == (await caller.post("/projects", json={"name": "Poster"})).status_code
        await owner.patch(f"/members/{deputy.id}", json={"role": "member"})
        assert ["permission"] == fields(await caller.post("/projects", json={"name": "Poster"}), 403)
        assert ["permission"] == fields(await caller.get("/api_keys"), 403)
        await owner.delete(f"/members/{deputy.id}")
        assert 401 == await answered(office, key)


class TestSecrets:
    async def test_a_replay_shows_the_same_key_and_the_store_never_holds_it(self, engine_office: Office) -> None:
        """With an `Idempotency-Key`, making and rotating answer the same key again; what is kept is sealed."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        made: list[dict[str, Any]] = []
        bodies: tuple[dict[str, Any], ...] = ({"name": "Deploy", "scope": "full"}, {"overlap_seconds": 60})
        for body in bodies:
            path = f"/api_keys/{made[0]['id']}/rotate" if made else "/api_keys"
            answers = [await craftdesk.post(path, json=body, headers={"Idempotency-Key": "a"}) for _ in range(2)]
            assert answers[0].content == answers[1].content
            assert ("true", "no-store") == (
                answers[1].headers["idempotency-replayed"],
                answers[1].headers["cache-control"],
            )
            made.append(data(answers[1], 201))

        async def kept(tx: Transaction) -> bytes:
            tables = ("idempotency", "credentials", "events")
            return repr([[tuple(row) for row in await tx.rows(f"SELECT * FROM {table}")] for table in tables]).encode()

        stored = await engine_office.read(kept)
        assert b"Deploy" in stored
        for key in made:
            assert key["key"].encode() not in stored
            assert key["key"][-4:].encode() in stored

    async def test_no_event_holds_one(self, craftdesk: httpx2.AsyncClient) -> None:
        """The audit log says that a key was made, and not which."""
        key = await make_key(craftdesk)
        answer = await craftdesk.get("/events", params={"subject_id": key["id"]})
        assert ["credential.created"] == [event["type"] for event in answer.json()["data"]]
        assert key["key"][-4:] not in answer.text


class TestList:
    async def test_it_shows_all_keys_the_newest_first(self, engine_office: Office) -> None:
        """Ended ones too, a page at a time; client pairs are no keys."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        await team.client_pair()
        keys = [await make_key(craftdesk, name=name) for name in ("One", "Two", "Three")]
        await craftdesk.delete(f"/api_keys/{keys[1]['id']}")
        pages = [await listed(craftdesk, "/api_keys", per_page=2, page=page) for page in (1, 2)]
        shown = [row for page in pages for row in page["data"]]
        assert ["Three", "Two", "One"] == [row["name"] for row in shown][:3]
        assert [None, "2026-03-10T12:00:00Z", None] == [row["revoked_at"] for row in shown][:3]
        assert {"current_page": 2, "total": 4, "per_page": 2, "last_page": 2} == pages[1]["meta"]["pagination"]

    async def test_it_tells_when_a_key_was_last_used(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Though nothing else has changed since the page was last sent."""
        key = await make_key(craftdesk)
        path = f"/api_keys/{key['id']}"
        assert data(await craftdesk.get(path))["last_used_at"] is None
        await answered(office, key)
        await office.runtime.services.calls.flush()
        assert "2026-03-10T12:00:00Z" == data(await craftdesk.get(path))["last_used_at"]
        (shown, _) = (await listed(craftdesk, "/api_keys"))["data"]
        assert "2026-03-10T12:00:00Z" == shown["last_used_at"]

    async def test_a_pair_is_not_found(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Nor changed, rotated or revoked; as what isn't there."""
        pair, _ = await team.client_pair()
        creatopy = await team.creatopy()
        for id in (pair.id, ABSENT, "deploy"):
            for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")):
                answer = await craftdesk.request(method, f"/api_keys/{id}{path}", json=None if method == "GET" else {})
                assert ["key"] == fields(answer, 404)
        assert 200 == (await creatopy.get("/projects")).status_code


class TestChange:
    async def test_name_and_end_change_and_reach_stays(self, engine_office: Office) -> None:
        """What isn't named stays; null lets it live on without end."""
        craftdesk = await (await engine_office.team()).craftdesk()
        key = await make_key(craftdesk, expires_at="2026-04-01")
        path = f"/api_keys/{key['id']}"
        changes: list[tuple[dict[str, Any], tuple[str, str | None]]] = [
            ({"name": "Nightly"}, ("Nightly", "2026-04-01T00:00:00Z")),
            ({"expires_at": "2026-05-01T00:00:00+02:00"}, ("Nightly", "2026-04-30T22:00:00Z")),
            ({"expires_at": None}, ("Nightly", None)),
            ({}, ("Nightly", None)),
        ]
        for body, expected in changes:
            shown = data(await craftdesk.patch(path, json=body))
            assert expected == (shown["name"], shown["expires_at"])
        assert 200 == await answered(engine_office, key)

    async def test_nothing_else_changes(self, craftdesk: httpx2.AsyncClient) -> None:
        """A key is never widened, revived into the past, or left without a name."""
        path = f"/api_keys/{(await make_key(craftdesk, scope='read_only'))['id']}"
        wrong: list[dict[str, Any]] = [
            {"scope": "full"}, {"grants": {}}, {"name": ""}, {"name": None}, {"expires_at": "2020-01-01"},
        ]  # fmt: skip
        for body in wrong:
            assert list(body) == fields(await craftdesk.patch(path, json=body))

    async def test_an_end_in_the_future_is_in_force_at_once(
        self, office: Office, craftdesk: httpx2.AsyncClient
    ) -> None:
        """Also for a key that has been used, and is known."""
        key = await make_key(craftdesk)
        assert 200 == await answered(office, key)
        await craftdesk.patch(f"/api_keys/{key['id']}", json={"expires_at": "2026-03-10T12:00:01Z"})
        office.clock.advance(seconds=1)
        assert 401 == await answered(office, key)

    async def test_what_has_ended_stays_ended(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Revoked or expired, a key gets no later end; its name may still change."""
        expired, revoked = await make_key(craftdesk, expires_at="2026-03-10T12:00:01Z"), await make_key(craftdesk)
        await craftdesk.patch(f"/api_keys/{revoked['id']}", json={"expires_at": "2026-03-10T12:00:01Z"})
        await craftdesk.delete(f"/api_keys/{revoked['id']}")
        office.clock.advance(seconds=1)
        for key in (expired, revoked):
            path = f"/api_keys/{key['id']}"
            for end in (None, "2027-01-01"):
                told = refusal(await craftdesk.patch(path, json={"expires_at": end}), 400)
                assert {"expires_at": ["'expires_at' can't change: the key has already ended."]} == told
            assert "Old" == data(await craftdesk.patch(path, json={"name": "Old"}))["name"]
            assert 401 == await answered(office, key)

    async def test_a_rotated_one_ends_when_it_was_to(self, craftdesk: httpx2.AsyncClient) -> None:
        """Sooner is fine: the overlap has a longest, and a change of the end is no way around it."""
        path = f"/api_keys/{(await make_key(craftdesk))['id']}"
        await craftdesk.post(path + "/rotate", json={"overlap_seconds": 3600})
        for end in (None, "2026-03-10T13:00:01Z"):
            told = refusal(await craftdesk.patch(path, json={"expires_at": end}), 400)
            assert {"expires_at": ["'expires_at' can't be later: the key was rotated."]} == told
        assert 200 == (await craftdesk.patch(path, json={"expires_at": "2026-03-10T12:59:59Z"})).status_code

    async def test_an_owners_key_lives_longer_where_owners_say_so(self, team: Team) -> None:
        """An admin may end it sooner, and no later."""
        owner, admin = await team.craftdesk(), await team.craftdesk(await team.member(Role.ADMIN))
        path = f"/api_keys/{(await make_key(owner, expires_at='2026-04-01'))['id']}"
        for end in (None, "2026-04-02"):
            assert ["permission"] == fields(await admin.patch(path, json={"expires_at": end}), 403)
        assert 200 == (await admin.patch(path, json={"expires_at": "2026-03-31"})).status_code
        assert 200 == (await owner.patch(path, json={"expires_at": None})).status_code

    async def test_another_version_is_not_changed(self, craftdesk: httpx2.AsyncClient) -> None:
        """`If-Match` is compared with the tag of the single key, on every change."""
        path = f"/api_keys/{(await make_key(craftdesk))['id']}"
        tag = (await craftdesk.get(path)).headers["etag"]
        other = {"If-Match": '"other"'}
        assert 412 == (await craftdesk.patch(path, json={"name": "New"}, headers=other)).status_code
        assert 412 == (await craftdesk.post(path + "/rotate", headers=other)).status_code
        assert 412 == (await craftdesk.delete(path, headers=other)).status_code
        assert 200 == (await craftdesk.patch(path, json={"name": "New"}, headers={"If-Match": tag})).status_code


class TestRevoke:
    async def test_it_ends_at_once(self, engine_office: Office) -> None:
        """204, and the next call with it is 401; again it changes nothing."""
        craftdesk = await (await engine_office.team()).craftdesk()
        key = await make_key(craftdesk)
        assert 200 == await answered(engine_office, key)
        for _ in range(2):
            answer = await craftdesk.delete(f"/api_keys/{key['id']}")
            assert (204, b"") == (answer.status_code, answer.content)
            assert 401 == await answered(engine_office, key)
        told = (await listed(craftdesk, "/events", subject_id=key["id"]))["data"]
        assert ["credential.revoked", "credential.created"] == [event["type"] for event in told]

    async def test_a_key_can_end_itself(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The last thing it does."""
        key = await make_key(craftdesk)
        caller = office.http("/craftdesk/v1", key["key"])
        assert 204 == (await caller.delete(f"/api_keys/{key['id']}")).status_code
        assert 401 == (await caller.delete(f"/api_keys/{key['id']}")).status_code


class TestRotate:
    async def test_the_old_one_goes_on_for_the_overlap(self, engine_office: Office) -> None:
        """Both work until it is over, a day where nothing says; then the new one alone."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        cases: tuple[tuple[dict[str, int] | None, int], ...] = ((None, DAY), ({"overlap_seconds": 60}, 60))
        for body, overlap_s in cases:
            old = await make_key(craftdesk, scope="read_only")
            new = data(await craftdesk.post(f"/api_keys/{old['id']}/rotate", json=body), 201)
            assert ("Deploy", "read_only", team.owner.id) == (new["name"], new["scope"], new["acts_as"])
            assert new["expires_at"] is None
            engine_office.clock.advance(seconds=overlap_s - 0.001)
            assert [200, 200] == [await answered(engine_office, key) for key in (old, new)]
            engine_office.clock.advance(seconds=0.001)
            assert [401, 200] == [await answered(engine_office, key) for key in (old, new)]

    async def test_without_overlap_it_ends_at_once(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The old key is revoked."""
        old = await make_key(craftdesk)
        new = data(await craftdesk.post(f"/api_keys/{old['id']}/rotate", json={"overlap_seconds": 0}), 201)
        assert [401, 200] == [await answered(office, key) for key in (old, new)]
        assert data(await craftdesk.get(f"/api_keys/{old['id']}"))["revoked_at"] is not None

    async def test_it_lives_as_long_as_the_old_one_did(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """A key of ten days, rotated on its ninth, makes one of ten days; the old one doesn't outlive its own end."""
        old = await make_key(craftdesk, expires_at="2026-03-20T12:00:00Z")
        office.clock.advance(days=9)
        new = data(await craftdesk.post(f"/api_keys/{old['id']}/rotate", json={"overlap_seconds": 5 * DAY}), 201)
        assert "2026-03-29T12:00:00Z" == new["expires_at"]
        assert "2026-03-20T12:00:00Z" == data(await craftdesk.get(f"/api_keys/{old['id']}"))["expires_at"]

    async def test_once_and_only_while_it_lives(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """A rotated, revoked or expired key is not rotated; its successor is."""
        rotated, revoked = await make_key(craftdesk), await make_key(craftdesk)
        expired = await make_key(craftdesk, expires_at="2026-03-10T12:00:01Z")
        office.clock.advance(seconds=1)
        await craftdesk.delete(f"/api_keys/{revoked['id']}")
        successor = data(await craftdesk.post(f"/api_keys/{rotated['id']}/rotate"), 201)
        ended = "has already ended"
        for key, problem in ((rotated, "was already rotated"), (revoked, ended), (expired, ended)):
            answer = await craftdesk.post(f"/api_keys/{key['id']}/rotate")
            assert {"key": [f"The key {problem}."]} == refusal(answer, 400)
        assert 201 == (await craftdesk.post(f"/api_keys/{successor['id']}/rotate")).status_code

    async def test_the_overlap_has_limits(self, craftdesk: httpx2.AsyncClient) -> None:
        """0 to 30 days, a whole number."""
        path = f"/api_keys/{(await make_key(craftdesk))['id']}/rotate"
        for overlap in (-1, 30 * DAY + 1, 1.5, "60", None):
            assert ["overlap_seconds"] == fields(await craftdesk.post(path, json={"overlap_seconds": overlap}))
        assert 201 == (await craftdesk.post(path, json={"overlap_seconds": 30 * DAY})).status_code

    async def test_an_owners_key_is_rotated_by_owners(self, team: Team) -> None:
        """An admin who could would have an owner's key in their hands; revoking it they may."""
        owner, admin = await team.craftdesk(), await team.craftdesk(await team.member(Role.ADMIN))
        key = await make_key(owner)
        path = f"/api_keys/{key['id']}"
        assert ["permission"] == fields(await admin.post(path + "/rotate"), 403)
        assert ["permission"] == fields(await admin.post(path + "/rotate", json={"overlap_seconds": 0}), 403)
        assert 204 == (await admin.delete(path)).status_code

    async def test_no_admin_gets_anothers_key(self, team: Team) -> None:
        """Not an admin's, a member's, or a shut-out owner's: it would outlast the admin. Their own they rotate."""
        me, second = await team.member(Role.ADMIN), await team.member(Role.OWNER)
        admin, owner = await team.craftdesk(me), await team.craftdesk()
        others = [await team.member(Role.ADMIN), await team.member(), second]
        keys = [(await team.key(user))[0].id for user in others]
        assert 200 == (await owner.patch(f"/members/{second.id}", json={"status": "deactivated"})).status_code
        for id in keys:
            assert ["permission"] == fields(await admin.post(f"/api_keys/{id}/rotate"), 403)
        assert 201 == (await admin.post(f"/api_keys/{(await team.key(me))[0].id}/rotate")).status_code

    async def test_of_another_it_acts_as_the_other(self, office: Office, team: Team) -> None:
        """A member's key, rotated by an owner, still reaches no further than the member."""
        ann = await team.member()
        old, _ = await team.key(ann)
        new = data(await (await team.craftdesk()).post(f"/api_keys/{old.id}/rotate"), 201)
        assert ann.id == new["acts_as"]
        caller = office.http("/craftdesk/v1", new["key"])
        assert ["permission"] == fields(await caller.post("/projects", json={"name": "Poster"}), 403)

    async def test_of_another_it_reaches_no_further_than_who_rotated_it(self, engine_office: Office) -> None:
        """An owner who did so and is demoted, shut out or gone holds no more than that in it."""
        team = await engine_office.team()
        ann, second = await team.member(Role.ADMIN), await team.member(Role.OWNER)
        owner, path = await team.craftdesk(), f"/members/{second.id}"
        old, _ = await team.key(ann)
        new = data(await (await team.craftdesk(second)).post(f"/api_keys/{old.id}/rotate"), 201)
        caller = engine_office.http("/craftdesk/v1", new["key"])
        changes: list[tuple[dict[str, str], int]] = [
            ({}, 201), ({"role": "member"}, 403), ({"role": "admin"}, 201),
            ({"status": "deactivated"}, 401), ({"status": "active"}, 201),
        ]  # fmt: skip
        for change, status in changes:
            assert 200 == (await owner.patch(path, json=change)).status_code
            assert status == (await caller.post("/brand_kits", json={"name": "House"})).status_code, change
        assert 204 == (await owner.delete(path)).status_code
        assert 401 == (await caller.get("/brand_kits")).status_code
        assert data(await owner.get(f"/api_keys/{new['id']}"))["revoked_at"] is not None

    async def test_it_is_told(self, craftdesk: httpx2.AsyncClient) -> None:
        """One event about each of the two keys."""
        old = await make_key(craftdesk)
        new = data(await craftdesk.post(f"/api_keys/{old['id']}/rotate"), 201)
        told = [
            (event["type"], event["subject"]["id"])
            for event in (await listed(craftdesk, "/events", per_page=2))["data"]
        ]
        assert [("credential.rotated", old["id"]), ("credential.created", new["id"])] == told


class TestCustom:
    @pytest.fixture
    async def two(self, craftdesk: httpx2.AsyncClient) -> list[dict[str, Any]]:
        """Two projects, one of them for the key."""
        return [await make_project(craftdesk, name) for name in ("Mine", "Other")]

    async def narrowed(self, office: Office, craftdesk: httpx2.AsyncClient, grants: Any) -> httpx2.AsyncClient:
        """A caller with a custom key."""
        key = await make_key(craftdesk, scope="custom", grants=grants)
        assert grants == key["grants"]
        return office.http("/craftdesk/v1", key["key"])

    async def test_named_projects_are_all_it_sees(self, engine_office: Office) -> None:
        """In lists, totals, by id and by slug; it writes them, makes no new ones, and nothing else."""
        craftdesk = await (await engine_office.team()).craftdesk()
        mine, other = [await make_project(craftdesk, name) for name in ("Mine", "Other")]
        caller = await self.narrowed(engine_office, craftdesk, {"projects": {"access": "write", "ids": [mine["id"]]}})
        page = await listed(caller)
        assert (["Mine"], 1) == ([row["name"] for row in page["data"]], page["meta"]["pagination"]["total"])
        assert ["Mine"] == await names(caller, archived="any", ids=f"{mine['id']},{other['id']}")
        for ref in (other["id"], "other"):
            for method in ("GET", "PATCH", "DELETE"):
                answer = await caller.request(method, f"/projects/{ref}", json={} if method == "PATCH" else None)
                assert ["project"] == fields(answer, 404)
        assert 200 == (await caller.patch("/projects/mine", json={"name": "Ours"})).status_code
        told = {"api_key": ["This API key's scope doesn't include project.create."]}
        assert told == refusal(await caller.post("/projects", json={"name": "New"}), 403)
        for path in ("/brand_kits", "/members", "/api_keys", "/events", "/projects/mine/members"):
            assert ["api_key"] == fields(await caller.get(path), 403)
        for path in ("/workspace", "/usage"):
            assert 200 == (await caller.get(path)).status_code

    async def test_a_page_sent_to_one_is_not_sent_to_the_other(
        self, office: Office, craftdesk: httpx2.AsyncClient, two: list[dict[str, Any]]
    ) -> None:
        """Keys with other grants have other cache partitions, whoever asks first."""
        callers = [
            await self.narrowed(office, craftdesk, {"projects": {"access": "read", "ids": [project["id"]]}})
            for project in two
        ]
        for _ in range(2):
            assert ["Other", "Mine"] == await names(craftdesk)
            assert [["Mine"], ["Other"]] == [await names(caller) for caller in callers]

    @pytest.mark.parametrize("access", ["read", "write"])
    async def test_read_reads_and_write_writes(
        self, office: Office, craftdesk: httpx2.AsyncClient, access: str
    ) -> None:
        """Of each type of resource."""
        kinds = ("projects", "brand_kits", "members", "events")
        caller = await self.narrowed(office, craftdesk, {kind: {"access": access} for kind in kinds})
        for kind in kinds:
            assert 200 == (await caller.get(f"/{kind}")).status_code
        bodies = {"projects": {"name": "New"}, "brand_kits": {"name": "New"},
                  "members": {"email": "a@example.com", "role": "admin"}}  # fmt: skip
        for kind, body in bodies.items():
            assert (201 if access == "write" else 403) == (await caller.post(f"/{kind}", json=body)).status_code
        owner = {"email": "b@example.com", "role": "owner"}
        assert ["api_key"] == fields(await caller.post("/members", json=owner), 403)

    async def test_events_of_other_projects_stay_out_of_sight(
        self, office: Office, craftdesk: httpx2.AsyncClient, two: list[dict[str, Any]]
    ) -> None:
        """With projects named, the audit log shows theirs, and what isn't about projects."""
        grants = {"projects": {"access": "read", "ids": [two[0]["id"]]}, "events": {"access": "read"}}
        caller = await self.narrowed(office, craftdesk, grants)
        told = (await listed(caller, "/events"))["data"]
        assert {two[0]["id"]} == {event["subject"]["id"] for event in told if event["subject"]["kind"] == "project"}
        assert "credential.created" in {event["type"] for event in told}

    async def test_a_members_key_sees_no_more_than_the_member(self, office: Office, team: Team) -> None:
        """Naming a private project doesn't open it; demoted, its maker's key is demoted."""
        owner, admin = await team.craftdesk(), await team.member(Role.ADMIN)
        project = await make_project(owner)
        grants = {"projects": {"access": "write", "ids": [project["id"]]}}
        caller = await self.narrowed(office, await team.craftdesk(admin), grants)
        assert 1 == len(await names(caller))
        await owner.patch(f"/members/{admin.id}", json={"role": "member"})
        assert [] == await names(caller)
        assert 404 == (await caller.get(f"/projects/{project['id']}")).status_code

    async def test_a_key_of_kits_alone_is_told_no_projects(
        self, office: Office, craftdesk: httpx2.AsyncClient, team: Team
    ) -> None:
        """That a kit is in use it learns, not by what; a key that reads projects learns the names it sees."""
        kit = data(await craftdesk.post("/brand_kits", json={"name": "House"}), 201)["id"]
        mine, _ = [await make_project(craftdesk, name, brand_kit_id=kit) for name in ("Mine", "Secret")]
        narrow: list[tuple[Any, str]] = [
            ({}, ""),
            ({"projects": {"access": "read", "ids": [mine["id"]]}}, " (Mine, …)"),
        ]
        for more, told in narrow:
            caller = await self.narrowed(office, craftdesk, more | {"brand_kits": {"access": "write"}})
            sentence = f"It is used by 2 projects{told}."
            assert {"brand_kit": [sentence]} == refusal(await caller.delete(f"/brand_kits/{kit}"), 400)

    async def test_it_makes_no_keys(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """However much it was given; it doesn't even see them."""
        everything = {kind: {"access": "write"} for kind in ("projects", "brand_kits", "members", "webhooks", "events")}
        caller = await self.narrowed(office, craftdesk, everything)
        for scope, grants in (("full", None), ("custom", everything)):
            body = {"name": "More", "scope": scope, "grants": grants}
            assert ["api_key"] == fields(await caller.post("/api_keys", json=body), 403)
        assert ["api_key"] == fields(await caller.get("/api_keys"), 403)

    @pytest.mark.parametrize("plan", ["starter", "professional"])
    async def test_only_some_plans_have_them(self, office: Office, plan: str) -> None:
        """Elsewhere 403 with the plan's name; one made before the plan changed goes on, and isn't rotated."""
        team = await office.team(plan="business")
        craftdesk = await team.craftdesk()
        body = {"name": "Narrow", "scope": "custom", "grants": {"projects": {"access": "read"}}}
        key = data(await craftdesk.post("/api_keys", json=body), 201)
        await team.on_plan(plan)
        told = {"plan": [f"The {plan} plan doesn't include keys with a custom scope."]}
        assert told == refusal(await craftdesk.post("/api_keys", json=body), 403)
        assert told == refusal(await craftdesk.post(f"/api_keys/{key['id']}/rotate"), 403)
        assert 200 == (await office.http("/craftdesk/v1", key["key"]).get("/projects")).status_code

    async def test_grants_name_what_is_there(self, craftdesk: httpx2.AsyncClient, two: list[dict[str, Any]]) -> None:
        """At least one resource, known ones, an access each, and projects that exist."""
        some = two[0]["id"]
        wrong: list[tuple[Any, str]] = [
            (None, "must name what a custom key may reach"),
            ({}, "must name what a custom key may reach"),
            ({"keys": {"access": "read"}}, "must not hold keys"),
            ({"projects": {}}, "must hold projects.access"),
            ({"projects": {"access": "own"}}, "is not valid at projects.access"),
            ({"projects": {"access": "read", "ids": []}}, "must name 1 to 100 projects, or leave `ids` out for all"),
            ({"projects": {"access": "read", "ids": [1]}}, "must be text at projects.ids[0]"),
            ({"members": {"access": "read", "ids": [some]}}, "must not hold members.ids"),
            ([], "must be an object or null"),
        ]
        for grants, problem in wrong:
            answer = await craftdesk.post("/api_keys", json={"name": "a", "scope": "custom", "grants": grants})
            assert {"grants": [f"The grants {problem}."]} == refusal(answer, 400), grants
        for ids in ([ABSENT], [some, ABSENT], ["mine"]):
            body = {"name": "a", "scope": "custom", "grants": {"projects": {"access": "read", "ids": ids}}}
            assert {"grants": ["There is no such project."]} == refusal(
                await craftdesk.post("/api_keys", json=body), 400
            )

    async def test_rotated_it_reaches_as_far(
        self, office: Office, craftdesk: httpx2.AsyncClient, two: list[dict[str, Any]]
    ) -> None:
        """Also when one of its projects is gone."""
        grants = {"projects": {"access": "read", "ids": [project["id"] for project in two]}}
        old = await make_key(craftdesk, scope="custom", grants=grants)
        await craftdesk.delete(f"/projects/{two[1]['id']}")
        new = data(await craftdesk.post(f"/api_keys/{old['id']}/rotate"), 201)
        assert ("custom", grants) == (new["scope"], new["grants"])
        assert ["Mine"] == await names(office.http("/craftdesk/v1", new["key"]))


async def test_a_read_only_key_cannot_look_after_keys(team: Team) -> None:
    """It reads them, and neither makes, changes, rotates nor revokes any."""
    key, _ = await team.key()
    caller = await team.craftdesk(scope=Scope.READ_ONLY)
    path = f"/api_keys/{key.id}"
    assert 200 == (await caller.get(path)).status_code
    for answer in (
        await caller.post("/api_keys", json={"name": "a", "scope": "read_only"}),
        await caller.patch(path, json={"name": "New"}),
        await caller.post(path + "/rotate"),
        await caller.delete(path),
    ):
        assert ["api_key"] == fields(answer, 403)
