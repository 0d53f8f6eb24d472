"""How does the reference get its workspaces? Straight into its file; their credentials are printed."""

import asyncio
import json
import os
import re
import secrets
import sys
from hashlib import sha256
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.world import LISTED_PROJECTS, MIXED_PROJECTS, Credentials, projects

from .database import open_engine, session_factory
from .models import Base, BrandKit, Credential, Project, User, Workspace


async def fill(path: Path, mixed: int) -> dict[str, object]:
    engine = open_engine(path)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_factory(engine)() as session:
        listed = await _workspace(session, "listed", LISTED_PROJECTS)
        created = await _workspace(session, "created", 1)
        others = [await _workspace(session, f"mixed-{each}", MIXED_PROJECTS) for each in range(mixed)]
        await session.commit()
    await engine.dispose()
    return {"listed": vars(listed), "created": vars(created), "mixed": [vars(each) for each in others]}


async def _workspace(session: AsyncSession, name: str, count: int) -> Credentials:
    workspace = Workspace(name=name, month_limit=None, burst_limit=None)
    user = User(email=f"owner@{name}.test", role="owner")
    session.add_all([workspace, user])
    await session.flush()
    kit = BrandKit(workspace_serial=workspace.serial, name="House", created_by_serial=user.serial)
    session.add(kit)
    await session.flush()
    session.add_all(
        Project(
            workspace_serial=workspace.serial,
            name=title,
            slug=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
            description=description,
            brand_kit_serial=kit.serial if number % 2 == 0 else None,
            created_by_serial=user.serial,
        )
        for number, (title, description) in enumerate(projects(count))
    )
    return _credentials(session, workspace, user)


def _credentials(session: AsyncSession, workspace: Workspace, user: User) -> Credentials:
    issued = Credentials(
        key=f"ref_live_{secrets.token_hex(20)}",
        client_id=secrets.token_hex(12),
        client_secret=secrets.token_hex(32),
    )
    owned = {"workspace_serial": workspace.serial, "user_serial": user.serial}
    session.add(Credential(lookup=sha256(issued.key.encode()).hexdigest(), **owned))
    session.add(Credential(lookup=issued.client_id, client_secret=issued.client_secret, **owned))
    return issued


if __name__ == "__main__":
    json.dump(asyncio.run(fill(Path(os.environ["REFERENCE_DATABASE"]), int(sys.argv[1]))), sys.stdout)
