"""Which CraftDesk calls does the reference answer? List, single read and create of projects."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Response

from . import projects
from .callers import KeyReader, KeyWriter
from .database import Session
from .models import BrandKit, Project
from .shapes import Meta, OneProject, Pagination, ProjectIn, ProjectList, ProjectOut

router = APIRouter(prefix="/craftdesk/v1/projects", tags=["CraftDesk"])


@router.get("")
async def list_projects(
    session: Session,
    caller: KeyReader,
    page: Annotated[int, Query(ge=1)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ProjectList:
    total = await projects.count(session, caller)
    found = await projects.page(session, caller, page, per_page)
    pagination = Pagination(current_page=page, total=total, per_page=per_page, last_page=max(1, -(-total // per_page)))
    return ProjectList(data=[ProjectOut.of(each) for each in found], meta=Meta(pagination=pagination))


@router.get("/{project_id}")
async def get_project(session: Session, caller: KeyReader, project_id: UUID) -> OneProject:
    found = await projects.get(session, caller, project_id)
    if found is None:
        raise HTTPException(404, "Not Found")
    return OneProject(data=ProjectOut.of(found))


@router.post("", status_code=201)
async def create_project(session: Session, caller: KeyWriter, sent: ProjectIn, response: Response) -> OneProject:
    kit = None
    if sent.brand_kit_id is not None:
        kit = await projects.kit(session, caller, BrandKit.id == sent.brand_kit_id)
        if kit is None:
            raise HTTPException(400, "Unknown brand kit")
    project = Project(**sent.model_dump(exclude={"brand_kit_id"}), brand_kit=kit)
    created = await projects.create(session, caller, project)
    response.headers["Location"] = f"/craftdesk/v1/projects/{created.id}"
    return OneProject(data=ProjectOut.of(created))
