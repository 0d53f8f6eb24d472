"""`/v1/users` and `/v1/teamRoles`: the team, in Creatopy's words."""

from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from tests.dialects.creatopy.calls import listed, names, refusal, success
from tests.office import Office, Team


async def invite(caller: httpx2.AsyncClient, email: str = "ada@example.com", **given: Any) -> Any:
    """An invited user, as they are answered."""
    body = {"name": "Ada Lovelace", "email": email, "role": 2, **given}
    return success(await caller.post("/users", json=body))


async def remove(caller: httpx2.AsyncClient, email: str, **headers: str) -> httpx2.Response:
    """A user's DELETE, whose address is in its body."""
    return await caller.request("DELETE", "/users", json={"email": email}, headers=headers)


class TestList:
    async def test_a_user_is_shown_with_their_role(self, engine_office: Office) -> None:
        """All of the documented fields."""
        team = await engine_office.team()
        creatopy = await team.creatopy()
        made = await invite(creatopy)
        shown = await listed(creatopy, "/users", orderBy="NAME")
        ada, owner = shown["nodes"]
        assert ada == {
            "id": made["id"],
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "role": {"id": 2, "name": "Viewer", "description": ada["role"]["description"]},
            "profilePicture": None,
        }
        assert ((team.owner.serial, 3, "Owner"), 2) == (
            (owner["id"], owner["role"]["id"], owner["role"]["name"]),
            shown["totalCount"],
        )

    async def test_the_keyword_looks_into_name_and_address(self, creatopy: httpx2.AsyncClient) -> None:
        """In any case."""
        await invite(creatopy, name="Ada Lovelace")
        await invite(creatopy, "grace@example.com", name="Grace Hopper")
        for keyword in ("LOVE", "Ada@"):
            assert ["Ada Lovelace"] == await names(creatopy, "/users", keyword=keyword)

    @pytest.mark.parametrize("order", ["ID", "NAME", "CREATED_AT", "UPDATED_AT"])
    async def test_it_is_walked_by_cursor(self, engine_office: Office, order: str) -> None:
        """In every ordering, everybody is met once."""
        creatopy = await (await engine_office.team()).creatopy()
        for name in ("bea", "Ärne", "Cleo", "ada"):
            engine_office.clock.advance(seconds=1)
            await invite(creatopy, f"{ord(name[0])}@example.com", name=name)
        found, cursor = [], ""
        while True:
            page = await listed(creatopy, "/users", limit=2, orderBy=order, orderDirection="ASC", cursor=cursor)
            found += [node["name"] for node in page["nodes"] if not node["name"].startswith("owner")]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert (["ada", "bea", "Cleo", "Ärne"] if order == "NAME" else ["bea", "Ärne", "Cleo", "ada"]) == found


class TestInvite:
    async def test_it_answers_with_the_user(self, engine_office: Office) -> None:
        """Name, id and address alone; the tag is the one that a change compares."""
        team = await engine_office.team()
        creatopy, craftdesk = await team.creatopy(), await team.craftdesk()
        answer = await creatopy.post("/users", json={"name": "Ada", "email": "Ada@Example.com", "role": "Admin"})
        made = success(answer)
        assert {"name": "Ada", "id": made["id"], "email": "ada@example.com"} == made
        (ada,) = (await craftdesk.get("/members", params={"q": "ada@"})).json()["data"]
        assert ("Ada", "admin", "invited") == (ada["name"], ada["role"], ada["status"])
        body, headers = {"userId": made["id"], "roleId": 2}, {"If-Match": answer.headers["etag"]}
        assert 200 == (await creatopy.put("/users", json=body, headers=headers)).status_code
        assert 412 == (await creatopy.put("/users", json=body, headers=headers)).status_code

    async def test_a_role_is_an_id_or_a_name(self, creatopy: httpx2.AsyncClient) -> None:
        """In any case; anything else is told the choices."""
        for number, (role, expected) in enumerate(
            ((1, "Admin"), ("2", "Viewer"), ("viewer", "Viewer"), ("OWNER", "Owner"), (3, "Owner"))
        ):
            made = await invite(creatopy, f"{number}@example.com", role=role)
            (node,) = [node for node in (await listed(creatopy, "/users"))["nodes"] if node["id"] == made["id"]]
            assert expected == node["role"]["name"]
        for role in (0, 4, "queen", ""):
            body = {"name": "Ada", "email": "ada@example.com", "role": role}
            told = refusal(await creatopy.post("/users", json=body), 400)
            assert "role must be one of 1 (Admin), 2 (Viewer), 3 (Owner)." == told

    async def test_what_is_wrong_is_told_at_once(self, creatopy: httpx2.AsyncClient) -> None:
        """Every missing, wrong and unknown field is named."""
        told = refusal(await creatopy.post("/users", json={"email": 5, "nick": "a"}), 400)
        for part in (
            "email must be text",
            "nick is not a field of this request",
            "name is required",
            "role is required",
        ):
            assert part in told

    async def test_a_member_is_not_invited_again(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """One of the team is told to be it."""
        ann = await team.member()
        body = {"name": "Ann", "email": ann.email, "role": 1}
        assert "email already belongs to a member." == refusal(await creatopy.post("/users", json=body), 400)


class TestChange:
    async def test_a_role_is_in_force_at_once(self, engine_office: Office) -> None:
        """The answer is the user as the list shows them, and the next call goes by it."""
        team = await engine_office.team()
        creatopy, ann = await team.creatopy(), await team.member()
        caller = await team.creatopy(ann)
        kit = {"name": "Kit"}
        for role, status in ((2, 403), (1, 200), (2, 403)):
            changed = success(await creatopy.put("/users", json={"userId": ann.serial, "roleId": role}))
            assert changed == (await listed(creatopy, "/users", keyword=ann.email))["nodes"][0]
            assert role == changed["role"]["id"]
            assert status == (await caller.post("/brandkits/create", json=kit)).status_code

    async def test_who_and_what_must_be_there(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """An unknown user is 404, an unknown role 400."""
        stranger = (await team.office.team()).owner
        for user in (stranger.serial, 0, -1, 2**63, 10**30):
            body = {"userId": user, "roleId": 1}
            assert "There is no such member." == refusal(await creatopy.put("/users", json=body), 404)
        body = {"userId": team.owner.serial, "roleId": 4}
        assert refusal(await creatopy.put("/users", json=body), 400).startswith("roleId must be one of")

    async def test_owners_are_for_owners(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """An admin neither makes nor unmakes one; the last one stays."""
        boss, ann = await team.member(Role.OWNER), await team.member()
        admin = await team.creatopy(await team.member(Role.ADMIN))
        for user, role in ((boss, 2), (ann, 3)):
            answer = await admin.put("/users", json={"userId": user.serial, "roleId": role})
            assert "Your role doesn't include ownership.change." == refusal(answer, 403)
        assert "Your role doesn't include ownership.change." == refusal(await remove(admin, boss.email), 403)
        assert 200 == (await remove(creatopy, boss.email)).status_code
        for answer in (
            await remove(creatopy, team.owner.email),
            await creatopy.put("/users", json={"userId": team.owner.serial, "roleId": 2}),
        ):
            assert "The last owner can't go: make somebody else an owner first." == refusal(answer, 400)


class TestRemove:
    async def test_access_ends_at_once(self, engine_office: Office) -> None:
        """By address, in any case; their token is dead, and a second time they aren't there."""
        team = await engine_office.team()
        creatopy, ann = await team.creatopy(), await team.member()
        caller = await team.creatopy(ann)
        assert 200 == (await caller.get("/projects")).status_code
        assert {"status": "success"} == success(await remove(creatopy, ann.email.upper()))
        assert 401 == (await caller.get("/projects")).status_code
        for email in (ann.email, "nobody@example.com", ""):
            assert "There is no such member." == refusal(await remove(creatopy, email), 404)

    async def test_another_version_stays(self, team: Team, creatopy: httpx2.AsyncClient) -> None:
        """A stale `If-Match` is 412."""
        ann = await team.member()
        assert 412 == (await remove(creatopy, ann.email, **{"If-Match": '"other"'})).status_code
        assert 2 == (await listed(creatopy, "/users"))["totalCount"]


class TestRoles:
    async def test_they_are_a_plain_list(self, creatopy: httpx2.AsyncClient) -> None:
        """Admin and Viewer first, as the vendor has them."""
        expected = [{"id": 1, "name": "Admin"}, {"id": 2, "name": "Viewer"}, {"id": 3, "name": "Owner"}]
        assert expected == success(await creatopy.get("/teamRoles"))
