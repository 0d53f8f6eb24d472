"""What does the reference do with projects? The queries and the one transaction that both routers share."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from .callers import Caller
from .database import Session
from .models import BrandKit, Event, Project, now


async def count(session: Session, caller: Caller) -> int:
    return await session.scalar(select(func.count()).select_from(Project).where(*_listed(caller))) or 0


async def page(session: Session, caller: Caller, number: int, per_page: int) -> list[Project]:
    """Newest first, by page number."""
    found = await session.scalars(
        select(Project)
        .where(*_listed(caller))
        .order_by(Project.created_at.desc(), Project.serial.desc())
        .offset((number - 1) * per_page)
        .limit(per_page)
        .options(joinedload(Project.creator), joinedload(Project.brand_kit))
    )
    return list(found)


async def after(session: Session, caller: Caller, last: int | None, limit: int) -> list[Project]:
    """Highest serial first, after a cursor; one more than `limit`, to know whether there is a next page."""
    found = await session.scalars(
        select(Project)
        .where(*_listed(caller), *([Project.serial < last] if last is not None else []))
        .order_by(Project.serial.desc())
        .limit(limit + 1)
        .options(joinedload(Project.brand_kit))
    )
    return list(found)


async def get(session: Session, caller: Caller, project_id: UUID) -> Project | None:
    return await session.scalar(
        select(Project)
        .where(Project.workspace_serial == caller.workspace.serial, Project.id == project_id)
        .options(joinedload(Project.creator), joinedload(Project.brand_kit))
    )


async def create(session: Session, caller: Caller, project: Project) -> Project:
    """Keeps the project with its event, and the caller's counted call, in one durable transaction."""
    project.workspace_serial = caller.workspace.serial
    project.creator = caller.user
    project.slug = await _free_slug(session, caller, project.name)
    session.add(project)
    await session.flush()
    session.add(
        Event(
            workspace_serial=caller.workspace.serial,
            user_serial=caller.user.serial,
            type="project.created",
            payload={"id": str(project.id), "name": project.name, "slug": project.slug},
            created_at=now(),
        )
    )
    await session.commit()
    return project


async def kit(session: Session, caller: Caller, which: ColumnElement[bool]) -> BrandKit | None:
    return await session.scalar(select(BrandKit).where(BrandKit.workspace_serial == caller.workspace.serial, which))


def _listed(caller: Caller) -> tuple[ColumnElement[bool], ...]:
    return Project.workspace_serial == caller.workspace.serial, Project.archived_at.is_(None)


async def _free_slug(session: Session, caller: Caller, name: str) -> str:
    wanted = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:90] or "project"
    slug, suffix = wanted, 1
    while await session.scalar(
        select(Project.serial).where(Project.workspace_serial == caller.workspace.serial, Project.slug == slug)
    ):
        suffix += 1
        slug = f"{wanted}-{suffix}"
    return slug
