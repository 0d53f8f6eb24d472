"""`Idempotency-Key`: a call that is sent again is carried out once, and answered as the first time."""

import asyncio
from typing import Any

import httpx2

from maquette.model.actor import Role
from tests.dialects.craftdesk.calls import (
    data,
    fields,
    left,
    listed,
    make_project,
    names,
    refusal,
    total,
)
from tests.office import LOGO, Office, Team


async def create(caller: httpx2.AsyncClient, key: str | None, name: str = "Poster", **given: Any) -> httpx2.Response:
    """A create with that key."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return await caller.post("/projects", json={"name": name, **given}, headers=headers)


def is_replay(answer: httpx2.Response) -> bool:
    """Whether the answer says that it was given before."""
    return answer.headers.get("idempotency-replayed") == "true"


class TestReplay:
    async def test_a_create_sent_again_creates_nothing(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """The same status, bytes, `Location` and `ETag`; only the replay says that it is one."""
        answers = [await create(engine_craftdesk, "a") for _ in range(3)]
        assert [False, True, True] == [is_replay(answer) for answer in answers]
        assert ["idempotency-replayed" in answer.headers for answer in answers] == [False, True, True]
        for answer in answers:
            assert (201, answers[0].content) == (answer.status_code, answer.content)
            for name in ("location", "etag", "content-type"):
                assert answers[0].headers[name] == answer.headers[name]
        assert 1 == await total(engine_craftdesk)

    async def test_a_change_sent_again_changes_nothing(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """Not even what was changed since by somebody else."""
        made = await make_project(craftdesk)
        path, headers = f"/projects/{made['id']}", {"Idempotency-Key": "a"}
        first = await craftdesk.patch(path, json={"name": "First"}, headers=headers)
        office.clock.advance(seconds=1)
        await craftdesk.patch(path, json={"name": "Second"})
        again = await craftdesk.patch(path, json={"name": "First"}, headers=headers)
        assert (first.content, True) == (again.content, is_replay(again))
        assert ["Second"] == await names(craftdesk)

    async def test_archive_and_unarchive_are_replayed_each(self, craftdesk: httpx2.AsyncClient) -> None:
        """Two paths are two calls, under one key."""
        made = await make_project(craftdesk)
        headers = {"Idempotency-Key": "a"}
        for replayed in (False, True):
            for verb, is_archived in (("archive", True), ("unarchive", False)):
                answer = await craftdesk.post(f"/projects/{made['id']}/{verb}", headers=headers)
                assert is_archived == (data(answer)["archived_at"] is not None)
                assert replayed == is_replay(answer)

    async def test_what_is_gone_is_still_answered(self, craftdesk: httpx2.AsyncClient) -> None:
        """The answer is the first one, not news of what has become of it."""
        first = await create(craftdesk, "a")
        await craftdesk.delete(f"/projects/{data(first, 201)['id']}")
        assert first.content == (await create(craftdesk, "a")).content
        assert 0 == await total(craftdesk)

    async def test_ten_at_once_are_one(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """Whoever comes first creates, the others get its answer."""
        answers = await asyncio.gather(*(create(engine_craftdesk, "a") for _ in range(10)))
        assert {201} == {answer.status_code for answer in answers}
        assert 1 == len({answer.content for answer in answers})
        assert 9 == [is_replay(answer) for answer in answers].count(True)
        assert 1 == await total(engine_craftdesk)

    async def test_it_is_forgotten_after_a_day(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """24 hours long, and not a moment longer."""
        await create(craftdesk, "a")
        office.clock.advance(days=1, seconds=-0.001)
        assert is_replay(await create(craftdesk, "a"))
        office.clock.advance(seconds=0.001)
        assert not is_replay(await create(craftdesk, "a"))
        assert 2 == await total(craftdesk)
        assert is_replay(await create(craftdesk, "a"))


class TestScope:
    async def test_another_body_is_422(self, craftdesk: httpx2.AsyncClient) -> None:
        """The key stands for one request; the first answer stays kept."""
        first = await create(craftdesk, "a", "Poster")
        assert ["idempotency_key"] == fields(await create(craftdesk, "a", "Flyer"), 422)
        assert first.content == (await create(craftdesk, "a", "Poster")).content
        assert ["Poster"] == await names(craftdesk)

    async def test_another_path_method_key_or_workspace_is_another_call(
        self, office: Office, team: Team, craftdesk: httpx2.AsyncClient
    ) -> None:
        """The header's value alone doesn't make two calls the same."""
        made = data(await create(craftdesk, "a"), 201)
        others = [
            await create(await team.craftdesk(), "a"),
            await create(await (await office.team()).craftdesk(), "a"),
            await craftdesk.post("/brand_kits", json={"name": "Poster"}, headers={"Idempotency-Key": "a"}),
            await craftdesk.patch(f"/projects/{made['id']}", json={"name": "Poster"}, headers={"Idempotency-Key": "a"}),
        ]
        assert [201, 201, 201, 200] == [answer.status_code for answer in others]
        assert not any(is_replay(answer) for answer in others)

    async def test_quotes_are_no_part_of_it(self, craftdesk: httpx2.AsyncClient) -> None:
        """`"a"` is `a`, whichever came first; another case is another key."""
        for first, second in (("a", '"a"'), ('"b"', "b"), ("c", "  c  ")):
            answers = [await create(craftdesk, key) for key in (first, second)]
            assert [False, True] == [is_replay(answer) for answer in answers], (first, second)
        assert not is_replay(await create(craftdesk, "A"))

    async def test_without_one_every_call_is_its_own(self, craftdesk: httpx2.AsyncClient) -> None:
        """Two creates are two projects."""
        answers = [await create(craftdesk, None) for _ in range(2)]
        assert ["poster", "poster-2"] == [data(answer, 201)["slug"] for answer in answers]

    async def test_a_get_has_no_use_for_it(self, craftdesk: httpx2.AsyncClient) -> None:
        """Reading is the same each time anyway."""
        await make_project(craftdesk)
        for value in ("a", "a", ""):
            answer = await craftdesk.get("/projects", headers={"Idempotency-Key": value})
            assert (200, False) == (answer.status_code, is_replay(answer))


class TestValue:
    async def test_1_to_255_characters_are_a_key(self, craftdesk: httpx2.AsyncClient) -> None:
        """Quotes aren't counted."""
        for key in ("a", "x" * 255, f'"{"y" * 255}"', "with blanks, and: signs"):
            assert [False, True] == [is_replay(await create(craftdesk, key)) for _ in range(2)], key

    async def test_empty_or_longer_is_400(self, craftdesk: httpx2.AsyncClient) -> None:
        """And nothing is carried out."""
        for key in ("", "   ", '""', "x" * 256, f'"{"x" * 256}"', "x" * 5_000):
            assert ["idempotency_key"] == fields(await create(craftdesk, key)), key
        assert 0 == await total(craftdesk)

    async def test_two_headers_are_400(self, craftdesk: httpx2.AsyncClient) -> None:
        """Nobody has to guess which one was meant."""
        headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        request = craftdesk.build_request("POST", "/projects", json={"name": "x"}, headers=headers)
        assert ["idempotency_key"] == fields(await craftdesk.send(request))


class TestFailure:
    async def test_a_failed_call_is_run_again(self, engine_office: Office) -> None:
        """It has changed nothing and its answer isn't kept: the retry finds what is so now, with any body."""
        team = await engine_office.team(plan=await engine_office.plan(projects=1))
        craftdesk = await team.craftdesk()
        assert ["brand_kit_id"] == fields(await create(craftdesk, "b", brand_kit_id="nonsense"))
        assert ["name"] == fields(await create(craftdesk, "c", ""))
        first = await make_project(craftdesk, "first")
        assert ["plan"] == fields(await create(craftdesk, "a"), 403)
        await craftdesk.delete(f"/projects/{first['id']}")
        answers = [await create(craftdesk, key) for key in ("a", "a")]
        assert [(201, False), (201, True)] == [(answer.status_code, is_replay(answer)) for answer in answers]
        await team.on_plan("unlimited")
        for key in ("b", "c"):
            assert (201, False) == ((answer := await create(craftdesk, key)).status_code, is_replay(answer))

    async def test_a_stale_version_is_run_again(self, craftdesk: httpx2.AsyncClient) -> None:
        """412 keeps nothing either."""
        made = await make_project(craftdesk)
        path, key = f"/projects/{made['id']}", {"Idempotency-Key": "a"}
        assert ["if_match"] == fields(
            await craftdesk.patch(path, json={"name": "x"}, headers={**key, "If-Match": '"old"'}), 412
        )
        assert "x" == data(await craftdesk.patch(path, json={"name": "x"}, headers=key))["name"]


class TestCost:
    async def test_a_replay_is_free_of_the_month_not_of_the_burst(self, office: Office) -> None:
        """Sending again for safety's sake costs nothing that matters."""
        craftdesk = await (await office.team(plan=await office.plan(month=100, burst=50))).craftdesk()
        answers = [await create(craftdesk, "a") for _ in range(3)]
        assert [99, 99, 99] == [left(answer) for answer in answers]
        bursts = [answer.headers["ratelimit"].partition(";t")[0] for answer in answers]
        assert ['"burst";r=49', '"burst";r=48', '"burst";r=47'] == bursts
        assert 98 == left(await craftdesk.get("/projects"))

    async def test_a_reused_key_is_a_call_like_any(self, office: Office) -> None:
        """422 is no replay."""
        craftdesk = await (await office.team(plan=await office.plan(month=100))).craftdesk()
        await create(craftdesk, "a", "Poster")
        assert 98 == left(await create(craftdesk, "a", "Flyer"))

    async def test_replays_are_answered_when_the_month_is_spent(self, office: Office) -> None:
        """What was promised is kept; anything new is 429, and isn't carried out."""
        craftdesk = await (await office.team(plan=await office.plan(month=2, burst=100))).craftdesk()
        first = await create(craftdesk, "a")
        await listed(craftdesk)
        again = await create(craftdesk, "a")
        assert (201, first.content, True, 0) == (again.status_code, again.content, is_replay(again), left(again))
        for key, name in (("b", "Poster"), ("a", "Flyer")):
            assert ["rate_limit"] == fields(await create(craftdesk, key, name), 429), (key, name)
        assert "rate_limit" in refusal(await create(craftdesk, None), 429)
        office.clock.advance(seconds=int((await create(craftdesk, "b")).headers["retry-after"]))
        assert ["Poster"] == await names(craftdesk)


class TestRights:
    async def test_a_secret_is_not_shown_to_who_was_demoted(self, engine_office: Office) -> None:
        """Nor what they made; with the role comes the answer."""
        team = await engine_office.team()
        admin = await team.member(Role.ADMIN)
        caller, headers = await team.craftdesk(admin), {"Idempotency-Key": "a"}
        calls = (("/api_keys", {"name": "CI", "scope": "full"}), ("/projects", {"name": "Site"}))
        first = [await caller.post(path, json=body, headers=headers) for path, body in calls]
        await team.put(admin, Role.MEMBER)
        refused = [await caller.post(path, json=body, headers=headers) for path, body in calls]
        assert [201, 201, 403, 403] == [answer.status_code for answer in (*first, *refused)]
        await team.put(admin, Role.ADMIN)
        assert [answer.json() for answer in first] == [
            (await caller.post(path, json=body, headers=headers)).json() for path, body in calls
        ]

    async def test_a_change_is_not_shown_to_who_sees_the_project_no_more(self, engine_office: Office) -> None:
        """A member is told what they'd be told anyway: that there is none."""
        team = await engine_office.team()
        member, owner = await team.member(), await team.craftdesk()
        made = await make_project(owner)
        await team.assign(member, made["id"])
        caller, path = await team.craftdesk(member), f"/projects/{made['id']}"
        headers = {"Idempotency-Key": "a"}
        assert 200 == (await caller.patch(path, json={"name": "Other"}, headers=headers)).status_code
        assert is_replay(await caller.patch(path, json={"name": "Other"}, headers=headers))
        removed = await owner.delete(f"{path}/members/{member.id}")
        assert 204 == removed.status_code
        assert 404 == (await caller.patch(path, json={"name": "Other"}, headers=headers)).status_code

    async def test_a_delete_is_replayed_though_nothing_is_there(self, craftdesk: httpx2.AsyncClient) -> None:
        """Whoever tries again learns that it was done."""
        path = f"/projects/{(await make_project(craftdesk))['id']}"
        headers = {"Idempotency-Key": "a"}
        answers = [await craftdesk.delete(path, headers=headers) for _ in range(2)]
        assert [(204, False), (204, True)] == [(answer.status_code, is_replay(answer)) for answer in answers]

    async def test_a_file_s_upload_is_not_shown_to_who_was_demoted(self, office: Office) -> None:
        """It works before it writes, and is refused before it works."""
        team = await office.team()
        admin, owner = await team.member(Role.ADMIN), await team.craftdesk()
        kit = data(await owner.post("/brand_kits", json={"name": "House"}), 201)
        caller, headers = await team.craftdesk(admin), {"Idempotency-Key": "a"}

        async def upload() -> httpx2.Response:
            files, form = {"file": ("logo.svg", LOGO)}, {"kind": "logo"}
            return await caller.post(f"/brand_kits/{kit['id']}/assets", data=form, files=files, headers=headers)

        first, second = await upload(), await upload()
        assert [(201, False), (201, True)] == [(answer.status_code, is_replay(answer)) for answer in (first, second)]
        await team.put(admin, Role.MEMBER)
        assert 403 == (await upload()).status_code
