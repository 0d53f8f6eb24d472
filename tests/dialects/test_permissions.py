"""Who may do what, cell by cell: each permission has a call that needs it, tried as each role, in each dialect.

One runtime and one webhook serve the whole module; each cell has its own caller, project, kit, member and key.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from maquette.app import open_runtime
from maquette.dialects.creatopy.auth import issue
from maquette.model.actor import ALLOWED, Permission, Role, Scope
from maquette.model.records import Credential, User
from maquette.settings import Settings
from tests.conftest import LOOPBACK, SECRET_KEY
from tests.office import Office, StillClock, Team


@dataclass(frozen=True)
class Ask:
    """A call; `{words}` in its path, and words in its body, stand for what the cell was furnished with."""

    method: str
    path: str
    body: dict[str, Any] | None = None


CRAFTDESK = {
    Permission.WORKSPACE_READ: Ask("GET", "/workspace"),
    Permission.PROJECT_READ: Ask("GET", "/projects/{project}"),
    Permission.PROJECT_EDIT: Ask("PATCH", "/projects/{project}", {"name": "New"}),
    Permission.PROJECT_CREATE: Ask("POST", "/projects", {"name": "New"}),
    Permission.PROJECT_ARCHIVE: Ask("POST", "/projects/{project}/archive"),
    Permission.PROJECT_DELETE: Ask("DELETE", "/projects/{project}"),
    Permission.PROJECT_ASSIGN: Ask("POST", "/projects/{project}/members", {"user_id": "{member}"}),
    Permission.BRAND_KIT_READ: Ask("GET", "/brand_kits/{kit}"),
    Permission.BRAND_KIT_CREATE: Ask("POST", "/brand_kits", {"name": "New"}),
    Permission.BRAND_KIT_EDIT: Ask("PATCH", "/brand_kits/{kit}", {"name": "New"}),
    Permission.BRAND_KIT_DELETE: Ask("DELETE", "/brand_kits/{kit}"),
    Permission.MEMBER_READ: Ask("GET", "/members"),
    Permission.MEMBER_INVITE: Ask("POST", "/members", {"email": "{address}", "role": "admin"}),
    Permission.MEMBER_CHANGE: Ask("PATCH", "/members/{member}", {"role": "admin"}),
    Permission.MEMBER_REMOVE: Ask("DELETE", "/members/{member}"),
    Permission.CREDENTIAL_READ: Ask("GET", "/api_keys/{key}"),
    Permission.CREDENTIAL_MANAGE: Ask("DELETE", "/api_keys/{key}"),
    Permission.WEBHOOK_READ: Ask("GET", "/webhooks/{webhook}"),
    Permission.WEBHOOK_MANAGE: Ask("POST", "/webhooks/{webhook}/test"),
    Permission.EVENT_READ: Ask("GET", "/events"),
    Permission.USAGE_READ: Ask("GET", "/usage"),
    Permission.OWNERSHIP_CHANGE: Ask("POST", "/members/{member}/transfer_ownership"),
}
CREATOPY = {
    Permission.PROJECT_READ: Ask("GET", "/project/users?projectId={project_id}"),
    Permission.PROJECT_EDIT: Ask("PUT", "/projects", {"projectId": "{project_id}", "name": "New"}),
    Permission.PROJECT_CREATE: Ask("POST", "/projects", {"name": "New", "brandKitId": "{kit_id}"}),
    Permission.PROJECT_DELETE: Ask("DELETE", "/projects", {"projectId": "{project_id}"}),
    Permission.PROJECT_ASSIGN: Ask("POST", "/project/users", {"projectId": "{project_id}", "userId": "{member_id}"}),
    Permission.BRAND_KIT_READ: Ask("GET", "/brandkits"),
    Permission.BRAND_KIT_CREATE: Ask("POST", "/brandkits/create", {"name": "New"}),
    Permission.BRAND_KIT_EDIT: Ask("PUT", "/brandkits", {"brandkitId": "{kit_id}", "name": "New"}),
    Permission.BRAND_KIT_DELETE: Ask("DELETE", "/brandkits", {"brandkitId": "{kit_id}"}),
    Permission.MEMBER_READ: Ask("GET", "/users"),
    Permission.MEMBER_INVITE: Ask("POST", "/users", {"name": "Ada", "email": "{address}", "role": "Admin"}),
    Permission.MEMBER_CHANGE: Ask("PUT", "/users", {"userId": "{member_id}", "roleId": 1}),
    Permission.MEMBER_REMOVE: Ask("DELETE", "/users", {"email": "{member_address}"}),
    Permission.WEBHOOK_READ: Ask("GET", "/webhooks/deliveries?webhookId={webhook_id}"),
    Permission.WEBHOOK_MANAGE: Ask("POST", "/webhooks/test", {"webhookId": "{webhook_id}"}),
    Permission.OWNERSHIP_CHANGE: Ask("PUT", "/users", {"userId": "{member_id}", "roleId": 3}),
}
TABLES = {"craftdesk": CRAFTDESK, "creatopy": CREATOPY}

ASKED_BEFORE = {("creatopy", Permission.OWNERSHIP_CHANGE): Permission.MEMBER_CHANGE}
"""What the same call needs besides, and is asked for first."""

NOT_OVER_HTTP = {
    Permission.WORKSPACE_EDIT: "nothing of a workspace can be changed yet",
    Permission.PLAN_CHANGE: "the operator does it, at the command line",
}

CELLS = [(dialect, permission) for dialect, table in TABLES.items() for permission in table]


def test_every_permission_is_in_a_table() -> None:
    """Or it is said why no call needs it."""
    assert set(Permission) == {*CRAFTDESK, *CREATOPY, *NOT_OVER_HTTP}
    assert set() == set(NOT_OVER_HTTP) & {*CRAFTDESK, *CREATOPY}


@dataclass
class Stage:
    """One team in one runtime, and what every cell needs."""

    office: Office
    team: Team
    owner: httpx2.AsyncClient
    webhook: str

    async def furnished(self) -> dict[str, str | int]:
        """A team-wide project, a kit, a member on neither, that member's key, and an address that nobody has."""
        project = (await self.owner.post("/projects", json={"name": "Poster", "visibility": "team"})).json()["data"][
            "id"
        ]
        kit = (await self.owner.post("/brand_kits", json={"name": "Kit"})).json()["data"]["id"]
        member = await self.team.member()
        key, _ = await self.team.key(member)
        return {
            "project": project,
            "project_id": await self._serial("projects", project),
            "kit": kit,
            "kit_id": await self._serial("brand_kits", kit),
            "member": member.id,
            "member_id": member.serial,
            "member_address": member.email,
            "key": key.id,
            "webhook": self.webhook,
            "webhook_id": await self._serial("webhooks", self.webhook),
            "address": f"new-{member.email}",
        }

    async def call(self, dialect: str, ask: Ask, credential: tuple[Credential, str]) -> httpx2.Response:
        """How the call is answered with this credential."""
        words = await self.furnished()
        made, secret = credential
        token = issue(made.id, secret, now_ms=self.office.now_ms, ttl_s=60) if dialect == "creatopy" else secret
        body = {name: _filled(value, words) for name, value in ask.body.items()} if ask.body else None
        async with self.office.http(f"/{dialect}/v1", token) as caller:
            return await caller.request(ask.method, ask.path.format_map(words), json=body)

    async def as_role(self, dialect: str, role: Role) -> tuple[Credential, str]:
        """A credential of a new user with the role."""
        user: User = await self.team.member(role)
        return await (self.team.key(user) if dialect == "craftdesk" else self.team.client_pair(user))

    async def _serial(self, table: str, id: str) -> int:
        serial: int = await self.office.read(lambda tx: tx.value(f"SELECT serial FROM {table} WHERE id = $1", id))
        return serial


def _filled(value: Any, words: dict[str, str | int]) -> Any:
    return words[value.strip("{}")] if isinstance(value, str) and value.startswith("{") else value


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A runtime for all cells."""
    settings = Settings(
        data=tmp_path_factory.mktemp("permissions"), secret_key=SECRET_KEY, webhook_allow=LOOPBACK, worker=False
    )
    clock = StillClock()
    async with open_runtime(settings, clock) as runtime:
        office = Office(runtime, clock)
        team = await office.team()
        yield Stage(office, team, await team.craftdesk(), (await team.webhook())["id"])
        await office.close()


@pytest.mark.asyncio(loop_scope="module")
class TestRoles:
    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize(("dialect", "permission"), CELLS)
    async def test_a_role_does_what_the_matrix_allows(
        self, stage: Stage, dialect: str, permission: Permission, role: Role
    ) -> None:
        """The call succeeds where the matrix says so, and is 403 with the permission's name where it doesn't."""
        credential = await stage.as_role(dialect, role)
        answer = await stage.call(dialect, TABLES[dialect][permission], credential)
        if role in ALLOWED[permission]:
            assert answer.is_success, answer.text
        else:
            needed = [ASKED_BEFORE.get((dialect, permission), permission), permission]
            lacking = next(each for each in needed if role not in ALLOWED[each])
            assert (403, True) == (answer.status_code, f"Your role doesn't include {lacking}." in answer.text)


@pytest.mark.asyncio(loop_scope="module")
class TestScopes:
    @pytest.mark.parametrize("permission", CRAFTDESK)
    async def test_a_read_only_key_only_reads(self, stage: Stage, permission: Permission) -> None:
        """An owner's: what ends in `.read` succeeds, everything else is 403."""
        credential = await stage.team.key(scope=Scope.READ_ONLY)
        answer = await stage.call("craftdesk", CRAFTDESK[permission], credential)
        if permission.endswith(".read"):
            assert answer.is_success, answer.text
        else:
            assert (403, True) == (answer.status_code, "This API key is read-only." in answer.text)
