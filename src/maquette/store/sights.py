"""What does a member see? Where that is little, a list of theirs begins there, not at the workspace's projects."""

from maquette.store.database import Transaction
from maquette.store.filters import Asked
from maquette.store.query import Where
from maquette.store.workspaces import Tally

LITTLE = 2_000
"""So many projects in a member's sight are quickly sorted."""


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


async def is_little(tx: Transaction, asked: Asked, tally: Tally) -> bool:
    """Whether that is a member's question who sees few active projects."""
    if asked.sight.user is None or asked.filter.archived is not False or tally.active_team > LITTLE:
        return False
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM assignments WHERE user_serial = $1 LIMIT {LITTLE + 1}) AS assigned"
    assigned: int = await tx.value(sql, asked.sight.user)
    return tally.active_team + assigned <= LITTLE


def little(tx: Transaction, where: Where, workspace: int, user: int) -> str:
    """What a list is selected from, beginning at the active projects that the member sees."""
    team = f"t.workspace = {where.bind(workspace)} AND t.visibility = 'team' AND t.archived_at IS NULL"
    return (
        f"(SELECT a.project AS serial FROM assignments a WHERE a.user_serial = {where.bind(user)}"
        f" UNION SELECT t.serial FROM projects t WHERE {team}) s"
        f" {'CROSS ' if tx.engine == 'sqlite' else ''}JOIN projects p ON p.serial = s.serial"  # in this order
    )
