"""`ETag`, `If-None-Match` and `If-Match`: has it changed since I saw it?"""

import httpx2

from maquette.model.actor import Role
from tests.dialects.craftdesk.calls import ABSENT, data, fields, make_kit, make_project, names
from tests.office import Office, Team

ONE_OF_EACH = ("/projects", "/projects/{project}", "/brand_kits", "/brand_kits/{kit}", "/workspace", "/usage")


class TestIfNoneMatch:
    async def test_every_200_to_a_get_has_a_tag(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """A strong one, which makes the next GET and HEAD a 304 with nothing in it."""
        project, kit = await make_project(craftdesk), await make_kit(craftdesk)
        paths = [path.format(project=project["id"], kit=kit["id"]) for path in ONE_OF_EACH]
        front = office.http("/craftdesk")
        for caller, path in [*((craftdesk, path) for path in paths), (front, "/openapi.json"), (front, "/docs")]:
            first = await caller.get(path)
            tag = first.headers["etag"]
            assert tag.startswith('"'), path
            assert tag.endswith('"'), path
            assert first.content, path
            for method in ("GET", "HEAD"):
                again = await caller.request(method, path, headers={"If-None-Match": tag})
                assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"]), (method, path)
                assert "content-length" not in again.headers, (method, path)

    async def test_the_tag_may_be_one_of_several_or_weak(self, craftdesk: httpx2.AsyncClient) -> None:
        """By weak comparison; `*` is any version; another tag gets the page."""
        await make_project(craftdesk)
        tag = (await craftdesk.get("/projects")).headers["etag"]
        for value, status in (
            (tag, 304),
            (f"W/{tag}", 304),
            (f'"old", {tag}', 304),
            (f'"old",W/{tag} , "older"', 304),
            ("*", 304),
            ('"old"', 200),
            (tag.strip('"'), 200),
            ("", 200),
        ):
            assert status == (await craftdesk.get("/projects", headers={"If-None-Match": value})).status_code, value

    async def test_a_write_makes_another_tag(self, craftdesk: httpx2.AsyncClient) -> None:
        """Whoever asks with the old one gets the new list; what is not there has none."""
        made = await make_project(craftdesk)
        one = f"/projects/{made['id']}"
        before = {path: (await craftdesk.get(path)).headers["etag"] for path in ("/projects", one)}
        await craftdesk.patch(one, json={"name": "New"})
        for path, tag in before.items():
            answer = await craftdesk.get(path, headers={"If-None-Match": tag})
            assert 200 == answer.status_code
            assert tag != answer.headers["etag"]
            assert "New" in answer.text
        await craftdesk.delete(one)
        gone = await craftdesk.get(one, headers={"If-None-Match": before[one]})
        assert (404, False) == (gone.status_code, "etag" in gone.headers)

    async def test_what_comes_from_memory_is_what_was_made(self, craftdesk: httpx2.AsyncClient) -> None:
        """The second answer is the first, headers and all, until the next write."""
        await make_project(craftdesk, "First")
        answers = [await craftdesk.get("/projects?per_page=1") for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert dict(answers[0].headers) == dict(answers[1].headers)
        await make_project(craftdesk, "Second")
        assert ["Second"] == await names(craftdesk, per_page=1)

    async def test_each_viewer_has_their_own(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """A tag of what an owner sees is stale for a member who sees less; an admin sees the same."""
        await make_project(craftdesk)
        tag = (await craftdesk.get("/projects")).headers["etag"]
        for role, status in ((Role.MEMBER, 200), (Role.ADMIN, 304)):
            caller = await team.craftdesk(await team.member(role))
            assert status == (await caller.get("/projects", headers={"If-None-Match": tag})).status_code, role


class TestIfMatch:
    async def test_the_tag_of_any_answer_about_it_will_do(self, craftdesk: httpx2.AsyncClient) -> None:
        """Create, read, change and archive all tell the tag that the next change compares."""
        answer = await craftdesk.post("/projects", json={"name": "x"})
        one = f"/projects/{data(answer, 201)['id']}"
        for number in range(3):
            assert (await craftdesk.get(one)).headers["etag"] == answer.headers["etag"]
            answer = await craftdesk.patch(
                one, json={"name": f"{number}"}, headers={"If-Match": answer.headers["etag"]}
            )
            assert f"{number}" == data(answer)["name"]
        for verb in ("archive", "unarchive"):
            answer = await craftdesk.post(f"{one}/{verb}", headers={"If-Match": answer.headers["etag"]})
            assert 200 == answer.status_code
        assert 204 == (await craftdesk.delete(one, headers={"If-Match": answer.headers["etag"]})).status_code

    async def test_a_stale_one_is_412(self, craftdesk: httpx2.AsyncClient) -> None:
        """For every change, and nothing is changed; not even an empty patch passes."""
        made = await make_project(craftdesk)
        one = f"/projects/{made['id']}"
        stale = {"If-Match": (await craftdesk.get(one)).headers["etag"]}
        changed = data(await craftdesk.patch(one, json={"name": "Somebody else's"}))
        for method, path, body in (
            ("PATCH", one, {"name": "Mine"}),
            ("PATCH", one, {}),
            ("DELETE", one, {}),
            ("POST", f"{one}/archive", {}),
            ("POST", f"{one}/unarchive", {}),
        ):
            assert ["if_match"] == fields(await craftdesk.request(method, path, json=body, headers=stale), 412), path
        assert changed == data(await craftdesk.get(one))

    async def test_it_is_compared_strongly(self, craftdesk: httpx2.AsyncClient) -> None:
        """One of several will do, a weak one never does, and a list's tag is no project's."""
        one = f"/projects/{(await make_project(craftdesk))['id']}"
        tag = (await craftdesk.get(one)).headers["etag"]
        for value, status in (
            (tag, 200),
            (f'"old", {tag}', 200),
            ("*", 200),
            (f"W/{tag}", 412),
            (tag.strip('"'), 412),
            ((await craftdesk.get("/projects")).headers["etag"], 412),
        ):
            answer = await craftdesk.patch(one, json={}, headers={"If-Match": value})
            assert status == answer.status_code, value

    async def test_a_star_means_that_it_exists(self, craftdesk: httpx2.AsyncClient) -> None:
        """Where it doesn't, that is 404 as ever."""
        for method in ("PATCH", "DELETE"):
            answer = await craftdesk.request(method, f"/projects/{ABSENT}", json={}, headers={"If-Match": "*"})
            assert ["project"] == fields(answer, 404)

    async def test_of_two_who_saw_the_same_one_wins(self, craftdesk: httpx2.AsyncClient) -> None:
        """The second is told, instead of undoing the first's work unseen."""
        one = f"/projects/{(await make_project(craftdesk))['id']}"
        seen = {"If-Match": (await craftdesk.get(one)).headers["etag"]}
        answers = [await craftdesk.patch(one, json={"name": name}, headers=seen) for name in ("first", "second")]
        assert [200, 412] == [answer.status_code for answer in answers]
        assert ["first"] == await names(craftdesk)

    async def test_kits_are_guarded_too(self, craftdesk: httpx2.AsyncClient) -> None:
        """PATCH and DELETE compare the kit's tag."""
        answer = await craftdesk.post("/brand_kits", json={"name": "x"})
        one, tag = f"/brand_kits/{data(answer, 201)['id']}", answer.headers["etag"]
        changed = await craftdesk.patch(one, json={"name": "y"}, headers={"If-Match": tag})
        assert "y" == data(changed)["name"]
        assert ["if_match"] == fields(await craftdesk.patch(one, json={"name": "z"}, headers={"If-Match": tag}), 412)
        assert ["if_match"] == fields(await craftdesk.delete(one, headers={"If-Match": tag}), 412)
        assert 204 == (await craftdesk.delete(one, headers={"If-Match": changed.headers["etag"]})).status_code
