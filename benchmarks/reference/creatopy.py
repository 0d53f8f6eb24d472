"""Which Creatopy calls does the reference answer? The token, and list and create of projects."""

import base64
import hmac
import json
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from . import projects, tokens
from .callers import TokenReader, TokenWriter, find
from .database import Session
from .models import BrandKit, Project
from .shapes import (
    Connection,
    Created,
    CreatedProject,
    CreatedResponse,
    ListResponse,
    NewProject,
    Node,
    PageInfo,
    TokenIn,
    TokenOut,
)

router = APIRouter(prefix="/creatopy/v1", tags=["Creatopy"])


@router.post("/auth/token")
async def issue_token(session: Session, sent: TokenIn) -> TokenOut:
    client = await find(session, sent.client_id)
    secret = (client.client_secret if client else None) or ""
    if not hmac.compare_digest(secret.encode(), sent.client_secret.encode()) or not secret:
        raise HTTPException(401, "Invalid credentials")
    return TokenOut(token=tokens.sign(sent.client_id, secret))


@router.get("/projects")
async def list_projects(
    session: Session,
    caller: TokenReader,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    cursor: str = "",
) -> ListResponse:
    total = await projects.count(session, caller)
    found = await projects.after(session, caller, _last_id(cursor), limit)
    shown = found[:limit]
    end = _cursor(limit, shown[-1].serial) if shown else ""
    info = PageInfo(has_next_page=len(found) > limit, end_cursor=end)
    nodes = [Node.of(each) for each in shown]
    return ListResponse(response=Connection(total_count=total, nodes=nodes, page_info=info))


@router.post("/projects")
async def create_project(session: Session, caller: TokenWriter, sent: NewProject) -> CreatedResponse:
    kit = await projects.kit(session, caller, BrandKit.serial == sent.brand_kit_id)
    if kit is None:
        raise HTTPException(404, "Brand kit not found")
    project = Project(name=sent.name, color=sent.color, description=sent.description, brand_kit=kit)
    created = await projects.create(session, caller, project)
    return CreatedResponse(response=Created(project=CreatedProject.of(created)))


def _cursor(limit: int, last: int) -> str:
    packed = json.dumps({"limit": limit, "lastId": last}, separators=(",", ":"))
    return base64.b64encode(packed.encode()).decode()


def _last_id(cursor: str) -> int | None:
    if not cursor:
        return None
    try:
        return int(json.loads(base64.b64decode(cursor))["lastId"])
    except (ValueError, KeyError, TypeError) as broken:
        raise HTTPException(400, "Invalid cursor") from broken
