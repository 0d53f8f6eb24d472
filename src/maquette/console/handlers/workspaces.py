"""`/workspaces`: those that a person belongs to, and which of them the session shows."""

from litestar import get, post
from litestar.params import FromPath

from maquette.console.visit import Visit, redirect
from maquette.domain import sessions
from maquette.wire.reply import Reply

PATH = "/workspaces"


@get(PATH, without_workspace=True)
async def list_workspaces(request: Visit) -> Reply:
    """The workspaces to choose from."""
    found = await request.read(lambda tx: sessions.memberships(tx, request.signed_in.user))
    return request.page("workspaces.html", memberships=found)


@post(PATH + "/{ref:str}", without_workspace=True)
async def switch_workspace(request: Visit, ref: FromPath[str]) -> Reply:
    """Show another workspace from now on. Raises `NotFound`."""
    await request.write(lambda tx: sessions.switch_workspace(tx, request.signed_in, ref))
    return redirect("/")
