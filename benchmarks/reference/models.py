"""Which tables does the reference keep? Declarative models, with the indexes that the queries need."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


class Base(DeclarativeBase):
    pass


class Workspace(Base):
    __tablename__ = "workspaces"

    serial: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    month_limit: Mapped[int | None]
    burst_limit: Mapped[int | None]


class User(Base):
    __tablename__ = "users"

    serial: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))


class Credential(Base):
    """An API key (found by the hash of its secret) or a Creatopy client (found by its id)."""

    __tablename__ = "credentials"

    serial: Mapped[int] = mapped_column(primary_key=True)
    lookup: Mapped[str] = mapped_column(String(64), unique=True)
    client_secret: Mapped[str | None] = mapped_column(String(64))
    workspace_serial: Mapped[int] = mapped_column(ForeignKey("workspaces.serial"))
    user_serial: Mapped[int] = mapped_column(ForeignKey("users.serial"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    workspace: Mapped[Workspace] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")


class Usage(Base):
    __tablename__ = "usage"

    workspace_serial: Mapped[int] = mapped_column(ForeignKey("workspaces.serial"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)


class BrandKit(Base):
    __tablename__ = "brand_kits"

    serial: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    workspace_serial: Mapped[int] = mapped_column(ForeignKey("workspaces.serial"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    created_by_serial: Mapped[int] = mapped_column(ForeignKey("users.serial"))
    typography: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class Project(Base):
    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("workspace_serial", "slug"),
        # With archived_at in them, the total is counted in an index alone.
        Index("projects_newest", "workspace_serial", "archived_at", "created_at", "serial"),
        Index("projects_by_serial", "workspace_serial", "archived_at", "serial"),
    )

    serial: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    workspace_serial: Mapped[int] = mapped_column(ForeignKey("workspaces.serial"))
    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(String(7))
    visibility: Mapped[str] = mapped_column(String(10), default="private")
    brand_kit_serial: Mapped[int | None] = mapped_column(ForeignKey("brand_kits.serial"))
    created_by_serial: Mapped[int] = mapped_column(ForeignKey("users.serial"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]

    brand_kit: Mapped[BrandKit | None] = relationship(lazy="raise")
    creator: Mapped[User] = relationship(lazy="raise")


class Event(Base):
    """What happened to which project, by whom: written in the transaction of the change itself."""

    __tablename__ = "events"

    serial: Mapped[int] = mapped_column(primary_key=True)
    workspace_serial: Mapped[int] = mapped_column(ForeignKey("workspaces.serial"), index=True)
    user_serial: Mapped[int] = mapped_column(ForeignKey("users.serial"))
    type: Mapped[str] = mapped_column(String(50))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
