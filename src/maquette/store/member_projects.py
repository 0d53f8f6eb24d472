"""Which projects does a member see? If they are few, a list starts from them and not from the workspace's projects."""

from maquette.store.database import Transaction
from maquette.store.filters import Criteria
from maquette.store.query import Where
from maquette.store.workspaces import Tally

MAX_VISIBLE = 2_000
"""Up to this many projects that a member sees are quickly sorted."""


async def count_assigned(tx: Transaction, workspace: int, user: int, archived: bool | None) -> int:
    """How many private projects the user sees by assignment."""
    condition = {None: "", True: " AND p.archived_at IS NOT NULL", False: " AND p.archived_at IS NULL"}[archived]
    count: int = await tx.value(
        "SELECT COUNT(*) FROM assignments a JOIN projects p ON p.serial = a.project"
        f" WHERE a.user_serial = $1 AND p.workspace = $2 AND p.visibility = 'private'{condition}",
        user,
        workspace,
    )
    return count


async def are_few(tx: Transaction, criteria: Criteria, tally: Tally) -> bool:
    """Whether the criteria are for the active projects of a member who sees few of them."""
    if criteria.sight.user is None or criteria.filter.archived is not False or tally.active_team > MAX_VISIBLE:
        return False
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM assignments WHERE user_serial = $1 LIMIT {MAX_VISIBLE + 1}) AS assigned"
    assigned: int = await tx.value(sql, criteria.sight.user)
    return tally.active_team + assigned <= MAX_VISIBLE


def source(tx: Transaction, where: Where, workspace: int, user: int) -> str:
    """The FROM clause of a list that begins at the projects in a member's sight: assigned, or team-wide and active."""
    team = f"t.workspace = {where.bind(workspace)} AND t.visibility = 'team' AND t.archived_at IS NULL"
    return (
        f"(SELECT a.project AS serial FROM assignments a WHERE a.user_serial = {where.bind(user)}"
        f" UNION SELECT t.serial FROM projects t WHERE {team}) s"
        f" {'CROSS ' if tx.engine == 'sqlite' else ''}JOIN projects p ON p.serial = s.serial"  # fixes SQLite's order
    )
