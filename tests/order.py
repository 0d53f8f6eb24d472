"""Does whoever writes an event hold its workspace? Watched in every test of the dialects and of the worker."""

from collections import defaultdict
from typing import Any

import pytest

from maquette.store.sqlite_bodies import SqliteTransaction


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The serials of a workspace's events are then committed in order, on PostgreSQL too."""
    held: dict[int, set[int]] = defaultdict(set)
    begin, ask, look, change, insert = (
        getattr(SqliteTransaction, name) for name in ("__init__", "row", "value", "run", "insert")
    )

    def begun(self: SqliteTransaction, *args: Any, **named: Any) -> None:
        held[id(self)].clear()
        begin(self, *args, **named)

    def note(self: SqliteTransaction, sql: str, args: tuple[Any, ...]) -> None:
        assert "INTO events" not in sql or "SELECT" in sql, "an event is written in another way"  # but a test's many
        if "UPDATE workspaces" in sql or ("FROM workspaces" in sql and "FOR UPDATE" in sql):
            held[id(self)].add(args[0])

    async def row(self: SqliteTransaction, sql: str, *args: Any) -> Any:
        note(self, sql, args)
        found = await ask(self, sql, *args)
        if "INSERT INTO workspaces" in sql:
            held[id(self)].add(found[0])
        return found

    async def value(self: SqliteTransaction, sql: str, *args: Any) -> Any:
        note(self, sql, args)
        return await look(self, sql, *args)

    async def run(self: SqliteTransaction, sql: str, *args: Any) -> None:
        note(self, sql, args)
        await change(self, sql, *args)

    async def inserted(self: SqliteTransaction, sql: str, *args: Any) -> int | None:
        assert "INTO events" not in sql or args[1] in held[id(self)], "nobody holds the event's workspace"
        serial: int | None = await insert(self, sql, *args)
        return serial

    for name, patched in {"__init__": begun, "row": row, "value": value, "run": run, "insert": inserted}.items():
        monkeypatch.setattr(SqliteTransaction, name, patched)
