"""`/projects/{ref}/members`: who works on a project. The list itself is on the project's page."""

from litestar import post
from litestar.params import FromPath

from maquette.console.handlers.projects import PATH as PROJECTS
from maquette.console.handlers.projects import project_page
from maquette.console.refusals import FORM_ERRORS
from maquette.console.visit import Visit, redirect
from maquette.domain import assignments
from maquette.wire.reply import Reply

PATH = PROJECTS + "/{ref:str}/members"


@post(PATH)
async def assign_member(request: Visit, ref: FromPath[str]) -> Reply:
    """Let an active member work on the project. Raises `NotFound`, `Invisible`, `Forbidden`."""
    user, now_ms = request.form.text("user"), request.now_ms
    try:
        await request.write(lambda tx: assignments.assign(tx, request.actor, ref, user, now_ms=now_ms))
    except FORM_ERRORS as refusal:
        return await project_page(request, ref, refusal=refusal)
    return redirect(f"{PROJECTS}/{ref}#members", "assigned")


@post(PATH + "/{user:str}/delete")
async def unassign_member(request: Visit, ref: FromPath[str], user: FromPath[str]) -> Reply:
    """Take the member off the project. Raises `NotFound`, `Invisible`, `Forbidden`."""
    now_ms = request.now_ms
    await request.write(lambda tx: assignments.unassign(tx, request.actor, ref, user, now_ms=now_ms))
    return redirect(f"{PROJECTS}/{ref}#members", "unassigned")
