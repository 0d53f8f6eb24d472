"""A running Maquette inside the test's own process, and shortcuts to people, keys and callers."""

import itertools
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import httpx2

from maquette.app import Runtime
from maquette.dialects.creatopy.auth import issue
from maquette.domain import credentials, members, plans, workspaces
from maquette.model.actor import Actor, Role, Scope, operator
from maquette.model.records import Credential, User, Workspace
from maquette.store import projects as project_store
from maquette.store.database import Body
from maquette.wire.asgi import as_asgi

T = TypeVar("T")

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 12"><rect width="9" height="9"/></svg>'

RECEIVER = "http://127.0.0.1:9/hooks"
"""Where nobody listens; it names an address, so that nothing has to be looked up."""

_numbers = itertools.count(1)


class StillClock:
    """A clock that moves only when a test says so; it starts on 2026-03-10 at 12:00 UTC."""

    def __init__(self, now_ms: int = 1_773_144_000_000) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        """The moment it stands at."""
        return self.at_ms

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass."""
        self.at_ms += int((seconds + days * 86_400) * 1000)


@dataclass
class Team:
    """One workspace with its owner."""

    office: "Office"
    workspace: Workspace
    owner: User

    @property
    def operator(self) -> Actor:
        """Whoever sits at the command line."""
        return operator(self.workspace.serial)

    def actor(self, user: User, role: Role) -> Actor:
        """An actor for the domain's verbs."""
        return Actor(self.workspace.serial, user.serial, role, user_id=user.id)

    async def member(self, role: Role = Role.MEMBER, email: str | None = None) -> User:
        """Add somebody."""
        address = email or f"{role.value}{next(_numbers)}@example.com"
        added = await self.office.write(
            lambda tx: members.add(tx, self.operator, address, role, now_ms=self.office.now_ms)
        )
        return User(added.serial, added.id, added.email, added.name, added.created_at)

    async def put(self, user: User, role: Role) -> None:
        """Make them something else."""
        await self.office.write(lambda tx: members.add(tx, self.operator, user.email, role, now_ms=self.office.now_ms))

    async def assign(self, user: User, project_id: str) -> None:
        """Assign somebody to a project."""

        async def body(tx: Any) -> None:
            project = await project_store.get(tx, self.workspace.serial, "id", project_id)
            assert project
            await project_store.assign(tx, user.serial, project.serial, self.office.now_ms)

        await self.office.write(body)

    async def key(
        self, user: User | None = None, *, scope: Scope = Scope.FULL, expires_at: int | None = None
    ) -> tuple[Credential, str]:
        """An API key that acts as the user, else as the owner."""
        return await self.office.write(
            lambda tx: credentials.create_key(
                tx,
                self.operator,
                user or self.owner,
                f"key {next(_numbers)}",
                scope=scope,
                expires_at=expires_at,
                now_ms=self.office.now_ms,
            )
        )

    async def client_pair(self, user: User | None = None) -> tuple[Credential, str]:
        """A client pair that acts as the user, else as the owner."""
        sealer = self.office.runtime.services.sealer
        return await self.office.write(
            lambda tx: credentials.create_client(
                tx, self.operator, user or self.owner, f"client {next(_numbers)}", sealer, now_ms=self.office.now_ms
            )
        )

    async def craftdesk(self, user: User | None = None, **key_options: Any) -> httpx2.AsyncClient:
        """A caller of the CraftDesk API, at `/craftdesk/v1`, with a new key of the user's, else of the owner's."""
        _, key = await self.key(user, **key_options)
        return self.office.http("/craftdesk/v1", key)

    async def creatopy(self, user: User | None = None) -> httpx2.AsyncClient:
        """A caller of the Creatopy API, at `/creatopy/v1`, with a token of a new client pair."""
        client, secret = await self.client_pair(user)
        return self.office.http(
            "/creatopy/v1", issue(client.id, secret, now_ms=self.office.now_ms, ttl_s=10 * 365 * 86_400)
        )

    async def logo(self, kit_id: str) -> dict[str, Any]:
        """A new logo of the brand kit, as CraftDesk answers it."""
        caller = await self.craftdesk()
        files, data = {"file": ("logo.svg", LOGO)}, {"kind": "logo"}
        answer = await caller.post(f"/brand_kits/{kit_id}/assets", data=data, files=files)
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json()["data"])

    async def webhook(self, **given: Any) -> dict[str, Any]:
        """A new webhook that is told everything, as CraftDesk answers it, with its secret."""
        caller = await self.craftdesk()
        answer = await caller.post("/webhooks", json={"url": RECEIVER, "events": ["*"], **given})
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json()["data"])

    async def trial(self, webhook_id: str) -> dict[str, Any]:
        """A new delivery to the webhook, of a test's message, as CraftDesk answers it."""
        answer = await (await self.craftdesk()).post(f"/webhooks/{webhook_id}/test")
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json()["data"])

    async def on_plan(self, plan: str) -> None:
        """Change the plan."""
        await self.office.write(lambda tx: workspaces.change_plan(tx, self.operator, plan, now_ms=self.office.now_ms))


class Office:
    """One runtime under test; teams are made in it at will."""

    def __init__(self, runtime: Runtime, clock: StillClock) -> None:
        self.runtime = runtime
        self.clock = clock
        self.database = runtime.services.database
        self._clients: list[httpx2.AsyncClient] = []

    @property
    def now_ms(self) -> int:
        """The present moment."""
        return self.clock.now_ms()

    async def read(self, body: Body[T]) -> T:
        """One reading transaction."""
        return await self.database.read(body)

    async def write(self, body: Body[T]) -> T:
        """One writing transaction."""
        return await self.database.write(body)

    async def team(self, *, plan: str = "unlimited", name: str | None = None) -> Team:
        """A new workspace with an owner."""
        number = next(_numbers)
        workspace, owner = await self.write(
            lambda tx: workspaces.create(
                tx, name or f"Team {number}", plan=plan, owner=f"owner{number}@example.com", now_ms=self.now_ms
            )
        )
        return Team(self, workspace, owner)

    async def plan(self, *, month: int | None = None, burst: int | None = None, projects: int | None = None) -> str:
        """A new plan; returns its name. None is without limit."""
        name = f"plan{next(_numbers)}"
        limits: plans.Limits = {"month": month, "burst": burst, "projects": projects}
        await self.write(lambda tx: plans.put(tx, operator(0), name, limits))
        return name

    def http(self, path: str = "", token: str | None = None, **options: Any) -> httpx2.AsyncClient:
        """A caller of the runtime, below a path, with a bearer token if there is one."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx2.ASGITransport(
            cast(Any, as_asgi(self.runtime.application)), client=options.pop("client", ("127.0.0.1", 50_000))
        )
        base_url = options.pop("origin", "http://127.0.0.1:8080") + path
        caller = httpx2.AsyncClient(transport=transport, base_url=base_url, headers=headers, **options)
        self._clients.append(caller)
        return caller

    async def close(self) -> None:
        """Let go of the callers."""
        for caller in self._clients:
            await caller.aclose()
