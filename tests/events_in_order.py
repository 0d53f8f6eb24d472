"""Does whoever writes an event lock its workspace first? Watched in every test of the dialects and of the worker."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from maquette.store.sqlite_transaction import SqliteTransaction


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The serials of a workspace's events are then committed in order, on PostgreSQL too."""
    locked: dict[int, set[int]] = defaultdict(set)
    begin = SqliteTransaction.__init__

    def begun(self: SqliteTransaction, *args: Any, **named: Any) -> None:
        locked[id(self)].clear()
        begin(self, *args, **named)

    def watched(name: str) -> Callable[..., Any]:
        carry_out = getattr(SqliteTransaction, name)

        async def method(self: SqliteTransaction, sql: str, *args: Any) -> Any:
            workspaces = locked[id(self)]
            if "UPDATE workspaces" in sql or ("FROM workspaces" in sql and "FOR UPDATE" in sql):
                workspaces.add(args[0])
            if "INTO events" in sql:
                assert args[1] in workspaces if name == "insert" else workspaces, (
                    "nobody has locked the event's workspace"
                )
            found = await carry_out(self, sql, *args)
            if "INSERT INTO workspaces" in sql:
                workspaces.add(found[0])
            return found

        return method

    monkeypatch.setattr(SqliteTransaction, "__init__", begun)
    for name in ("rows", "row", "value", "run", "insert"):
        monkeypatch.setattr(SqliteTransaction, name, watched(name))
