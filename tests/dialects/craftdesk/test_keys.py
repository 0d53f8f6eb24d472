"""Who is calling? Whoever holds the key, as far as it and they may go now."""

from typing import Any

import httpx2
import pytest

from maquette.domain import credentials
from maquette.domain.keys import new_key
from maquette.model.actor import Role, Scope
from tests.dialects.craftdesk.calls import (
    ABSENT,
    data,
    fields,
    left,
    listed,
    make_kit,
    make_project,
    names,
    refusal,
)
from tests.office import Office, Team


def unknown(answer: httpx2.Response) -> None:
    """It is the 401 of the vendor's page, and tells a stranger nothing of any quota."""
    assert {"api_key": ["Invalid or expired API key"]} == refusal(answer, 401)
    assert "Bearer" == answer.headers["www-authenticate"]
    assert not [name for name in answer.headers if "ratelimit" in name]


class TestUnknown:
    async def test_what_is_no_key_of_ours_is_401(self, office: Office, team: Team) -> None:
        """None, another scheme, a slip of the pen, one nobody was given, a client's secret."""
        _, key = await team.key()
        _, secret = await team.client_pair()
        other = "A" if key[20] != "A" else "B"
        for value in (
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer your_api_key",
            key,
            f"Basic {key}",
            f"Bearer {key[:-1]}",
            f"Bearer {key}x",
            f"Bearer {key.lower()}",
            f"Bearer {key[:20]}{other}{key[21:]}",
            f"Bearer {key} {key}",
            f"Bearer {new_key()}",
            f"Bearer {secret}",
            f"Bearer {'x' * 5_000}",
            "Bearer sk_live_é",
        ):
            headers = {} if value is None else {"Authorization": value.encode()}
            unknown(await office.http("/craftdesk/v1", headers=headers).get("/projects"))

    async def test_a_slip_of_the_pen_is_seen_without_a_look_at_the_store(
        self, office: Office, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A key tells by its own checksum that it can't be one."""
        _, key = await team.key()
        typo = key[:-1] + ("A" if key[-1] != "A" else "B")
        looks: list[object] = []
        read = office.database.read

        async def watched(body: Any) -> Any:
            looks.append(body)
            return await read(body)

        monkeypatch.setattr(office.database, "read", watched)
        for token, asked in ((typo, False), (new_key(), True)):
            looks.clear()
            unknown(await office.http("/craftdesk/v1", token).get("/projects"))
            assert asked == bool(looks)

    async def test_a_key_in_the_address_is_none(self, office: Office, team: Team) -> None:
        """Addresses end up in logs."""
        _, key = await team.key()
        for name in ("api_key", "access_token", "key", "token"):
            unknown(await office.http("/craftdesk/v1").get("/projects", params={name: key}))

    async def test_the_scheme_is_read_in_any_case(self, office: Office, team: Team) -> None:
        """`bearer` and further blanks are fine."""
        _, key = await team.key()
        for value in (f"bearer {key}", f"BEARER {key}", f"Bearer   {key} "):
            await listed(office.http("/craftdesk/v1", headers={"Authorization": value}))

    async def test_a_creatopy_token_is_401_here(self, office: Office, team: Team) -> None:
        """It is good for the other dialect alone, whichever way it comes to this one."""
        token = (await team.creatopy()).headers["authorization"].removeprefix("Bearer ")
        unknown(await office.http("/craftdesk/v1", token).get("/projects"))
        unknown(await office.http("/v1", token, origin="https://api.craftdesk.app").get("/projects"))

    async def test_a_stranger_costs_nobody_anything(self, office: Office) -> None:
        """A 401 isn't counted, though it names a key that was right once."""
        team = await office.team(plan="business")
        craftdesk = await team.craftdesk()
        revoked, text = await team.key()
        await office.write(lambda tx: credentials.revoke(tx, team.operator, revoked.id, now_ms=office.now_ms))
        for _ in range(3):
            unknown(await office.http("/craftdesk/v1", text).get("/projects"))
        assert 500_000 - 1 == left(await craftdesk.get("/projects"))


class TestTwoHeaders:
    async def test_two_authorization_headers_are_400(self, office: Office, team: Team) -> None:
        """Nobody has to guess which one was meant, be they the same, or one of them no key."""
        _, key = await team.key()
        for other in (key, "x", (await team.creatopy()).headers["authorization"]):
            for first, second in ((key, other), (other, key)):
                headers = [("Authorization", f"Bearer {first}"), ("Authorization", f"Bearer {second}")]
                for path in ("/craftdesk/v1/projects", "/v1/projects"):
                    caller = office.http()
                    answer = await caller.send(caller.build_request("GET", path, headers=headers))
                    if path == "/craftdesk/v1/projects" or second == key:
                        assert ["authorization"] == fields(answer, 400)
                    assert 400 == answer.status_code


class TestEnd:
    async def test_a_key_expires_to_the_instant(self, office: Office, team: Team) -> None:
        """It is good until then, and 401 from then on, though the page was sent a moment ago."""
        craftdesk = await team.craftdesk(expires_at=office.now_ms + 60_000)
        await listed(craftdesk)
        office.clock.advance(seconds=59.999)
        await listed(craftdesk)
        office.clock.advance(seconds=0.001)
        unknown(await craftdesk.get("/projects"))

    async def test_a_revoked_key_is_401_at_once(self, office: Office, team: Team) -> None:
        """The others of its holder go on."""
        credential, key = await team.key()
        craftdesk, other = office.http("/craftdesk/v1", key), await team.craftdesk()
        await listed(craftdesk)
        await office.write(lambda tx: credentials.revoke(tx, team.operator, credential.id, now_ms=office.now_ms))
        unknown(await craftdesk.get("/projects"))
        unknown(await craftdesk.post("/projects", json={"name": "x"}))
        await listed(other)


class TestReadOnly:
    async def test_it_reads_everything_its_holder_sees(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """Lists, single resources, the workspace and its usage."""
        project, kit = await make_project(craftdesk), await make_kit(craftdesk)
        reader = await team.craftdesk(scope=Scope.READ_ONLY)
        assert [project] == (await listed(reader))["data"]
        assert project == data(await reader.get(f"/projects/{project['id']}"))
        assert kit == data(await reader.get(f"/brand_kits/{kit['id']}"))
        for path in ("/workspace", "/usage"):
            data(await reader.get(path))

    async def test_it_changes_nothing(self, team: Team, craftdesk: httpx2.AsyncClient) -> None:
        """403 about the key, whatever its holder's role."""
        project, kit = await make_project(craftdesk, visibility="team"), await make_kit(craftdesk)
        for user in (team.owner, await team.member(Role.ADMIN)):
            reader = await team.craftdesk(user, scope=Scope.READ_ONLY)
            for method, path, body in (
                ("POST", "/projects", {"name": "x"}),
                ("PATCH", f"/projects/{project['id']}", {"name": "x"}),
                ("PATCH", f"/projects/{project['id']}", {}),
                ("POST", f"/projects/{project['id']}/archive", {}),
                ("POST", f"/projects/{project['id']}/unarchive", {}),
                ("DELETE", f"/projects/{project['id']}", {}),
                ("POST", "/brand_kits", {"name": "x"}),
                ("PATCH", f"/brand_kits/{kit['id']}", {"name": "x"}),
                ("DELETE", f"/brand_kits/{kit['id']}", {}),
            ):
                assert ["api_key"] == fields(await reader.request(method, path, json=body), 403), (method, path)
        assert [project] == (await listed(craftdesk))["data"]
        assert [kit] == (await listed(craftdesk, "/brand_kits"))["data"]

    async def test_what_is_not_there_is_404_all_the_same(self, team: Team) -> None:
        """The key's reach doesn't come before what can be seen."""
        reader = await team.craftdesk(scope=Scope.READ_ONLY)
        assert ["project"] == fields(await reader.delete(f"/projects/{ABSENT}"), 404)


class TestHolder:
    async def test_a_key_opens_its_own_workspace_alone(self, office: Office, craftdesk: httpx2.AsyncClient) -> None:
        """The same person's key in another workspace shows another list."""
        await make_project(craftdesk)
        other = await office.team()
        person = await other.member(Role.OWNER)
        assert [] == await names(await other.craftdesk(person))

    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    async def test_demote_its_creator_and_the_key_is_demoted(self, team: Team, role: Role) -> None:
        """At once, what it sees and what it may do are a member's; promoted, they are what they were."""
        person = await team.member(role)
        craftdesk = await team.craftdesk(person)
        private, _ = await make_project(craftdesk, "private"), await make_project(craftdesk, "team", visibility="team")
        assert ["team", "private"] == await names(craftdesk)
        await team.member(Role.MEMBER, person.email)
        assert ["team"] == await names(craftdesk)
        assert ["project"] == fields(await craftdesk.get(f"/projects/{private['id']}"), 404)
        assert ["permission"] == fields(await craftdesk.post("/projects", json={"name": "x"}), 403)
        await team.member(role, person.email)
        assert ["team", "private"] == await names(craftdesk)
        await make_project(craftdesk)
