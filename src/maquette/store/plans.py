"""Plans, as rows that the operator changes."""

from maquette.model.records import Plan
from maquette.store.database import Row, Transaction

_COLUMNS = "name, month, burst, projects, custom_scopes"


async def get(tx: Transaction, name: str) -> Plan | None:
    """The plan of that name."""
    row = await tx.row(f"SELECT {_COLUMNS} FROM plans WHERE name = $1", name)
    return _plan(row) if row else None


async def every(tx: Transaction) -> list[Plan]:
    """All plans, the smallest month first and unlimited last."""
    rows = await tx.rows(f"SELECT {_COLUMNS} FROM plans ORDER BY month IS NULL, month, name")
    return [_plan(row) for row in rows]


async def put(tx: Transaction, plan: Plan) -> None:
    """Add the plan, or replace the one of that name."""
    await tx.run(
        f"INSERT INTO plans ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET"
        " month = excluded.month, burst = excluded.burst, projects = excluded.projects,"
        " custom_scopes = excluded.custom_scopes",
        plan.name,
        plan.month,
        plan.burst,
        plan.projects,
        int(plan.custom_scopes),
    )


def _plan(row: Row) -> Plan:
    name, month, burst, projects, custom_scopes = row
    return Plan(name, month, burst, projects, bool(custom_scopes))
