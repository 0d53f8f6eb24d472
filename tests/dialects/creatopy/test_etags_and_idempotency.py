"""Is it still the same, and was it done before? Entity tags and `Idempotency-Key`, by the other dialect's rules."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tests.dialects.creatopy.calls import change, make_kit, make_project, names, refusal, remove, success
from tests.dialects.creatopy.signing import signed
from tests.office import Office, StillClock, Team

STALE = "The resource is no longer at the version that If-Match names."


async def put(caller: httpx2.AsyncClient, project: int, tag: str, **fields: Any) -> httpx2.Response:
    """A project's PUT, if it is at that version."""
    return await caller.put("/projects", json={"projectId": project, **fields}, headers={"If-Match": tag})


class TestVersion:
    async def test_create_and_update_tell_it(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Each answer's ETag is the version that its body shows; one that changes nothing has the same."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        id = success(made)["project"]["id"]
        same, changed = await change(creatopy, id), await change(creatopy, id, name="After")
        assert made.headers["etag"] == same.headers["etag"] != changed.headers["etag"]
        assert all(answer.headers["etag"].startswith('"') for answer in (made, changed))

    async def test_a_put_of_the_id_alone_reads_it(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A project and a brand kit, as they were left, with the tag that a change of them needs."""
        project = success(await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit}))["project"]["id"]
        for path, ref in (("/projects", {"projectId": project}), ("/brandkits", {"brandkitId": kit})):
            changed = await creatopy.put(path, json={**ref, "name": "After"})
            read = await creatopy.put(path, json=ref)
            assert (success(changed), changed.headers["etag"]) == (success(read), read.headers["etag"])
            tagged = {"If-Match": read.headers["etag"]}
            success(await creatopy.put(path, json={**ref, "name": "Last"}, headers=tagged))
            assert STALE == refusal(await creatopy.put(path, json=ref, headers=tagged), 412)

    async def test_it_guards_put(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The present version passes, an old one is 412 and nothing is changed."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        id, first = success(made)["project"]["id"], made.headers["etag"]
        second = (await put(creatopy, id, first, name="After")).headers["etag"]
        assert STALE == refusal(await put(creatopy, id, first, name="Too late"), 412)
        assert STALE == refusal(await put(creatopy, id, first), 412)
        assert ["After"] == await names(creatopy)
        success(await put(creatopy, id, second, color="#123"))

    async def test_it_guards_delete(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """An old version is 412 and stays; the present one goes."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        id, first = success(made)["project"]["id"], made.headers["etag"]
        second = (await change(creatopy, id, name="After")).headers["etag"]
        assert STALE == refusal(await remove(creatopy, id, **{"If-Match": first}), 412)
        assert ["After"] == await names(creatopy)
        success(await remove(creatopy, id, **{"If-Match": second}))

    async def test_a_star_and_a_list_may_name_it(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """`*` is any version, a list holds it anywhere; a weak tag, a bare one and an empty list don't (RFC 9110)."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        id, tag = success(made)["project"]["id"], made.headers["etag"]
        for given in ("*", tag, f'"x", {tag}', f'{tag}, "y"'):
            success(await put(creatopy, id, given))
        for given in (f"W/{tag}", tag.strip('"'), '"x"', '""', f"{tag}x"):
            refusal(await put(creatopy, id, given), 412)

    async def test_what_is_not_there_is_404(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """With any `If-Match`."""
        for tag in ("*", '"x"'):
            refusal(await put(creatopy, 10**9, tag), 404)
            refusal(await remove(creatopy, 10**9, **{"If-Match": tag}), 404)

    async def test_a_renamed_kit_is_a_new_version_of_its_projects(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """The answer shows the kit, so its bytes have changed."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        await creatopy.put("/brandkits", json={"brandkitId": kit, "name": "New style"})
        refusal(await put(creatopy, success(made)["project"]["id"], made.headers["etag"], name="After"), 412)

    async def test_it_guards_kits(self, creatopy: httpx2.AsyncClient) -> None:
        """Rename and delete alike."""
        made = await creatopy.post("/brandkits/create", json={"name": "One"})
        body, first = {"brandkitId": success(made)["brandKit"]["id"]}, {"If-Match": made.headers["etag"]}
        renamed = await creatopy.put("/brandkits", json={**body, "name": "Two"}, headers=first)
        second = {"If-Match": renamed.headers["etag"]}
        refusal(await creatopy.put("/brandkits", json={**body, "name": "Three"}, headers=first), 412)
        refusal(await creatopy.request("DELETE", "/brandkits", json=body, headers=first), 412)
        assert ["Two"] == await names(creatopy, "/brandkits")
        success(await creatopy.request("DELETE", "/brandkits", json=body, headers=second))


class TestList:
    @pytest.mark.parametrize("path", ["/projects", "/brandkits"])
    async def test_one_that_is_known_is_304(self, creatopy: httpx2.AsyncClient, kit: int, path: str) -> None:
        """`If-None-Match` with the list's ETag gets no body, until anything in it changes."""
        tag = (await creatopy.get(path)).headers["etag"]
        for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = await creatopy.get(path, headers={"If-None-Match": given})
            assert (304, b"", tag) == (answer.status_code, answer.content, answer.headers["etag"])
        success(await creatopy.get(path, headers={"If-None-Match": '"x"'}))
        await make_project(creatopy, (await make_kit(creatopy))["id"])
        answer = await creatopy.get(path, headers={"If-None-Match": tag})
        success(answer)
        assert tag != answer.headers["etag"]

    async def test_each_viewer_has_their_own(self, team: Team, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A member isn't shown what was kept for an owner, nor told that it is unchanged."""
        await make_project(creatopy, kit)
        tag = (await creatopy.get("/projects")).headers["etag"]
        member = await team.creatopy(await team.member())
        answer = await member.get("/projects", headers={"If-None-Match": tag})
        assert 0 == success(answer)["totalCount"]

    async def test_each_query_has_its_own(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Another limit is another page."""
        for _ in range(2):
            await make_project(creatopy, kit)
        tags = {(await creatopy.get("/projects", params={"limit": limit})).headers["etag"] for limit in (1, 2)}
        assert 2 == len(tags)


async def create(caller: httpx2.AsyncClient, kit: int, key: str, name: str = "New") -> httpx2.Response:
    """A project's POST under that key."""
    return await caller.post("/projects", json={"name": name, "brandKitId": kit}, headers={"Idempotency-Key": key})


def replayed(first: httpx2.Response, again: httpx2.Response) -> bool:
    """Whether the second answer is the first one, told to be so."""
    kept = ("content-type", "etag")
    same = all(first.headers[name] == again.headers[name] for name in kept) and first.content == again.content
    return (
        same and first.headers.get("idempotency-replayed") is None and again.headers["idempotency-replayed"] == "true"
    )


class TestKey:
    async def test_a_create_is_done_once(self, engine_office: Office) -> None:
        """The same key and body get the same answer, byte for byte, and make one project."""
        creatopy = await (await engine_office.team()).creatopy()
        kit = (await make_kit(creatopy))["id"]
        first, again = await create(creatopy, kit, "a"), await create(creatopy, kit, "a")
        success(first)
        assert replayed(first, again)
        assert ["New"] == await names(creatopy)

    async def test_at_the_same_time_too(self, engine_office: Office) -> None:
        """Many at once are one, and the rest get its answer."""
        creatopy = await (await engine_office.team()).creatopy()
        kit = (await make_kit(creatopy))["id"]
        answers = await asyncio.gather(*(create(creatopy, kit, "a") for _ in range(8)))
        assert 1 == len({success(answer)["project"]["id"] for answer in answers})
        assert 7 == sum("idempotency-replayed" in answer.headers for answer in answers)
        assert ["New"] == await names(creatopy)

    async def test_a_change_is_done_once(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """PUT included: a repeated one doesn't undo what came in between."""
        id, key = (await make_project(creatopy, kit))["id"], {"Idempotency-Key": "a"}
        body = {"projectId": id, "name": "Second"}
        first = await creatopy.put("/projects", json=body, headers=key)
        await change(creatopy, id, name="Third")
        assert replayed(first, await creatopy.put("/projects", json=body, headers=key))
        assert ["Third"] == await names(creatopy)

    async def test_kits_are_made_and_renamed_once(self, creatopy: httpx2.AsyncClient) -> None:
        """As projects are."""
        calls: list[tuple[str, str, dict[str, Any]]] = [("POST", "/brandkits/create", {"name": "One"})]
        kit = (await make_kit(creatopy, "Two"))["id"]
        calls.append(("PUT", "/brandkits", {"brandkitId": kit, "name": "Three"}))
        for method, path, body in calls:
            first, again = [
                await creatopy.request(method, path, json=body, headers={"Idempotency-Key": "a"}) for _ in range(2)
            ]
            assert replayed(first, again)
        assert ["One", "Three"] == await names(creatopy, "/brandkits")

    async def test_the_answer_outlives_what_was_made(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """What has been deleted since isn't made again."""
        first = await create(creatopy, kit, "a")
        await remove(creatopy, success(first)["project"]["id"])
        assert replayed(first, await create(creatopy, kit, "a"))
        assert [] == await names(creatopy)

    async def test_quotes_are_no_part_of_it(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """`"a"` is `a`."""
        assert replayed(await create(creatopy, kit, '"a"'), await create(creatopy, kit, "a"))

    async def test_another_body_is_422(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A key stands for one request; nothing is done."""
        await create(creatopy, kit, "a")
        answer = await create(creatopy, kit, "a", "Other")
        assert "This Idempotency-Key was used before with another body." == refusal(answer, 422)
        assert ["New"] == await names(creatopy)

    async def test_its_scope_is_the_credential_and_the_call(
        self, office: Office, team: Team, creatopy: httpx2.AsyncClient, kit: int
    ) -> None:
        """Another pair's, method's or path's call under the same key is its own; another token of the pair's is not."""
        client, secret = await team.client_pair()
        one, two = (office.http("/creatopy/v1", signed({"clientId": client.id, "iat": n}, secret)) for n in (1, 2))
        first = await create(one, kit, "a")
        assert replayed(first, await create(two, kit, "a"))
        success(await create(creatopy, kit, "a"))
        key = {"Idempotency-Key": "a"}
        success(await one.post("/brandkits/create", json={"name": "New"}, headers=key))
        success(await one.put("/projects", json={"projectId": success(first)["project"]["id"]}, headers=key))
        assert ["New", "New"] == await names(creatopy)

    async def test_a_day_later_it_is_forgotten(
        self, office: Office, team: Team, creatopy: httpx2.AsyncClient, kit: int, clock: StillClock
    ) -> None:
        """The answer is kept for 24 hours."""
        first = await create(creatopy, kit, "a")
        clock.advance(seconds=86_399)
        assert replayed(first, await create(creatopy, kit, "a"))
        clock.advance(seconds=1)
        assert success(first) != success(await create(creatopy, kit, "a", "Other"))

    async def test_a_refused_call_may_be_tried_again(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """It has changed nothing, so its key is free, for a mended body too."""
        refusal(await create(creatopy, 10**9, "a"), 404)
        refusal(await create(creatopy, kit, "a", ""), 400)
        success(await create(creatopy, kit, "a"))

    async def test_a_guarded_change_is_replayed_as_it_was(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """A retry whose first try went through isn't told that the version is gone."""
        made = await creatopy.post("/projects", json={"name": "Before", "brandKitId": kit})
        body = {"projectId": success(made)["project"]["id"], "name": "After"}
        headers: Mapping[str, str] = {"Idempotency-Key": "a", "If-Match": made.headers["etag"]}
        first, again = [await creatopy.put("/projects", json=body, headers=headers) for _ in range(2)]
        assert replayed(first, again)

    async def test_it_has_1_to_255_characters_once(self, creatopy: httpx2.AsyncClient, kit: int) -> None:
        """Empty, longer, or two of them: 400, and nothing is made."""
        told = "Idempotency-Key must be one value of 1 to 255 characters."
        for key in ("", '""', " ", "x" * 256, f'"{"x" * 256}"'):
            assert told == refusal(await create(creatopy, kit, key), 400), key
        body = {"name": "New", "brandKitId": kit}
        twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        assert told == refusal(await creatopy.post("/projects", json=body, headers=twice), 400)
        assert [] == await names(creatopy)
        success(await create(creatopy, kit, "x" * 255))
        success(await create(creatopy, kit, f'"{"y" * 255}"'))
