"""How does a store get very full in a short time? Keys by the domain's own verb, projects straight into the table.

Run with the Python that Maquette is installed in: `python -m benchmarks.stock DATA workspaces|keys|projects COUNT`
prints JSON, an entry for each key that was made: the key, and the ids of its workspace's last projects.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from benchmarks.world import projects
from maquette.domain import credentials, workspaces
from maquette.foundation import open_store
from maquette.model.actor import operator
from maquette.model.clock import SystemClock
from maquette.model.ids import new_id
from maquette.model.records import User
from maquette.model.text import fold, slugify
from maquette.settings import Settings
from maquette.store.database import Database, Transaction, embedded_file

EACH, TOLD = 20, 2
BATCH_SIZE = 500
INSERT = (
    "INSERT INTO projects (id, workspace, name, name_folded, slug, description, description_folded, visibility,"
    " kit_selectable, created_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class Wanted:
    workspaces: int = 1
    keys_each: int = 1
    projects_each: int = EACH


def fill(data: Path, kind: str, count: int) -> list[tuple[str, list[str]]]:
    wanted = {
        "workspaces": Wanted(workspaces=count),
        "keys": Wanted(keys_each=count),
        "projects": Wanted(projects_each=count),
    }[kind]
    created = asyncio.run(_create_all(data, wanted))
    ids = _insert(embedded_file(data), [(workspace, user) for workspace, user, _ in created], wanted.projects_each)
    return [(key, ids[workspace]) for workspace, _, keys in created for key in keys]


async def _create_all(data: Path, wanted: Wanted) -> list[tuple[int, int, list[str]]]:
    """The serials of workspace and owner, and the keys."""
    clock, found = SystemClock(), []
    async with open_store(Settings(data=data), clock) as (database, _):
        for numbers in _portions(wanted.workspaces):
            for workspace, owner in await database.write(partial(_workspaces, numbers=numbers)):
                keys = await _keys(database, workspace, owner, wanted.keys_each)
                found.append((workspace, owner.serial, keys))
    return found


async def _workspaces(tx: Transaction, numbers: range) -> list[tuple[int, User]]:
    now_ms, made = SystemClock().now_ms(), []
    for number in numbers:
        owner = f"owner@studio-{number}.test"
        workspace, user = await workspaces.create(tx, f"Studio {number}", plan="unlimited", owner=owner, now_ms=now_ms)
        made.append((workspace.serial, user))
    return made


async def _keys(database: Database, workspace: int, owner: User, count: int) -> list[str]:
    keys: list[str] = []
    for numbers in _portions(count):
        keys += await database.write(partial(_made, workspace=workspace, owner=owner, count=len(numbers)))
    return keys


def _portions(count: int) -> Iterator[range]:
    """What is made in one transaction."""
    for first in range(0, count, BATCH_SIZE):
        yield range(first, min(first + BATCH_SIZE, count))


async def _made(tx: Transaction, workspace: int, owner: User, count: int) -> list[str]:
    now_ms, actor = SystemClock().now_ms(), operator(workspace)
    made = [await credentials.create_key(tx, actor, owner, "bench", now_ms=now_ms) for _ in range(count)]
    return [text for _, text in made]


def _insert(file: Path, owned: list[tuple[int, int]], count: int) -> dict[int, list[str]]:
    """The projects of each workspace, a tenth of a second apart; what the schema's triggers keep, they keep."""
    ids: dict[int, list[str]] = {}
    store = apsw.Connection(str(file))
    store.execute("PRAGMA synchronous = OFF").fetchall()
    with store:
        for workspace, user in owned:
            kept = ids.setdefault(workspace, [])
            store.executemany(INSERT, _rows(workspace, user, count, kept))
        store.execute("UPDATE workspaces SET active_private = ?", (count,))
    store.close()
    return ids


def _rows(workspace: int, user: int, count: int, kept: list[str]) -> Iterator[tuple[Any, ...]]:
    first = int(time.time() * 1000) - count * 100
    for number, (name, description) in enumerate(projects(count)):
        at = first + number * 100
        id, slug = new_id(at), f"{slugify(name)}-{number}"
        if number >= count - TOLD:
            kept.append(id)
        folded = None if description is None else fold(description)
        yield id, workspace, name, fold(name), slug, description, folded, "private", 1, user, at, at


if __name__ == "__main__":
    json.dump(fill(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])), sys.stdout)
