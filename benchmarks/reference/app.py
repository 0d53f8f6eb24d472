"""How is the reference put together? Its two routers over one engine, opened and closed with the server.

`benchmarks.servers` starts it under uvicorn, with one worker; REFERENCE_DATABASE names the file.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from . import craftdesk, creatopy
from .database import open_engine, session_factory


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = open_engine(Path(os.environ["REFERENCE_DATABASE"]))
    app.state.sessions = session_factory(engine)
    yield
    await engine.dispose()


app = FastAPI(title="Reference", lifespan=lifespan)
app.include_router(craftdesk.router)
app.include_router(creatopy.router)


@app.get("/healthz")
async def health() -> dict[str, str]:
    return {"status": "ok"}
