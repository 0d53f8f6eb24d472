"""Facts about the database itself, as names and values."""

from maquette.store.database import Transaction


async def get(tx: Transaction, name: str) -> str | None:
    """The fact of that name."""
    found: str | None = await tx.value("SELECT value FROM facts WHERE name = $1", name)
    return found


async def put(tx: Transaction, name: str, value: str) -> None:
    """Add a fact whose name is new."""
    await tx.run("INSERT INTO facts (name, value) VALUES ($1, $2)", name, value)
