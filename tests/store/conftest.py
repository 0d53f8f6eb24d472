"""What does every store test start from? A workspace with its owner, and short ways to add rows to it."""

import itertools
import uuid
from dataclasses import dataclass

import pytest

from maquette.model.actor import Role, Sight
from maquette.model.ids import new_id
from maquette.model.page import ByPage, Order, Slice, SortField, Window
from maquette.model.records import BrandKit, Credential, Font, Project, User, Workspace
from maquette.store import brand_kits, credentials, members, projects, workspaces
from maquette.store.database import Body, Database, T, Transaction, Value
from maquette.store.projects import ProjectFilter
from tests.office import StillClock

NEWEST = Order(SortField.SERIAL, descending=True)
OLDEST = Order(SortField.SERIAL, descending=False)

_numbers = itertools.count(1)


def unique(name: str) -> str:
    """The name, made the only one of its kind: a PostgreSQL database serves many tests."""
    return f"{name}-{next(_numbers)}-{uuid.uuid4().hex[:8]}"


@dataclass
class Home:
    """One workspace in a store under test."""

    database: Database
    clock: StillClock
    workspace: Workspace
    owner: User

    @property
    def serial(self) -> int:
        """The workspace's."""
        return self.workspace.serial

    async def read(self, body: Body[T]) -> T:
        """One reading transaction."""
        return await self.database.read(body)

    async def write(self, body: Body[T]) -> T:
        """One writing transaction."""
        return await self.database.write(body)

    async def user(self, role: Role | None = Role.MEMBER) -> User:
        """Somebody new, a member unless the role is None."""
        email, now_ms = unique("somebody") + "@example.com", self.clock.now_ms()
        user = await self.write(
            lambda tx: members.insert_user(tx, id=new_id(now_ms), email=email, name="Somebody", now_ms=now_ms)
        )
        if role is not None:
            await self.write(
                lambda tx: members.put(tx, workspace=self.serial, user=user.serial, role=role, now_ms=now_ms)
            )
        return user

    async def kit(self, name: str = "House style", typography: tuple[Font, ...] = ()) -> BrandKit:
        """A new brand kit of the owner's."""
        return await self.write(
            lambda tx: brand_kits.insert(
                tx,
                id=new_id(self.clock.now_ms()),
                workspace=self.serial,
                name=name,
                name_folded=name.casefold(),
                typography=typography,
                created_by=self.owner.serial,
                now_ms=self.clock.now_ms(),
            )
        )

    async def kits(self, *, keyword: str = "", order: Order = OLDEST, window: Window | None = None) -> Slice[BrandKit]:
        """One window of the kits."""
        return await self.read(
            lambda tx: brand_kits.list_(
                tx, self.serial, keyword=keyword, order=order, window=window or ByPage(1, 100), kept_total=None
            )
        )

    async def project(self, name: str = "Website", **values: Value) -> Project:
        """A new project of the owner's; a column can be given another value."""
        row: dict[str, Value] = {
            "id": new_id(self.clock.now_ms()),
            "workspace": self.serial,
            "name": name,
            "name_folded": name.casefold(),
            "slug": unique("slug"),
            "description": None,
            "description_folded": None,
            "color": None,
            "visibility": "team",
            "brand_kit": None,
            "kit_selectable": 1,
            "created_by": self.owner.serial,
            "created_at": self.clock.now_ms(),
            "updated_at": self.clock.now_ms(),
            "archived_at": None,
        }
        serial = await self.write(lambda tx: projects.insert(tx, row | values))
        assert serial
        project = await self.got(serial)
        assert project
        return project

    async def got(self, ref: int | str, column: str = "serial") -> Project | None:
        """The project that a column names."""
        return await self.read(lambda tx: projects.get(tx, self.serial, column, ref))

    async def projects(
        self,
        filter: ProjectFilter | None = None,
        *,
        sight: Sight = Sight(),  # noqa: B008  frozen
        order: Order = OLDEST,
        window: Window | None = None,
    ) -> Slice[Project]:
        """One window of the projects."""
        return await self.read(
            lambda tx: projects.list_(
                tx,
                self.serial,
                sight=sight,
                filter=filter or ProjectFilter(),
                order=order,
                window=window or ByPage(1, 100),
                kept_total=None,
            )
        )

    async def credential(
        self, user: User | None = None, *, kind: str = "key", secret_hash: bytes | None = None
    ) -> Credential:
        """A new credential, the owner's unless it's somebody else's."""
        return await self.write(
            lambda tx: credentials.insert(
                tx,
                id=new_id(self.clock.now_ms()),
                workspace=self.serial,
                user=(user or self.owner).serial,
                kind=kind,
                name="deploy",
                scope="full",
                secret_hash=secret_hash,
                secret_sealed=b"sealed" if kind == "client" else None,
                hint="…wxyz",
                expires_at=None,
                now_ms=self.clock.now_ms(),
            )
        )


async def new_home(database: Database, clock: StillClock, name: str = "Acme", plan: str = "unlimited") -> Home:
    """A new workspace with an owner."""
    now_ms = clock.now_ms()

    async def body(tx: Transaction) -> tuple[Workspace, User]:
        workspace = await workspaces.insert(
            tx, id=new_id(now_ms), slug=unique("acme"), name=name, plan=plan, now_ms=now_ms
        )
        owner = await members.insert_user(
            tx, id=new_id(now_ms), email=unique("owner") + "@example.com", name="Owner", now_ms=now_ms
        )
        await members.put(tx, workspace=workspace.serial, user=owner.serial, role=Role.OWNER, now_ms=now_ms)
        return workspace, owner

    return Home(database, clock, *await database.write(body))


@pytest.fixture
async def home(database: Database, clock: StillClock) -> Home:
    """A workspace on the engine in turn."""
    return await new_home(database, clock)


@pytest.fixture
async def neighbour(database: Database, clock: StillClock) -> Home:
    """Another workspace in the same store."""
    return await new_home(database, clock, "Neighbour")
