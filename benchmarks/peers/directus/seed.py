"""How does Directus get its workspaces? By its own command and API; their credentials are printed.

A user has a workspace, and a policy lets it see and add that one's projects: Directus' way to keep tenants apart.
"""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.client import Client
from benchmarks.servers import free_port
from benchmarks.world import LISTED_PROJECTS, Credentials, projects

from .installed import TOKEN, command, server, settings_of

BATCH = 100

_OWNER = {"Authorization": f"Bearer {TOKEN}"}
_KEY: dict[str, Any] = {"schema": {"is_primary_key": True}, "meta": {"special": ["uuid"]}}
_OWN = {"workspace": {"_eq": "$CURRENT_USER.workspace"}}


def fill(database: Path) -> dict[str, object]:
    settings = os.environ | dict(settings_of(database))
    subprocess.run(command("bootstrap"), cwd=database.parent, env=settings, capture_output=True, check=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # it stays so
    running = server(free_port(), database, database.with_suffix(".log"))
    try:
        running.wait_until_ready()
        client = Client("directus", running.port)
        _make_collections(client, database)
        policy = _make_policy(client)
        keys = [_workspace(client, policy, name, count) for name, count in WORKSPACES.items()]
    finally:
        running.stop()
    return {"listed": vars(keys[0]), "created": vars(keys[1]), "mixed": []}


WORKSPACES = {"listed": LISTED_PROJECTS, "created": 1}


def _make_collections(client: Client, database: Path) -> None:
    """The fields of a project are those of Maquette's."""
    _collection(client, "workspaces", [_field("name", "string")])
    kit = [_field("name", "string"), _field("workspace", "uuid")]
    _collection(client, "brand_kits", kit)
    _collection(client, "projects", [_field(*each) for each in PROJECT_FIELDS])
    _ask(client, "/fields/directus_users", _field("workspace", "uuid"))
    for collection, field, other in RELATIONS:
        _ask(client, "/relations", {"collection": collection, "field": field, "related_collection": other})
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE INDEX newest ON projects (workspace, created_at DESC, id DESC)")


PROJECT_FIELDS = (
    ("workspace", "uuid"),
    ("name", "string"),
    ("slug", "string"),
    ("description", "text"),
    ("color", "string"),
    ("visibility", "string"),
    ("brand_kit_id", "uuid"),
    ("created_by", "uuid", "user-created"),
    ("created_at", "timestamp", "date-created"),
    ("updated_at", "timestamp", "date-updated"),
    ("archived_at", "timestamp"),
)
RELATIONS = (
    ("directus_users", "workspace", "workspaces"),
    ("brand_kits", "workspace", "workspaces"),
    ("projects", "workspace", "workspaces"),
    ("projects", "brand_kit_id", "brand_kits"),
)


def _make_policy(client: Client) -> str:
    created = {"workspace": "$CURRENT_USER.workspace", "visibility": "private"}
    policy: str = _ask(client, "/policies", {"name": "Member", "app_access": False, "admin_access": False})["id"]
    shared = {"policy": policy, "collection": "projects", "fields": ["*"]}
    _ask(client, "/permissions", shared | {"action": "read", "permissions": _OWN})
    _ask(client, "/permissions", shared | {"action": "create", "presets": created, "validation": {}})
    return policy


def _workspace(client: Client, policy: str, name: str, count: int) -> Credentials:
    workspace = _ask(client, "/items/workspaces", {"name": name})["id"]
    kit = _ask(client, "/items/brand_kits", {"name": "House", "workspace": workspace})["id"]
    key = secrets.token_hex(20)
    user = {"email": f"{name}@example.com", "token": key, "workspace": workspace, "policies": [{"policy": policy}]}
    _ask(client, "/users", user)
    rows = [
        {
            "name": title,
            "slug": title.lower().replace(" ", "-"),
            "description": description,
            "brand_kit_id": kit if number % 2 == 0 else None,
        }
        for number, (title, description) in enumerate(projects(count))
    ]
    for first in range(0, count, BATCH):
        client.post("/items/projects", rows[first : first + BATCH], {"Authorization": f"Bearer {key}"}).expect(200)
    return Credentials(key)


def _collection(client: Client, name: str, fields: list[dict[str, Any]]) -> None:
    key = {"field": "id", "type": "uuid"} | _KEY
    _ask(client, "/collections", {"collection": name, "schema": {}, "meta": {}, "fields": [key, *fields]})


def _field(name: str, kind: str, *special: str) -> dict[str, Any]:
    return {"field": name, "type": kind, "schema": {}, "meta": {"special": list(special)} if special else {}}


def _ask(client: Client, path: str, content: object) -> Any:
    return client.post(path, content, _OWNER).expect(200).json()["data"]


if __name__ == "__main__":
    json.dump(fill(Path(os.environ["DIRECTUS_DATABASE"])), sys.stdout)
