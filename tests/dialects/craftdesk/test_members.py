"""`/v1/members`: who belongs to the workspace, who may say so, and what follows at once."""

from typing import Any

import httpx2
import pytest

from maquette.model.actor import Role
from maquette.model.records import User
from tests.dialects.craftdesk.calls import ABSENT, data, fields, listed, make_project, names, refusal
from tests.office import Office, Team


async def invite(caller: httpx2.AsyncClient, email: str = "ada@example.com", **given: Any) -> dict[str, Any]:
    """An invited member, as they are answered."""
    member: dict[str, Any] = data(await caller.post("/members", json={"email": email, "role": "member", **given}), 201)
    return member


async def change(caller: httpx2.AsyncClient, user: User, **given: Any) -> httpx2.Response:
    """A PATCH of a member."""
    return await caller.patch(f"/members/{user.id}", json=given)


async def status_of(caller: httpx2.AsyncClient) -> int:
    """How a caller is answered now."""
    return (await caller.get("/workspace")).status_code


class TestList:
    async def test_it_shows_everybody_with_role_and_status(self, engine_office: Office) -> None:
        """The founder, an active admin and somebody who is only invited, the newest first."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()
        engine_office.clock.advance(seconds=1)
        admin = await team.member(Role.ADMIN, "Grace.Hopper@example.com")
        engine_office.clock.advance(seconds=1)
        invited = await invite(craftdesk, name="Ada Lovelace")
        shown = (await listed(craftdesk, "/members"))["data"]
        told = [(row["id"], row["email"], row["name"], row["role"], row["status"]) for row in shown]
        assert told == [
            (invited["id"], "ada@example.com", "Ada Lovelace", "member", "invited"),
            (admin.id, "grace.hopper@example.com", "Grace.Hopper", "admin", "active"),
            (team.owner.id, team.owner.email, team.owner.name, "owner", "active"),
        ]
        assert [{"id", "email", "name", "role", "status", "created_at", "updated_at"}] * 3 == [
            set(row) for row in shown
        ]

    async def test_q_looks_into_name_and_address(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """In any case, anywhere in either."""
        await invite(engine_craftdesk, name="Ada Lovelace")
        await invite(engine_craftdesk, "grace@example.com", name="Grace Hopper")
        for q in ("LOVE", "ada@", "a l"):
            assert ["Ada Lovelace"] == await names(engine_craftdesk, "/members", q=q)

    async def test_it_is_ordered_and_paged(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """By folded name, a page of two at a time, with the whole number beside it."""
        for name in ("bea", "Ärne", "Cleo"):
            await invite(engine_craftdesk, f"{name}@example.com".replace("Ä", "a"), name=name)
        query: dict[str, Any] = {"sort": "name", "per_page": 2, "q": "e"}
        pages = [await listed(engine_craftdesk, "/members", page=page, **query) for page in (1, 2)]
        found = [row["name"] for page in pages for row in page["data"] if not row["name"].startswith("owner")]
        assert ["bea", "Cleo", "Ärne"] == found
        assert {"current_page": 2, "total": 4, "per_page": 2, "last_page": 2} == pages[1]["meta"]["pagination"]


class TestInvite:
    async def test_it_names_the_new_member(self, engine_craftdesk: httpx2.AsyncClient) -> None:
        """201 with where to find them; they are invited, by the folded address, and named after it."""
        answer = await engine_craftdesk.post("/members", json={"email": " Ada@Example.com ", "role": "admin"})
        member = data(answer, 201)
        assert ("ada@example.com", "Ada", "admin", "invited") == tuple(
            member[field] for field in ("email", "name", "role", "status")
        )
        assert answer.headers["location"] == f"/craftdesk/v1/members/{member['id']}"
        read = await engine_craftdesk.get(f"/members/{member['id']}")
        assert (answer.content, answer.headers["etag"]) == (read.content, read.headers["etag"])

    async def test_again_it_is_the_same_member(self, craftdesk: httpx2.AsyncClient) -> None:
        """Somebody who has yet to accept can be invited again, as something else and by another name."""
        first = await invite(craftdesk)
        second = await invite(craftdesk, role="admin", name="Ada")
        assert (first["id"], "admin", "Ada") == (second["id"], second["role"], second["name"])

    async def test_a_member_is_not_invited_again(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Neither an active one nor one who is shut out."""
        ann = await team.member()
        for status in ("active", "deactivated"):
            await change(craftdesk, ann, status=status)
            answer = await craftdesk.post("/members", json={"email": ann.email, "role": "admin"})
            assert {"email": ["The email already belongs to a member."]} == refusal(answer, 400)

    async def test_what_is_wrong_is_told_at_once(self, craftdesk: httpx2.AsyncClient) -> None:
        """Every missing, wrong and unknown field is named."""
        answer = await craftdesk.post("/members", json={"role": "queen", "status": "active"})
        assert ["role", "status", "email"] == fields(answer)

    async def test_it_takes_an_address(self, craftdesk: httpx2.AsyncClient) -> None:
        """What no e-mail can be sent to is refused."""
        wrong = [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@c",
            "a@b@c",
            "a,b@c",
            "<a@b>",
            "a@b\nx",
            "x" * 65 + "@b",
            "a@\x01",
        ]
        for email in wrong:
            assert ["email"] == fields(await craftdesk.post("/members", json={"email": email, "role": "member"})), email

    async def test_a_name_follows_the_rules_of_names(self, craftdesk: httpx2.AsyncClient) -> None:
        """Not empty, not too long, no control characters."""
        for name in ("", " ", "x" * 256, "a\tb"):
            body = {"email": "ada@example.com", "role": "member", "name": name}
            assert ["name"] == fields(await craftdesk.post("/members", json=body)), name

    async def test_sent_again_with_its_key_it_is_one_invitation(self, craftdesk: httpx2.AsyncClient) -> None:
        """The replay is the first answer, and there is one event."""
        body, headers = {"email": "ada@example.com", "role": "member"}, {"Idempotency-Key": "a"}
        answers = [await craftdesk.post("/members", json=body, headers=headers) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert "true" == answers[1].headers["idempotency-replayed"]
        assert 1 == (await listed(craftdesk, "/events", type="member.invited"))["meta"]["pagination"]["total"]


class TestChange:
    async def test_a_role_is_in_force_at_once(self, engine_office: Office) -> None:
        """Promote a member and their own key does what it couldn't; demote them and it can't any more."""
        team = await engine_office.team()
        owner, ann = await team.craftdesk(), await team.member()
        key = await team.craftdesk(ann)
        for role, status in (("member", 403), ("admin", 201), ("member", 403)):
            assert role == data(await change(owner, ann, role=role))["role"]
            assert status == (await key.post("/projects", json={"name": "Poster"})).status_code

    async def test_one_who_is_shut_out_comes_back(self, engine_office: Office) -> None:
        """Their key is dead while they are deactivated, and alive again after."""
        team = await engine_office.team()
        owner, ann = await team.craftdesk(), await team.member()
        key = await team.craftdesk(ann)
        for status, answered in (("deactivated", 401), ("deactivated", 401), ("active", 200), ("active", 200)):
            assert status == data(await change(owner, ann, status=status))["status"]
            assert answered == await status_of(key)

    async def test_role_and_status_in_one(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Both are changed, and each leaves its event."""
        ann = await team.member()
        member = data(await change(craftdesk, ann, role="admin", status="deactivated"))
        assert ("admin", "deactivated") == (member["role"], member["status"])
        told = (await listed(craftdesk, "/events", subject_id=ann.id))["data"]
        assert ["member.deactivated", "member.role_changed", "member.joined"] == [event["type"] for event in told]

    async def test_nothing_changes_nothing(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """An empty body is 200, and leaves no event."""
        ann = await team.member()
        before = await listed(craftdesk, "/events")
        assert 200 == (await change(craftdesk, ann)).status_code
        assert before == await listed(craftdesk, "/events")

    async def test_what_cannot_be_changed_is_refused(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Unknown values, and fields that are read only."""
        ann = await team.member()
        wrong: list[dict[str, Any]] = [
            {"role": None}, {"role": "queen"}, {"status": "invited"}, {"email": "a@b"}, {"name": "Ann"},
        ]  # fmt: skip
        for body in wrong:
            assert list(body) == fields(await change(craftdesk, ann, **body))

    async def test_an_invitation_is_accepted_by_nobody_else(self, craftdesk: httpx2.AsyncClient) -> None:
        """One who has yet to accept is neither let in nor shut out by a change."""
        invited = await invite(craftdesk)
        for status in ("active", "deactivated"):
            assert ["status"] == fields(await craftdesk.patch(f"/members/{invited['id']}", json={"status": status}))

    async def test_another_version_is_not_changed(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """`If-Match` is compared with the tag of the single member; the right one passes."""
        ann = await team.member()
        tag = (await craftdesk.get(f"/members/{ann.id}")).headers["etag"]
        for if_match, status in (('"other"', 412), (tag, 200), (tag, 412)):
            answer = await craftdesk.patch(f"/members/{ann.id}", json={"role": "admin"}, headers={"If-Match": if_match})
            assert status == answer.status_code


class TestRemove:
    async def test_access_ends_at_once_and_work_stays(self, engine_office: Office) -> None:
        """The removed one's key is dead, they are not listed, and what they made still names them."""
        team = await engine_office.team()
        owner, admin = await team.craftdesk(), await team.member(Role.ADMIN)
        key = await team.craftdesk(admin)
        project = await make_project(key)
        answer = await owner.delete(f"/members/{admin.id}")
        assert (204, b"") == (answer.status_code, answer.content)
        assert 401 == await status_of(key)
        assert 404 == (await owner.get(f"/members/{admin.id}")).status_code
        assert admin.id == data(await owner.get(f"/projects/{project['id']}"))["created_by"]

    async def test_who_comes_back_comes_without_the_old_keys(
        self, office: Office, team: Team, craftdesk: httpx2.AsyncClient
    ) -> None:
        """Being a member again revives neither keys nor assignments."""
        ann = await team.member()
        key = await team.craftdesk(ann)
        project = await make_project(craftdesk)
        await team.assign(ann, project["id"])
        await craftdesk.delete(f"/members/{ann.id}")
        assert ann.id == (await team.member(email=ann.email)).id
        assert 401 == await status_of(key)
        assert [] == await names(await team.craftdesk(ann))

    async def test_a_second_time_there_is_nobody(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """404, as for anybody who isn't there."""
        ann = await team.member()
        await craftdesk.delete(f"/members/{ann.id}")
        for id in (ann.id, ABSENT, "ann"):
            assert ["member"] == fields(await craftdesk.delete(f"/members/{id}"), 404)

    async def test_another_version_is_not_removed(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """A stale `If-Match` leaves them where they are."""
        ann = await team.member()
        answer = await craftdesk.delete(f"/members/{ann.id}", headers={"If-Match": '"other"'})
        assert (412, 200) == (answer.status_code, (await craftdesk.get(f"/members/{ann.id}")).status_code)


class TestOwners:
    @pytest.mark.parametrize("how", ["demoted", "shut out", "removed"])
    async def test_the_last_one_cannot_go(self, engine_office: Office, how: str) -> None:
        """Not even by their own will; with a second owner there, the first can go."""
        team = await engine_office.team()
        craftdesk = await team.craftdesk()

        async def gone() -> httpx2.Response:
            if how == "removed":
                return await craftdesk.delete(f"/members/{team.owner.id}")
            body = {"role": "member"} if how == "demoted" else {"status": "deactivated"}
            return await craftdesk.patch(f"/members/{team.owner.id}", json=body)

        assert {"member": ["The last owner can't go: make somebody else an owner first."]} == refusal(await gone(), 400)
        deputy = await team.member(Role.OWNER)
        await change(craftdesk, deputy, status="deactivated")
        assert 400 == (await gone()).status_code
        await change(craftdesk, deputy, status="active")
        assert (await gone()).is_success

    async def test_an_admin_touches_none(self, team: Team) -> None:
        """Neither changes nor removes one, makes one, invites one, nor takes an owner's invitation away."""
        boss, admin, ann = await team.member(Role.OWNER), await team.member(Role.ADMIN), await team.member()
        invited = await invite(await team.craftdesk(), role="owner")
        caller = await team.craftdesk(admin)
        answers = [
            await change(caller, boss, role="member"),
            await change(caller, boss, status="deactivated"),
            await caller.delete(f"/members/{boss.id}"),
            await change(caller, ann, role="owner"),
            await caller.post("/members", json={"email": "new@example.com", "role": "owner"}),
            await caller.post("/members", json={"email": invited["email"], "role": "member"}),
            await caller.delete(f"/members/{invited['id']}"),
            await caller.post(f"/members/{admin.id}/transfer_ownership"),
        ]
        told = {"permission": ["Your role doesn't include ownership.change."]}
        assert [told] * len(answers) == [refusal(answer, 403) for answer in answers]
        owners = [row["email"] for row in (await listed(caller, "/members"))["data"] if row["role"] == "owner"]
        assert {boss.email, invited["email"], team.owner.email} == set(owners)

    async def test_an_admin_changes_everybody_else(self, team: Team) -> None:
        """Other admins, members, and themselves."""
        admin, other, ann = [await team.member(role) for role in (Role.ADMIN, Role.ADMIN, Role.MEMBER)]
        caller = await team.craftdesk(admin)
        for user, role in ((other, "member"), (ann, "admin"), (admin, "member")):
            assert role == data(await change(caller, user, role=role))["role"]

    async def test_ownership_is_handed_over(self, engine_office: Office) -> None:
        """The heir is an owner, and who handed over an admin, with the very key that did it."""
        team = await engine_office.team()
        owner, ann = await team.craftdesk(), await team.member()
        heir = data(await owner.post(f"/members/{ann.id}/transfer_ownership"))
        assert (ann.id, "owner") == (heir["id"], heir["role"])
        assert "admin" == data(await owner.get(f"/members/{team.owner.id}"))["role"]
        assert 403 == (await owner.post(f"/members/{team.owner.id}/transfer_ownership")).status_code
        back = await (await team.craftdesk(ann)).post(f"/members/{team.owner.id}/transfer_ownership")
        assert "owner" == data(back)["role"]

    async def test_to_oneself_it_changes_nothing(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """The owner stays one."""
        assert "owner" == data(await craftdesk.post(f"/members/{team.owner.id}/transfer_ownership"))["role"]

    async def test_an_heir_is_active(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Neither somebody invited nor somebody shut out; nobody at all is 404."""
        invited, ann = await invite(craftdesk), await team.member()
        await change(craftdesk, ann, status="deactivated")
        for id in (invited["id"], ann.id):
            assert ["user_id"] == fields(await craftdesk.post(f"/members/{id}/transfer_ownership"))
        assert 404 == (await craftdesk.post(f"/members/{ABSENT}/transfer_ownership")).status_code


class TestEvents:
    async def test_each_change_is_told_once(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Invited, joined, changed, shut out, let in, removed: in this order, about this member."""
        ann = await team.member()
        await change(craftdesk, ann, role="admin")
        await change(craftdesk, ann, role="admin")
        await change(craftdesk, ann, status="deactivated")
        await change(craftdesk, ann, status="active")
        await craftdesk.delete(f"/members/{ann.id}")
        told = (await listed(craftdesk, "/events", subject_id=ann.id))["data"]
        expected = ["joined", "role_changed", "deactivated", "activated", "removed"]
        assert [f"member.{word}" for word in reversed(expected)] == [event["type"] for event in told]
        assert {"member"} == {event["subject"]["kind"] for event in told}
