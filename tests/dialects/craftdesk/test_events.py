"""`/v1/events`: who did what to which record, and never what the record held."""

from random import Random
from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role, Scope
from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_kit, make_project
from tests.office import Office, Team


async def types(caller: httpx2.AsyncClient, **query: str | int) -> list[str]:
    """What happened, the newest first."""
    return [event["type"] for event in (await listed(caller, "/events", **query))["data"]]


class TestShown:
    async def test_an_event_tells_who_and_where_from(self, engine_office: Office) -> None:
        """The person, the key, the address, the call's own id, the record and the time."""
        team = await engine_office.team()
        key, secret = await team.key()
        caller = engine_office.http("/craftdesk/v1", secret, client=("127.0.0.9", 1))
        project = await make_project(caller, "Very secret", description="Don't tell")
        answer = await caller.get("/events", params={"per_page": 1})
        (event,) = answer.json()["data"]
        assert event.pop("id").startswith("evt_")
        assert len(event.pop("request_id")) == 36
        assert event == {
            "type": "project.created",
            "subject": {"kind": "project", "id": project["id"]},
            "actor": {"id": team.owner.id, "name": team.owner.name},
            "key_id": key.id,
            "address": "127.0.0.9",
            "created_at": "2026-03-10T12:00:00Z",
        }
        assert "secret" not in answer.text
        assert "tell" not in answer.text

    async def test_what_the_operator_does_is_nobodys(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """At the command line there is neither person nor key, nor a call."""
        await team.on_plan("business")
        (event,) = (await listed(craftdesk, "/events", per_page=1))["data"]
        assert ("subscription.downgraded", None, None, "command line", None) == tuple(
            event[name] for name in ("type", "actor", "key_id", "address", "request_id")
        )

    async def test_the_answer_names_the_call_as_the_log_does(self, craftdesk: httpx2.AsyncClient) -> None:
        """So what a client was answered can be looked up; a replay is a call of its own."""
        headers = {"Idempotency-Key": "once"}
        made, again = [await craftdesk.post("/projects", json={"name": "A"}, headers=headers) for _ in range(2)]
        (event,) = (await listed(craftdesk, "/events", type="project.created"))["data"]
        assert made.headers["x-request-id"] == event["request_id"]
        assert made.headers["x-request-id"] != again.headers["x-request-id"]

    async def test_a_trial_is_in_it_at_once(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Also for who has just read the log."""
        webhook = await team.webhook()
        assert "webhook.created" == (await types(craftdesk))[0]
        data(await craftdesk.post(f"/webhooks/{webhook['id']}/test"), 201)
        assert "webhook.test" == (await types(craftdesk))[0]

    async def test_both_apis_are_in_one_log(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """What Creatopy's client does names its pair."""
        pair, secret = await team.client_pair()
        creatopy = team.office.http("/creatopy/v1")
        token = (await creatopy.post("/auth/token", json={"clientId": pair.id, "clientSecret": secret})).json()["token"]
        await creatopy.post("/brandkits/create", json={"name": "K"}, headers={"Authorization": f"Bearer {token}"})
        (event,) = (await listed(craftdesk, "/events", type="brand_kit.created"))["data"]
        assert pair.id == event["key_id"]

    async def test_who_has_gone_keeps_their_name(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """An event of a removed member still says who it was."""
        admin = await team.member(Role.ADMIN)
        await make_project(await team.craftdesk(admin))
        await craftdesk.delete(f"/members/{admin.id}")
        (event,) = (await listed(craftdesk, "/events", type="project.created"))["data"]
        assert {"id": admin.id, "name": admin.name} == event["actor"]


class TestFilters:
    @pytest.fixture
    async def made(self, office: Office, team: Team, craftdesk: httpx2.AsyncClient) -> dict[str, Any]:
        """A project at noon, changed by an admin ten seconds later, and a kit ten seconds after that."""
        admin = await team.member(Role.ADMIN)
        project = await make_project(craftdesk)
        office.clock.advance(seconds=10)
        await (await team.craftdesk(admin)).patch(f"/projects/{project['id']}", json={"name": "New"})
        office.clock.advance(seconds=10)
        await make_kit(craftdesk)
        return {"project": project["id"], "admin": admin.id}

    async def test_by_what_to_which_and_by_whom(self, craftdesk: httpx2.AsyncClient, made: dict[str, Any]) -> None:
        """Each alone, and together; what nothing matches is an empty page."""
        assert ["project.updated"] == await types(craftdesk, type="project.updated")
        assert ["project.updated", "project.created"] == await types(craftdesk, subject_id=made["project"].upper())
        assert ["project.updated"] == await types(craftdesk, actor=made["admin"])
        assert [] == await types(craftdesk, actor=made["admin"], type="project.created")
        for query in ({"type": "project"}, {"subject_id": ABSENT}, {"actor": ABSENT}):
            page = await listed(craftdesk, "/events", **query)
            assert ([], 0, 1) == (page["data"], *[page["meta"]["pagination"][n] for n in ("total", "last_page")])

    async def test_by_time(self, craftdesk: httpx2.AsyncClient, made: dict[str, Any]) -> None:
        """`after` includes its instant, `before` doesn't."""
        query = {"after": "2026-03-10T12:00:10Z", "before": "2026-03-10T12:00:20Z"}
        assert ["project.updated"] == await types(craftdesk, subject_id=made["project"], **query)
        assert "brand_kit.created" not in await types(craftdesk, **query)
        assert ["brand_kit.created"] == await types(craftdesk, after="2026-03-10T12:00:20Z")
        assert [] == await types(craftdesk, before="2026-03-10")

    async def test_a_wrong_filter_is_named(self, craftdesk: httpx2.AsyncClient) -> None:
        """An actor is a UUID, a time is one."""
        for name, value in (("actor", "ada"), ("after", "noon"), ("before", "tomorrow"), ("per_page", "101")):
            assert [name] == fields(await craftdesk.get("/events", params={name: value}))

    async def test_it_is_paged(self, engine_office: Office) -> None:
        """Page by page, every event once, the newest first."""
        craftdesk = await (await engine_office.team()).craftdesk()
        for _ in range(4):
            await make_kit(craftdesk)
        whole = await types(craftdesk)
        pages = [await listed(craftdesk, "/events", per_page=2, page=page) for page in (1, 2, 3)]
        assert whole == [event["type"] for page in pages for event in page["data"]]
        assert {"current_page": 3, "total": 6, "per_page": 2, "last_page": 3} == pages[2]["meta"]["pagination"]
        assert 6 == len({event["id"] for page in pages for event in page["data"]})


class TestReaders:
    async def test_admins_read_it_and_members_do_not(self, team: Team) -> None:
        """A read-only key of an admin's is enough."""
        for role, status in ((Role.ADMIN, 200), (Role.MEMBER, 403)):
            caller = await team.craftdesk(await team.member(role), scope=Scope.READ_ONLY)
            assert status == (await caller.get("/events")).status_code

    async def test_another_workspaces_stays_there(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Whatever is asked for."""
        elsewhere = await team.office.team()
        project = await make_project(await elsewhere.craftdesk())
        assert [] == await types(craftdesk, subject_id=project["id"])
        assert [] == await types(craftdesk, actor=elsewhere.owner.id)
        assert {"subscription.created", "credential.created"} == set(await types(craftdesk))


@pytest.mark.parametrize("seed", range(3))
async def test_a_key_of_named_projects_reads_what_is_about_them_or_about_none(engine_office: Office, seed: int) -> None:
    """Whatever happens to which project, and however it is asked for: page, total and filters show no others."""
    random, team = Random(seed), await engine_office.team()
    craftdesk, ann = await team.craftdesk(), await team.member()
    projects = [(await make_project(craftdesk, f"Project {number}"))["id"] for number in range(4)]
    readers = [
        (named, await _named(engine_office, craftdesk, named))
        for named in (projects[:1], random.sample(projects, 2), projects)
    ]
    left = list(projects)
    for turn in range(12):
        path = f"/projects/{random.choice(left)}"
        match random.choice(("change", "archive", "assign", "remove", "kit")):
            case "change":
                await craftdesk.patch(path, json={"name": f"Other {turn}"})
            case "archive":
                await craftdesk.post(path + random.choice(("/archive", "/unarchive")))
            case "assign":
                await craftdesk.post(path + "/members", json={"user_id": ann.id})
            case "remove" if len(left) > 2:
                await craftdesk.delete(path)
                left.remove(path.rpartition("/")[2])
            case _:
                await make_kit(craftdesk, f"Kit {turn}")
        if turn % 3 != 2:
            continue
        whole = await listed(craftdesk, "/events", per_page=100)
        for query in ({}, {"type": "project.updated"}, {"subject_id": random.choice(projects)}):
            asked = (await listed(craftdesk, "/events", per_page=100, **query))["data"] if query else whole["data"]
            for named, reader in readers:
                expected = [each for each in asked if _is_about(each, named)]
                found = await listed(reader, "/events", per_page=3, **query)
                assert (expected[:3], len(expected)) == (found["data"], found["meta"]["pagination"]["total"])
                if page := len(expected) // 3:
                    later = await listed(reader, "/events", per_page=3, page=page, **query)
                    assert expected[3 * page - 3 : 3 * page] == later["data"]


def _is_about(event: dict[str, Any], projects: list[str]) -> bool:
    return event["subject"]["kind"] != "project" or event["subject"]["id"] in projects


async def _named(office: Office, craftdesk: httpx2.AsyncClient, projects: list[str]) -> httpx2.AsyncClient:
    grants = {"projects": {"access": "read", "ids": projects}, "events": {"access": "read"}}
    answer = await craftdesk.post("/api_keys", json={"name": "a", "scope": "custom", "grants": grants})
    return office.http("/craftdesk/v1", data(answer, 201)["key"])


async def test_nothing_that_happens_goes_untold(team: Team, craftdesk: httpx2.AsyncClient) -> None:
    """Every change leaves exactly one event, a refused one none."""
    before = (await listed(craftdesk, "/events"))["meta"]["pagination"]["total"]
    ann = await team.member()
    project = await make_project(craftdesk)
    path = f"/projects/{project['id']}"
    key = data(await craftdesk.post("/api_keys", json={"name": "a", "scope": "full"}), 201)
    for answer in (
        await craftdesk.patch(path, json={"name": "New"}),
        await craftdesk.post(path + "/members", json={"user_id": ann.id}),
        await craftdesk.delete(path + f"/members/{ann.id}"),
        await craftdesk.post(path + "/archive"),
        await craftdesk.post(path + "/unarchive"),
        await craftdesk.delete(path),
        await craftdesk.patch(f"/members/{ann.id}", json={"role": "admin"}),
        await craftdesk.delete(f"/members/{ann.id}"),
        await craftdesk.patch(f"/api_keys/{key['id']}", json={"name": "b"}),
        await craftdesk.delete(f"/api_keys/{key['id']}"),
    ):
        assert answer.is_success
    for refused in (await craftdesk.delete(path), await craftdesk.post("/members", json={})):
        assert not refused.is_success
    told = await types(craftdesk)
    assert before + 13 == (await listed(craftdesk, "/events"))["meta"]["pagination"]["total"]
    assert told[:13] == [
        "credential.revoked",
        "credential.updated",
        "member.removed",
        "member.role_changed",
        "project.deleted",
        "project.unarchived",
        "project.archived",
        "project.unassigned",
        "project.assigned",
        "project.updated",
        "credential.created",
        "project.created",
        "member.joined",
    ]
