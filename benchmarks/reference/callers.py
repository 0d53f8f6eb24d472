"""Who calls, and may they call now? The credential and the month in the database, the burst in memory.

Both routers depend on this: `...Reader` in calls that only read, `...Writer` in those that commit.
"""

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import joinedload

from . import tokens
from .database import Session
from .models import Credential, Usage, User, Workspace, now

BURST_SECONDS = 60

Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


@dataclass(frozen=True)
class Caller:
    user: User
    workspace: Workspace


async def by_key(session: Session, bearer: Bearer) -> Caller:
    """Of the CraftDesk dialect: the bearer is an API key, of which only the hash is stored."""
    found = await find(session, sha256(bearer.credentials.encode()).hexdigest())
    if found is None:
        raise HTTPException(401, "Invalid or expired API key")
    return await _admit(session, found)


async def by_token(session: Session, bearer: Bearer) -> Caller:
    """Of the Creatopy dialect: the bearer is a JWT, signed with the secret of the client that it names."""
    client_id = tokens.client_named(bearer.credentials)
    found = await find(session, client_id) if client_id else None
    if found is None or not tokens.is_signed(bearer.credentials, found.client_secret or ""):
        raise HTTPException(401, "Invalid token")
    return await _admit(session, found)


async def key_reader(session: Session, caller: Annotated[Caller, Depends(by_key)]) -> Caller:
    # The count is committed before the reading starts: the one write lock is held no longer than it must be.
    await session.commit()
    return caller


async def token_reader(session: Session, caller: Annotated[Caller, Depends(by_token)]) -> Caller:
    await session.commit()
    return caller


# A writer's count is committed with its work: one transaction, one sync to disk.
KeyReader = Annotated[Caller, Depends(key_reader)]
KeyWriter = Annotated[Caller, Depends(by_key)]
TokenReader = Annotated[Caller, Depends(token_reader)]
TokenWriter = Annotated[Caller, Depends(by_token)]


async def find(session: Session, lookup: str) -> Credential | None:
    return await session.scalar(
        select(Credential)
        .where(Credential.lookup == lookup, Credential.revoked_at.is_(None))
        .where(or_(Credential.expires_at.is_(None), Credential.expires_at > now()))
        .options(joinedload(Credential.user), joinedload(Credential.workspace))
    )


async def _admit(session: Session, credential: Credential) -> Caller:
    workspace = credential.workspace
    _count_burst(workspace)
    await _count_month(session, workspace)
    return Caller(credential.user, workspace)


_bursts: dict[int, tuple[int, int]] = {}


def _count_burst(workspace: Workspace) -> None:
    window = int(time.time()) // BURST_SECONDS
    started, calls = _bursts.get(workspace.serial, (window, 0))
    calls = calls + 1 if started == window else 1
    _bursts[workspace.serial] = (window, calls)
    if workspace.burst_limit is not None and calls > workspace.burst_limit:
        raise HTTPException(429, "Too many requests", {"Retry-After": str(BURST_SECONDS)})


async def _count_month(session: Session, workspace: Workspace) -> None:
    month = now().strftime("%Y-%m")
    calls = await session.scalar(
        update(Usage)
        .where(Usage.workspace_serial == workspace.serial, Usage.month == month)
        .values(calls=Usage.calls + 1)
        .returning(Usage.calls)
    )
    if calls is None:
        calls = 1
        await session.execute(insert(Usage).values(workspace_serial=workspace.serial, month=month, calls=1))
    if workspace.month_limit is not None and calls > workspace.month_limit:
        raise HTTPException(429, "Monthly quota exceeded")
