"""`/v1/workspace`."""

from litestar import get

from maquette.dialects.craftdesk.shapes.page import One
from maquette.dialects.craftdesk.shapes.workspace import WorkspaceOut
from maquette.domain import workspaces
from maquette.wire.call import Answer, Call, encode


@get("/v1/workspace", tags=["Workspace"], summary="Read your workspace", response_description="The workspace")
async def get_workspace(request: Call) -> Answer[One[WorkspaceOut]]:
    """The workspace that the key belongs to."""
    workspace = await request.read(lambda tx: workspaces.get(tx, request.actor))
    return Answer(encode(One(WorkspaceOut.of(workspace))))
