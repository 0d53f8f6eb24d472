"""May a key be narrowed like this? Grants are for custom keys, on plans that include them, to existing projects."""

from maquette.domain import plans
from maquette.model.actor import Grants, Scope
from maquette.model.errors import Invalid, NotInPlan, UnknownReference
from maquette.model.ids import reads_as_uuid
from maquette.store import projects, workspaces
from maquette.store.database import Transaction

MAX_PROJECTS = 100


async def require_valid(tx: Transaction, workspace: int, scope: Scope, grants: Grants | None) -> None:
    """Pass where the scope and the grants fit together, and fit the workspace.

    Raises `Invalid`, `NotInPlan`, and `UnknownReference` for a project that doesn't exist.
    """
    if scope is not Scope.CUSTOM:
        if grants is not None:
            raise Invalid({"grants": ["are only allowed with the scope custom"]})
        return
    await require_in_plan(tx, workspace)
    if grants is None or not grants.resources:
        raise Invalid({"grants": ["must name what a custom key may reach"]})
    await _require_projects(tx, workspace, grants.projects)


async def require_in_plan(tx: Transaction, workspace: int) -> None:
    """Pass where the workspace's plan has custom keys. Raises `NotInPlan`."""
    found = await workspaces.get(tx, workspace)
    assert found
    plan = await plans.get(tx, found.plan)
    if not plan.custom_scopes:
        raise NotInPlan(plan.name, "keys with a custom scope")


async def _require_projects(tx: Transaction, workspace: int, ids: tuple[str, ...] | None) -> None:
    if ids is None:
        return
    if not 0 < len(ids) <= MAX_PROJECTS:
        raise Invalid({"grants": [f"must name 1 to {MAX_PROJECTS} projects, or leave `ids` out for all"]})
    if not all(reads_as_uuid(id) for id in ids) or set(ids) - await projects.known_ids(tx, workspace, ids):
        raise UnknownReference("grants", "project")
