"""Calls: how many of a month's quota are leased, and who made how many on which day."""

from collections.abc import Mapping
from dataclasses import dataclass

from maquette.store.database import Transaction
from maquette.store.query import rows

Spender = tuple[int, int, int, str]
"""Workspace, day (its first millisecond), credential, dialect."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls of one day by one credential in one dialect."""

    day: int
    credential: int
    credential_id: str
    credential_name: str
    dialect: str
    calls: int


async def leased(tx: Transaction, workspace: int, month: int) -> int:
    """How many of the month's calls have been leased so far."""
    count = await tx.value("SELECT leased FROM months WHERE workspace = $1 AND month = $2", workspace, month)
    return count or 0


async def lease(tx: Transaction, calls: Mapping[tuple[int, int], int]) -> None:
    """Take calls of these workspaces' months (or give them back, when negative), in one statement."""
    await tx.run(
        f"INSERT INTO months (workspace, month, leased) VALUES {rows(len(calls), 3)} ON CONFLICT (workspace, month)"
        " DO UPDATE SET leased = months.leased + excluded.leased",
        *(value for place, count in calls.items() for value in (*place, count)),
    )


async def add(tx: Transaction, calls: Mapping[Spender, int]) -> None:
    """Add to the counts of these spenders, in one statement."""
    await tx.run(
        f"INSERT INTO calls (workspace, day, credential, dialect, calls) VALUES {rows(len(calls), 5)}"
        " ON CONFLICT (workspace, day, credential, dialect) DO UPDATE SET calls = calls.calls + excluded.calls",
        *(value for spender, count in calls.items() for value in (*spender, count)),
    )


async def spent(tx: Transaction, workspace: int, *, since: int, before: int) -> list[Spent]:
    """Who spent how much in that time, day by day."""
    found = await tx.rows(
        "SELECT s.day, c.serial, c.id, c.name, s.dialect, s.calls FROM calls s"
        " JOIN credentials c ON c.serial = s.credential"
        " WHERE s.workspace = $1 AND s.day >= $2 AND s.day < $3 ORDER BY s.day, c.serial, s.dialect",
        workspace,
        since,
        before,
    )
    return [Spent(*row) for row in found]
